//! The containers of a run: that of the build, that of the app where it is another, and what sees to both.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::container::{Container, Situation, Wanted};
use super::engine::{Engine, SOON};
use super::stage::stage;
use super::watch::Watch;
use super::{gateway, notes};
use crate::sandbox::Unverified;
use crate::sandbox::network::{self, Access};

/// What containers of a run are made from.
#[derive(Debug)]
pub(super) struct Config {
    pub(super) engine: Engine,
    /// The plan's, or the user's in its place.
    pub(super) image: String,
    /// The image that the app starts in, where that is another one.
    pub(super) run_image: Option<String>,
    pub(super) network: bool,
    /// In bytes.
    pub(super) memory: Option<u64>,
    pub(super) processes: u32,
    /// In bytes.
    pub(super) disk: u64,
    /// Volume and path, for each directory that outlives the container.
    pub(super) volumes: Vec<(String, String)>,
    /// All caches of the plan, which commands of the build find, from the root on.
    pub(super) caches: Vec<String>,
    pub(super) access: Access,
    /// Folders of this machine that are to be found at their own place inside.
    pub(super) shown: Vec<PathBuf>,
}

/// Containers that run.
#[derive(Debug)]
pub(super) struct Containers {
    /// The one that commands run in.
    pub(super) current: Container,
    /// The runtime container, until it is the one that commands run in.
    pub(super) finished: Option<Container>,
    /// Sees to the disk.
    pub(super) watch: Watch,
    /// Whether commands run in a network that nobody else is in.
    pub(super) has_own_network: bool,
    /// What a verdict does not cover of their network.
    pub(super) notes: Vec<Unverified>,
}

impl Config {
    /// Starts the containers of a run; the one of the build from `image`, which may be a layer upon the plan's, and what is written there
    /// counts as `written` bytes already.
    pub(super) fn start(&self, image: &str, written: u64) -> Result<Containers> {
        let wanted = Wanted {
            image,
            network: self.network,
            memory: self.memory,
            processes: self.processes,
            volumes: &self.volumes,
        };
        let container = Container::start(&self.engine, &wanted)?;
        let has_volume = |cache: &str| self.volumes.iter().any(|(_, place)| place == cache);
        let bare: Vec<&str> = self.caches.iter().map(String::as_str).filter(|cache| !has_volume(cache)).collect();
        if !bare.is_empty() {
            // What is no folder is for a command to find.
            container.ask("mkdir -p -- \"$@\"", &bare, SOON)?;
        }
        let finished = self.run_image.as_deref().map(|image| {
            // Nothing outlives it: the caches are the build's.
            Container::start(&self.engine, &Wanted { image, volumes: &[], ..wanted })
        });
        let finished = finished.transpose()?;
        self.adopt(container, finished, written)
    }

    /// The same of containers that run already.
    pub(super) fn adopt(&self, container: Container, finished: Option<Container>, written: u64) -> Result<Containers> {
        let all = || std::iter::once(&container).chain(&finished);
        let open = all().filter(|_| self.network);
        let open = open.map(|container| gateway::shut(container, &self.image, &self.access.vars));
        let open = open.filter_map(Result::err).next().map(|why| notes::open_network(&why));
        let Situation { is_here, has_own_network } = container.situation();
        let elsewhere = (self.network && !is_here).then(|| notes::elsewhere(&self.engine));
        let watch = Watch::over(all(), is_here, self.disk.saturating_sub(written));
        let notes = open.into_iter().chain(elsewhere).collect();
        let containers = Containers { watch, has_own_network, notes, current: container, finished };
        self.trust(&containers)?;
        containers.watch.begun();
        Ok(containers)
    }

    /// Our certificates in the place of the image's, and folders of local packages at their own place.
    fn trust(&self, containers: &Containers) -> Result<()> {
        let bundle = &self.access.bundle;
        if !bundle.is_empty() {
            let bundle_path = Path::new(network::BUNDLE);
            let name = bundle_path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let folder = bundle_path.parent().unwrap_or(Path::new("/")).to_string_lossy().into_owned();
            let stage = stage()?;
            fs::write(stage.path().join(&name), bundle)?;
            for container in std::iter::once(&containers.current).chain(&containers.finished) {
                container.put(stage.path(), &folder)?;
            }
        }
        for folder in self.access.find_links.iter().chain(&self.shown) {
            let place = folder.to_string_lossy();
            containers.current.put(folder, &place)?;
        }
        Ok(())
    }
}
