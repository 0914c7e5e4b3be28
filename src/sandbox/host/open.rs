//! Making a sandbox for a plan.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, Result};

use super::bwrap::{Bind, Jail};
use super::layer::{self, in_root};
use super::memory::Cap;
use super::packages::Declared;
use super::root::{self, Root};
use super::{HostSandbox, check, seed};
use crate::builder::nixpacks::{Plan, Vars};
use crate::sandbox::cache::{Cache, RunDir};
use crate::sandbox::network::{self, Access};
use crate::sandbox::python::Interpreter;
use crate::sandbox::{Spec, Unverified, Watch};

/// The base image's `PATH`.
pub(super) const IMAGE_PATH: &str =
    "/nix/var/nix/profiles/default/bin:/nix/var/nix/profiles/default/sbin:/bin:/sbin:/usr/bin:/usr/sbin";

/// The base image's other variables; the tildes and empty elements are really in it.
const IMAGE: &[(&str, &str)] = &[
    ("ENV", "/etc/profile"),
    ("USER", "root"),
    ("HOME", "/root"),
    ("LD_LIBRARY_PATH", "/usr/lib"),
    ("GIT_SSL_CAINFO", network::BUNDLE),
    ("NIX_SSL_CERT_FILE", network::BUNDLE),
    ("NIX_PATH", "/nix/var/nix/profiles/per-user/root/channels"),
    ("NIXPKGS_ALLOW_BROKEN", "1"),
    ("NIXPKGS_ALLOW_UNFREE", "1"),
    ("NIXPKGS_ALLOW_INSECURE", "1"),
    ("CPATH", "~/.nix-profile/include:"),
    ("LIBRARY_PATH", "~/.nix-profile/lib:"),
    ("QTDIR", "~/.nix-profile:"),
];

/// `/root/.profile` of the base image, word for word.
const PROFILE: &str = "if [ -d $HOME/.nix-profile/etc/profile.d ]; then\n for i in $HOME/.nix-profile/etc/profile.d/*.sh; do\n if [ -r $i ]; then\n . $i\n fi\n done\n fi\nPATH=$NIXPACKS_PATH:$PATH";

/// A sandbox with an empty `/app` and `/opt/venv`.
pub(super) fn open(
    cache: &Cache,
    spec: &Spec<'_>,
    python: Option<&Path>,
    watch: &mut Watch<'_>,
) -> Result<HostSandbox> {
    let declared = Declared::of(spec.plan, cache, python, spec.network.then_some(watch))?;
    let seed = match &declared.python {
        Some(python) => seed::of(cache, python)?,
        None => None,
    };
    open_with(cache, spec, declared, seed.as_deref())
}

/// [`open`] with the packages already looked at.
pub(super) fn open_with(
    cache: &Cache,
    spec: &Spec<'_>,
    declared: Declared,
    seed: Option<&Path>,
) -> Result<HostSandbox> {
    let root = root::root(cache, &declared.recipe())?;
    let run = cache.run_dir()?;
    let access = if spec.network { Access::of_this_machine() } else { Access::default() };
    let rootfs = run.path().join("root");
    skeleton(&run, &rootfs, &root, &access, spec.network)?;
    let mut binds = vec![
        Bind::read_only(&root.usr, "/usr"),
        Bind::Writable(run.path().join("local"), "/usr/local".to_owned()),
        Bind::Writable(run.path().join("app"), "/app".to_owned()),
    ];
    binds.extend(root.shown.iter().map(|dir| Bind::read_only(dir, dir.to_string_lossy())));
    binds.extend(declared.data().map(|dir| Bind::read_only(Path::new(dir), dir)));
    binds.extend(access.find_links.iter().map(|dir| Bind::read_only(dir, dir.to_string_lossy())));
    let layer = declared.python.as_ref().map(|python| layer::lay(&rootfs, python, seed)).transpose()?;
    let both = layer.as_ref().zip(declared.python.as_ref());
    layer::profile(&rootfs, both, &declared.library_path())?;
    binds.extend(declared.install(&rootfs, both)?);
    binds.extend(layer.map(|layer| layer.binds).unwrap_or_default());
    let name = run.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let jail = Jail {
        program: check::program().context("bubblewrap is gone")?,
        rootfs,
        binds,
        network: spec.network,
        memory: Cap::new(spec.memory, &name),
    };
    let notes = notes(spec.plan, &declared, spec.memory, &jail.memory);
    let start_user = spec.plan.start.as_ref().and_then(|start| start.user.clone()).filter(|user| is_name(user));
    if let Some(user) = &start_user {
        fs::create_dir_all(in_root(&jail.rootfs, "/home").join(user))?;
    }
    Ok(HostSandbox {
        project: fs::canonicalize(spec.project)
            .with_context(|| format!("could not find {}", spec.project.display()))?,
        vars: variables(access.vars),
        setup: declared.setup.clone(),
        notes,
        start_profile: start_profile(spec.plan),
        start_user,
        jail,
        run,
        closed: false,
    })
}

fn is_name(user: &str) -> bool {
    !user.is_empty() && user.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Directories, links and small files of a machine that has just been installed.
fn skeleton(run: &RunDir, rootfs: &Path, root: &Root, access: &Access, network: bool) -> Result<()> {
    for dir in ["app", "local/bin", "local/lib"] {
        fs::create_dir_all(run.path().join(dir))?;
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
    let mut resolv = Vec::new();
    if network {
        // Read, not bound: on many machines it is a link into a directory that is not there inside.
        resolv = fs::read("/etc/resolv.conf").unwrap_or_default();
    }
    for (file, text) in [
        ("etc/passwd", &b"root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"[..]),
        ("etc/group", b"root:x:0:\nnogroup:x:65534:\n"),
        ("etc/nsswitch.conf", b"passwd: files\ngroup: files\nhosts: files dns\n"),
        ("etc/hosts", b"127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n127.0.0.1 buildkitsandbox\n"),
        ("etc/hostname", b"buildkitsandbox\n"),
        ("etc/os-release", b"PRETTY_NAME=\"Ubuntu 24.04.2 LTS\"\nNAME=\"Ubuntu\"\nVERSION_ID=\"24.04\"\nVERSION_CODENAME=noble\nID=ubuntu\nID_LIKE=debian\n"),
        ("etc/profile", b""),
        ("etc/resolv.conf", &resolv),
        ("etc/ssl/certs/ca-certificates.crt", &access.bundle),
        ("root/.profile", PROFILE.as_bytes()),
    ] {
        fs::write(rootfs.join(file), text).with_context(|| format!("could not write the sandbox's {file}"))?;
    }
    let git = root.git_parts.as_deref().and_then(|place| place.strip_prefix("/usr/local").ok());
    if let Some(place) = git.map(|place| run.path().join("local").join(place)) {
        fs::create_dir_all(place.parent().context("git's parts have no directory")?)?;
        symlink("/usr/lib/git-core", place)?;
    }
    Ok(())
}

fn variables(access: Vars) -> Vars {
    let mut vars: Vars = IMAGE.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    // Nix' own profile script puts the profile in front for every login shell.
    vars.insert("PATH".to_owned(), format!("{}/bin:/nix/var/nix/profiles/default/bin:{IMAGE_PATH}", layer::PROFILE));
    vars.extend(access);
    vars
}

/// `RUN printf '\nPATH=/opt/venv/bin:$PATH' >> /root/.profile`, for each phase with paths.
fn start_profile(plan: &Plan) -> String {
    let phases = plan.phases.iter().flatten();
    let with_paths = phases.filter(|(_, phase)| !phase.paths.is_empty());
    with_paths.map(|(_, phase)| format!("\nPATH={}:$PATH", phase.paths.join(":"))).collect()
}

fn notes(plan: &Plan, declared: &Declared, memory: Option<u64>, cap: &Cap) -> Vec<Unverified> {
    let mut notes = declared.notes.clone();
    let mut note = |what: String, why: &str| notes.push(Unverified { what, why: why.to_owned() });
    if let Some(image) = plan.start.as_ref().and_then(|start| start.run_image.as_ref()) {
        note(
            format!("start.runImage: {image}"),
            "the app was started in the build's image; the cloud starts it in this one, where neither /opt/venv nor Nix is",
        );
    }
    if let Some(user) = plan.start.as_ref().and_then(|start| start.user.as_ref()) {
        note(format!("start.user: {user}"), "the app was started as root, with that user's empty profile");
    }
    if memory.is_some() && matches!(cap, Cap::AddressSpace(_)) {
        note(
            "memory".to_owned(),
            "this user may not make control groups, so address space was limited instead: too little memory shows as MemoryError",
        );
    }
    notes
}

/// What `seed` needs: a bare plan's sandbox.
pub(super) fn bare(cache: &Cache, python: &Interpreter) -> Result<HostSandbox> {
    let plan = Plan::default();
    let project = tempfile::tempdir()?;
    let spec = Spec { project: project.path(), plan: &plan, python: None, network: false, memory: None };
    open_with(cache, &spec, Declared::only(python.clone()), None)
}
