//! The programs that give a run a network namespace, and the words that lead a command into it.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::sandbox::Unavailable;
use crate::sandbox::host::{bubblewrap, check};

/// The program that carries packets out of the namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Engine {
    /// `slirp4netns`; `is_confined` where it gives up its own rights, as newer ones can.
    Slirp { is_confined: bool },
    /// `pasta`, which makes the namespace itself.
    Pasta,
}

/// An engine, and who makes the namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Method {
    pub(super) engine: Engine,
    /// Whether the namespace belongs to a user namespace of its own, as it must for an ordinary user.
    pub(super) has_user_namespace: bool,
}

/// Those that are tried, in this order: pasta takes ten times as long to come up.
pub(super) const METHODS: &[(&str, Method)] = &[
    ("slirp4netns", Method { engine: Engine::Slirp { is_confined: true }, has_user_namespace: false }),
    (
        "slirp4netns in a user namespace",
        Method { engine: Engine::Slirp { is_confined: true }, has_user_namespace: true },
    ),
    ("slirp4netns, unconfined", Method { engine: Engine::Slirp { is_confined: false }, has_user_namespace: false }),
    (
        "slirp4netns in a user namespace, unconfined",
        Method { engine: Engine::Slirp { is_confined: false }, has_user_namespace: true },
    ),
    ("pasta", Method { engine: Engine::Pasta, has_user_namespace: true }),
];

/// What is needed, and where it was found.
#[derive(Debug, Clone)]
pub(super) struct Tools {
    pub(super) bwrap: PathBuf,
    pub(super) nsenter: PathBuf,
    pub(super) ip: Option<PathBuf>,
    pub(super) slirp: Option<PathBuf>,
    pub(super) pasta: Option<PathBuf>,
}

/// A program on `PATH`, or where the administrator's are: an ordinary user's `PATH` need not lead there.
fn program(name: &str) -> Option<PathBuf> {
    let administrators = || {
        let place = Path::new("/usr/sbin").join(name);
        place.is_file().then_some(place)
    };
    which::which(name).ok().or_else(administrators)
}

fn lacking(package: &str, what: &str) -> Unavailable {
    let missing = format!("{what}, so the sandbox shares this machine's network");
    Unavailable { missing, cures: check::install_commands(package) }
}

impl Tools {
    /// Enough for a PID namespace.
    pub(super) fn find() -> Result<Self, Unavailable> {
        Ok(Self {
            bwrap: bubblewrap().ok_or_else(|| lacking("bubblewrap", "bubblewrap is not installed"))?,
            nsenter: program("nsenter").ok_or_else(|| lacking("util-linux", "nsenter is not installed"))?,
            ip: program("ip"),
            slirp: program("slirp4netns"),
            pasta: program("pasta"),
        })
    }

    /// Enough for a network namespace too.
    pub(super) fn of_network() -> Result<Self, Unavailable> {
        let tools = Self::find()?;
        if tools.slirp.is_none() && tools.pasta.is_none() {
            return Err(lacking("slirp4netns", "neither slirp4netns nor pasta is installed"));
        }
        if tools.ip.is_none() {
            return Err(lacking(check::IPROUTE, "ip is not installed"));
        }
        Ok(tools)
    }

    pub(super) fn has(&self, engine: Engine) -> bool {
        match engine {
            Engine::Slirp { .. } => self.slirp.is_some(),
            Engine::Pasta => self.pasta.is_some(),
        }
    }

    /// All that the outcome of a trial depends on.
    pub(super) fn key(&self) -> String {
        let programs =
            [Some(&self.bwrap), Some(&self.nsenter), self.ip.as_ref(), self.slirp.as_ref(), self.pasta.as_ref()];
        let files = programs.into_iter().flatten().map(PathBuf::as_path).chain([Path::new("/dev/net/tun")]);
        let state = |path: &Path| match fs::metadata(path) {
            Ok(meta) => format!("{} {} {} {:o}", path.display(), meta.size(), meta.mtime(), meta.mode()),
            Err(_) => format!("no {}", path.display()),
        };
        let system = rustix::system::uname().release().to_string_lossy().into_owned();
        let user = rustix::process::geteuid().as_raw();
        files.map(state).chain([system, user.to_string()]).collect::<Vec<_>>().join("\n")
    }
}

/// The words that lead a command into a namespace, for as long as the process that holds it lives.
pub(super) fn enter(tools: &Tools, has_user_namespace: bool, has_network: bool, holder: u32) -> Vec<OsString> {
    let mut words: Vec<OsString> = vec![tools.nsenter.clone().into(), "--target".into(), holder.to_string().into()];
    if has_user_namespace {
        words.extend(["--user", "--preserve-credentials"].map(OsString::from));
    }
    if has_network {
        words.push("--net".into());
    }
    words.extend(["--pid", "--mount", "--"].map(OsString::from));
    words
}
