//! The real thing: the plan's base image in a container of docker or podman, one `exec` for each command.

mod app;
mod condition;
mod container;
mod containers;
mod engine;
mod exec;
mod fault;
mod gateway;
mod history;
mod images;
mod labels;
mod led_lock;
mod listing;
mod live;
mod notes;
mod options;
mod outward;
mod packages;
mod pip_config;
mod poetry_cache;
mod probe;
mod reuse;
mod runtime_image;
mod setup;
mod stage;
mod tunnel;
mod watch;

pub use engine::Engine;
pub use images::keeps_layers;
pub use labels::{Leftover, clean, leftovers};
pub use options::{Options, Pull};

use std::path::Path;
use std::sync::OnceLock;

use anyhow::{Result, bail};
use xxhash_rust::xxh3::xxh3_64;

use self::container::Container;
use self::containers::Config;
use self::engine::SOON;
use self::history::History;
use self::live::Live;
use super::cache::Cache;
use super::network::Access;
use super::store::Store;
use super::{Backend, Kept, Progress, Sandbox, Spec, Unavailable};
use crate::plan::{Plan, in_app};

/// The docker backend.
#[derive(Debug, Clone, Default)]
pub struct Docker {
    options: Options,
    engine: OnceLock<Engine>,
}

impl Docker {
    /// With the first engine found when it is needed.
    pub fn new(options: Options) -> Self {
        Self { options, engine: OnceLock::new() }
    }

    /// With a given engine.
    pub fn with_engine(engine: Engine, options: Options) -> Self {
        Self { options, engine: engine.into() }
    }

    /// The engine that would be used.
    pub fn engine(&self) -> Result<Engine, Unavailable> {
        match self.engine.get() {
            Some(engine) => Ok(engine.clone()),
            None => Engine::find().map(|found| self.engine.get_or_init(|| found).clone()),
        }
    }

    /// The base image that would be used.
    pub fn image<'a>(&'a self, plan: &'a Plan) -> &'a str {
        self.options.base_image.as_deref().unwrap_or(&plan.image.name)
    }

    /// The image that the app would start in, where that is another one.
    pub fn run_image<'a>(&'a self, plan: &'a Plan) -> Option<&'a str> {
        let start = plan.start.as_ref().filter(|start| start.files.is_some())?;
        self.options.run_image.as_deref().or(start.image.as_deref())
    }

    fn images<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = &'a str> {
        std::iter::once(self.image(plan)).chain(self.run_image(plan))
    }

    /// Whether the engine has the images already, so that nothing need be fetched.
    pub fn has_image(&self, plan: &Plan) -> bool {
        self.images(plan).all(|image| self.image_label(image).is_some())
    }

    /// The same, leaving out images that only answer to the name: a stand-in for tests lacks most packages.
    pub fn has_real_image(&self, plan: &Plan) -> bool {
        self.images(plan).all(|image| self.image_label(image).is_some_and(|label| label.is_empty()))
    }

    /// The stand-in's label, empty on any other image.
    fn image_label(&self, image: &str) -> Option<String> {
        images::about(&self.engine().ok()?, image).map(|about| about.stand_in)
    }
}

impl Backend for Docker {
    fn name(&self) -> &'static str {
        "docker"
    }

    fn check(&self, plan: &Plan) -> Result<(), Unavailable> {
        let engine = self.engine()?;
        engine.version()?;
        let missing = self.images(plan).find(|image| self.image_label(image).is_none());
        if let Some(image) = missing.filter(|_| self.options.pull == Pull::Never) {
            return Err(Unavailable {
                missing: format!("the base image {image} is not here, and --pull never forbids fetching it"),
                cures: vec![format!("{} pull {image}", engine.name()), "--pull missing".into()],
            });
        }
        Ok(())
    }

    fn open(&self, spec: &Spec<'_>, progress: &mut Progress<'_>) -> Result<Box<dyn Sandbox>> {
        let engine = self.engine()?;
        engine.version()?;
        if let Some(reach) = spec.reach.iter().find(|reach| reach.is_asked) {
            let missing = format!("--reach {reach}: a container cannot be let through to a service of this machine");
            return Err(Unavailable { missing, cures: vec!["--backend host".into()] }.into());
        }
        let swept = engine.clone();
        // Nobody waits for it: what it does not come to is for the next run.
        std::thread::spawn(move || sweep(&swept));
        for image in self.images(spec.plan) {
            self.fetch(&engine, image, progress)?;
        }
        let config = self.config(engine, spec)?;
        let history = History::new(spec, &config);
        let is_kept = history.past.store.is_some();
        let live = Live::new(config, spec, &self.options, history)?;
        if !is_kept {
            live.containers()?;
        }
        Ok(Box::new(live))
    }

    fn reopen(&self, spec: &Spec<'_>, kept: &Kept) -> Result<Box<dyn Sandbox>> {
        let Kept::Container { name, .. } = kept else { bail!("a directory is not kept in a container") };
        let engine = self.engine()?;
        engine.version()?;
        let container = Container::kept(&engine, name)?;
        let live = Live::new(self.config(engine, spec)?, spec, &self.options, History::default())?;
        Ok(Box::new(live.kept(container)?))
    }
}

/// Removes what killed runs left, and layers that no run could find any more.
fn sweep(engine: &Engine) {
    labels::sweep(engine);
    if let Ok(store) = Cache::of_user().and_then(|cache| Store::open(&cache)) {
        images::sweep(engine, &store);
    }
}

impl Docker {
    /// What the containers of a run are made from.
    fn config(&self, engine: Engine, spec: &Spec<'_>) -> Result<Config> {
        let volumes =
            if self.options.no_cache { Vec::new() } else { cache_volumes(&engine, &spec.own_project(), spec.plan)? };
        Ok(Config {
            image: self.image(spec.plan).to_owned(),
            run_image: self.run_image(spec.plan).map(str::to_owned),
            network: spec.network,
            memory: spec.memory.or_else(|| engine.half_of_memory()),
            processes: spec.quotas.processes,
            disk: spec.quotas.disk,
            volumes,
            caches: spec.plan.caches(),
            access: if spec.network { Access::of_this_machine() } else { Access::default() },
            shown: if spec.network { self.options.shown.clone() } else { Vec::new() },
            engine,
        })
    }

    fn fetch(&self, engine: &Engine, image: &str, progress: &mut Progress<'_>) -> Result<()> {
        let wanted = match self.options.pull {
            Pull::Always => true,
            Pull::Missing => self.image_label(image).is_none(),
            Pull::Never => false,
        };
        if wanted {
            progress.report(&format!("{} to pull {image}", engine.name()));
            engine.pull(image, PULL_WITHIN, progress.interrupted)?;
        }
        Ok(())
    }
}

/// The real base image is a third of a gigabyte.
const PULL_WITHIN: std::time::Duration = std::time::Duration::from_secs(1800);

/// Volume and path of each of the plan's cache directories. As with Nixpacks' own builds, projects do not share them.
fn cache_volumes(engine: &Engine, project: &Path, plan: &Plan) -> Result<Vec<(String, String)>> {
    let directories = plan.caches();
    let volumes = directories.iter().filter_map(|directory| cache_volume(project, directory));
    volumes
        .map(|(volume, path)| {
            let [label] = labels::of_a_cache();
            let made = engine.ask(&["volume", "create", "--label", &label, &volume], SOON)?;
            // Podman complains of one that an earlier run made.
            if !made.success && !made.stderr.contains("already exists") {
                return Err(engine.lost("make a cache volume", &made.stderr).into());
            }
            Ok((volume, path))
        })
        .collect()
}

fn cache_volume(project: &Path, directory: &str) -> Option<(String, String)> {
    Some((cache_volume_name(project, directory)?, in_app(directory)))
}

/// The volume that keeps a project's cache directory. None for one with a colon, which cannot be said to the engine.
pub fn cache_volume_name(project: &Path, directory: &str) -> Option<String> {
    let path = in_app(directory);
    let key = format!("{}\0{path}", project.display());
    (!path.contains(':')).then(|| format!("shakedown-cache-{:016x}", xxh3_64(key.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Image;

    #[test]
    fn the_users_image_comes_before_the_plans() {
        let plan = Plan { image: Image { name: "plan:1".into(), ..Image::default() }, ..Plan::default() };
        assert_eq!(Docker::default().image(&plan), "plan:1");
        let own = Docker::new(Options { base_image: Some("own:1".into()), ..Options::default() });
        assert_eq!(own.image(&plan), "own:1");
    }

    #[test]
    fn cache_volumes_belong_to_a_project_and_a_directory() {
        let volume = |project: &str, directory: &str| cache_volume(Path::new(project), directory);
        let (name, path) = volume("/home/a/bot", "/root/.cache/pip").unwrap();
        assert_eq!(path, "/root/.cache/pip");
        assert_ne!(volume("/home/a/web", "/root/.cache/pip").unwrap().0, name);
        assert_ne!(volume("/home/a/bot", "/root/.cache/uv").unwrap().0, name);
        assert_eq!(volume("/p", "node_modules/.cache").unwrap().1, "/app/node_modules/.cache");
        assert_eq!(volume("/p", "/a:/etc"), None);
    }
}
