//! Making a sandbox for a plan.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::bubblewrap::bubblewrap;
use super::bwrap::{Bind, Bubblewrap};
use super::confine;
use super::declared::Declared;
use super::hidden;
use super::history::History;
use super::layer::{self, in_root};
use super::live::{HostSandbox, Limits};
use super::locales;
use super::machine::{Beginning, CACHES};
use super::memory::Cap;
use super::mount_points::MountPoints;
use super::pip::pip;
use super::root::{self, Recipe, Root};
use crate::fs::temporary;
use crate::plan::{Image, Installs, Plan, Vars};
use crate::sandbox::cache::Cache;
use crate::sandbox::mirror::route::Front;
use crate::sandbox::netns::{self, Network, Watched};
use crate::sandbox::network::Access;
use crate::sandbox::store::Store;
use crate::sandbox::store::ask::Client;
use crate::sandbox::{Reuse, Spec, Unverified, disk};

/// A sandbox with an empty `/app`, with what the plan declares at hand, and no virtual environment.
pub(super) fn open(cache: &Cache, spec: &Spec<'_>, declared: &Declared, seed: Option<&Path>) -> Result<HostSandbox> {
    let run = cache.run_dir()?;
    let access = if spec.network { Access::of_this_machine() } else { Access::default() };
    let memory = Cap::new(spec.memory, run.path())?;
    let (front, refused) = Front::new(cache, spec, &access);
    let network = Network::start(spec.network, spec.reach, &access, cache, watched(&memory, spec, run.path()));
    let maker = Maker { cache, spec, declared, access: &access, seed };
    let image = &spec.plan.image;
    let (rootfs, binds) = maker.world(run.path(), &declared.recipe(image))?;
    let finished = match spec.plan.start.as_ref().filter(|start| start.files.is_some()) {
        Some(start) => Some(maker.world(&run.path().join(FINISHED), &declared.slim_recipe(image, &start.locales))?),
        None => None,
    };
    let mut bubblewrap = Bubblewrap {
        program: bubblewrap().context("bubblewrap is gone")?,
        rootfs,
        binds,
        network: Network::offline(),
        memory,
        filter: Bubblewrap::write_filter(run.path())?,
    };
    let start_user = spec.plan.start.as_ref().and_then(|start| start.user.clone()).filter(|user| is_name(user));
    fs::create_dir(run.path().join(CACHES))?;
    if let Some(user) = &start_user {
        fs::create_dir_all(in_root(&bubblewrap.rootfs, "/home").join(user))?;
    }
    let history = match spec.reuse {
        Reuse::Never => History::default(),
        reuse => {
            let online = if spec.network { access.clone() } else { Access::of_this_machine() };
            let vars = variables(&spec.plan.image, online.vars.clone());
            History::new(Beginning {
                bubblewrap: &bubblewrap,
                project: spec.own_project(),
                folder: run.path(),
                store: Store::open(cache),
                reuse,
                memory: spec.memory,
                quotas: spec.quotas,
                client: Client::new(&online, &vars, spec.reach),
                vars,
                find_links: online.find_links,
            })
        }
    };
    // It comes up while all the rest is done.
    bubblewrap.network = network.finish();
    let mut notes = notes(spec, declared, &bubblewrap);
    notes.extend(refused);
    notes.extend(access.own_packages());
    Ok(HostSandbox {
        project: fs::canonicalize(spec.project)
            .with_context(|| format!("could not find {}", spec.project.display()))?,
        vars: variables(&spec.plan.image, access.vars),
        setup: declared.setup.clone(),
        notes,
        start_profile: start_profile(spec.plan),
        user_path: spec.plan.image.path.clone(),
        start_user,
        limits: Limits { memory: spec.memory, quotas: spec.quotas },
        venv: spec.plan.venv.to_string_lossy().into_owned(),
        app: run.path().join("app"),
        history,
        front,
        finished,
        mount_points: MountPoints::default(),
        bubblewrap,
        disk: disk::Before::of(run.path()),
        run,
        closed: false,
    })
}

/// What the run's holder sees to.
pub(super) fn watched(memory: &Cap, spec: &Spec<'_>, run: &Path) -> Watched {
    Watched { memory: memory.watched(), quotas: spec.quotas, folder: run.to_owned() }
}

/// The folder, within a run's own, of the image that runs.
const FINISHED: &str = "image";

/// What the worlds of a run are made from.
struct Maker<'a> {
    cache: &'a Cache,
    spec: &'a Spec<'a>,
    declared: &'a Declared,
    access: &'a Access,
    seed: Option<&'a Path>,
}

impl Maker<'_> {
    /// A root and what is shown in it: the image's system, the interpreter and the tools, an empty `/app`.
    fn world(&self, folder: &Path, recipe: &Recipe<'_>) -> Result<(PathBuf, Vec<Bind>)> {
        let Self { cache, spec, declared, access, seed } = *self;
        let root = root::root(cache, recipe)?;
        let rootfs = folder.join("root");
        skeleton(folder, &rootfs, &root, access, spec)?;
        let mut binds = vec![
            Bind::read_only(&root.usr, "/usr"),
            Bind::Writable(folder.join("local"), "/usr/local".to_owned()),
            Bind::Writable(folder.join("app"), "/app".to_owned()),
        ];
        binds.extend(root.shown.iter().map(|dir| Bind::read_only(dir, dir.to_string_lossy())));
        binds.extend(declared.data().map(|dir| Bind::read_only(Path::new(dir), dir)));
        binds.extend(access.find_links.iter().map(|dir| Bind::read_only(dir, dir.to_string_lossy())));
        let installs = spec.plan.image.installs;
        let lay = |python| layer::lay(&rootfs, python, installs, seed);
        let layer = declared.python.as_ref().map(lay).transpose()?;
        let both = layer.as_ref().zip(declared.python.as_ref());
        if let Some((layer, python)) = both {
            hidden::show(&rootfs, &root.usr, layer, python)?;
        }
        match installs {
            Installs::Nix => layer::profile(&rootfs, both, &declared.library_path())?,
            Installs::Mise => layer::shims(&rootfs, both)?,
        }
        let pip = self.pip()?;
        binds.extend(declared.install(&rootfs, both, recipe.compiler, installs, pip.as_deref())?);
        binds.extend(layer.map(|layer| layer.binds).unwrap_or_default());
        Ok((rootfs, binds))
    }

    /// What the interpreter's own pip is made of: mise's Pythons have the one that a new venv gets, nixpkgs' have it where it is
    /// declared.
    fn pip(&self) -> Result<Option<PathBuf>> {
        let mut tools = self.spec.plan.steps.iter().flat_map(|step| &step.packages.mise);
        let is_of_mise = tools.any(|tool| tool.name == "python");
        let of_mise = self.declared.python.as_ref().filter(|_| is_of_mise);
        match (of_mise, self.seed) {
            (None, _) => Ok(self.declared.pip.clone()),
            (Some(_), Some(seed)) => Ok(Some(seed.join(layer::SEED_PACKAGES))),
            (Some(python), None) => pip(self.cache, python),
        }
    }
}

fn is_name(user: &str) -> bool {
    !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// `/etc/os-release` of the images.
const UBUNTU: &[u8] = b"PRETTY_NAME=\"Ubuntu 24.04.2 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n";
const DEBIAN: &[u8] = b"PRETTY_NAME=\"Debian GNU/Linux 13 (trixie)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"13\"\nVERSION_CODENAME=trixie\nID=debian\n";

/// `/etc/hosts` of a container.
const HOSTS: &str = "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.0.1 buildkitsandbox\n";

/// Directories, links and small files of a machine that has just been installed.
fn skeleton(folder: &Path, rootfs: &Path, root: &Root, access: &Access, spec: &Spec<'_>) -> Result<()> {
    for dir in ["app", "local/bin", "local/lib"] {
        fs::create_dir_all(folder.join(dir))?;
    }
    for dir in [
        "root",
        "opt",
        "etc/ssl/certs",
        "home",
        "srv",
        "mnt",
        "media",
        "var/lib",
        "var/cache",
        "var/log",
        "var/tmp",
        "run",
        "tmp",
        "nix/store",
        "app",
        "usr",
        "proc",
        "dev",
        "sys",
        "assets",
    ] {
        fs::create_dir_all(rootfs.join(dir))?;
    }
    for (link, target) in
        [("bin", "usr/bin"), ("sbin", "usr/sbin"), ("lib", "usr/lib"), ("lib64", "usr/lib64"), ("var/run", "../run")]
    {
        symlink(target, rootfs.join(link))?;
    }
    let hosts = HOSTS.to_owned() + &netns::hosts(spec.reach);
    let mut resolv = Vec::new();
    if spec.network {
        // Read, not bound: on many machines it is a link into a directory that is not there inside.
        resolv = fs::read("/etc/resolv.conf").unwrap_or_default();
    }
    for (file, text) in [
        (
            "etc/passwd",
            &b"root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"[..],
        ),
        ("etc/group", b"root:x:0:\nnogroup:x:65534:\n"),
        ("etc/nsswitch.conf", b"passwd: files\ngroup: files\nhosts: files dns\n"),
        ("etc/hosts", hosts.as_bytes()),
        ("etc/hostname", b"buildkitsandbox\n"),
        ("etc/os-release", if spec.plan.image.installs == Installs::Mise { DEBIAN } else { UBUNTU }),
        ("etc/profile", b""),
        ("etc/resolv.conf", &resolv),
        ("etc/ssl/certs/ca-certificates.crt", &access.bundle),
        ("root/.profile", spec.plan.image.profile.as_bytes()),
    ] {
        fs::write(rootfs.join(file), text).with_context(|| format!("could not write the sandbox's {file}"))?;
    }
    let git = root.git_parts.as_deref().and_then(|place| place.strip_prefix("/usr/local").ok());
    if let Some(place) = git.map(|place| folder.join("local").join(place)) {
        fs::create_dir_all(place.parent().context("git's parts have no directory")?)?;
        symlink("/usr/lib/git-core", place)?;
    }
    Ok(())
}

fn variables(image: &Image, access: Vars) -> Vars {
    let mut vars = image.variables.clone();
    vars.insert("PATH".to_owned(), image.login_path.clone());
    vars.extend(access);
    vars
}

/// What the start command's profile has beside the image's.
fn start_profile(plan: &Plan) -> String {
    plan.start.iter().flat_map(|start| &start.profile).map(|line| format!("\n{line}")).collect()
}

fn notes(spec: &Spec<'_>, declared: &Declared, bubblewrap: &Bubblewrap) -> Vec<Unverified> {
    let Spec { plan, memory, .. } = *spec;
    let mut notes = declared.notes.clone();
    notes.extend(bubblewrap.network.notes());
    notes.extend(plan.start.iter().flat_map(|start| locales::absent(&start.locales)));
    let mut note = |what: String, why: &str| notes.push(Unverified { what, why: why.to_owned() });
    let own = plan.start.as_ref().filter(|start| start.files.is_none());
    if let Some(image) = own.and_then(|start| start.image.as_ref()) {
        note(
            format!("start.runImage: {image}"),
            "the app was started in the build's image; the cloud starts it in this one, where neither the virtual environment nor Nix is",
        );
    }
    if let Some(user) = plan.start.as_ref().and_then(|start| start.user.as_ref()) {
        note(format!("start.user: {user}"), "the app was started as root, with that user's empty profile");
    }
    if !bubblewrap.network.is_watched() {
        note(
            "limits".to_owned(),
            "nothing could be set to watch the run, so its processes and the disk that it writes were not limited",
        );
    }
    if !confine::knows_sizes() {
        note("/dev/shm".to_owned(), "it holds 64 MB in a container, and more here: bubblewrap limits it from 0.8 on");
    }
    if memory.is_some() && bubblewrap.memory.watched().is_some() {
        note(
            "memory".to_owned(),
            "this user may not make control groups, so memory was summed and watched instead: a short peak may be missed",
        );
    }
    notes
}

/// The sandbox of a plan that is nothing but an image, with what another one declares.
pub(super) fn of_image(cache: &Cache, image: &Image, declared: &Declared) -> Result<HostSandbox> {
    let plan = Plan { image: image.clone(), ..Plan::default() };
    let project = temporary::folder()?;
    open(cache, &Spec::of(project.path(), &plan), declared, None)
}
