//! Whose Nix store is used, and the command lines that may write to it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rustix::fs::{Access, access};

use crate::plan::Vars;
use crate::sandbox::host::bubblewrap;
use crate::sandbox::links;
use crate::sandbox::netns::Network;
use crate::sandbox::{CommandLine, Unavailable};

const DAEMON: &str = "/nix/var/nix/daemon-socket/socket";

/// What nix-env needs of our own environment.
const PASSED: &[&str] = &[
    "ALL_PROXY",
    "CURL_CA_BUNDLE",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "LOGNAME",
    "NO_PROXY",
    "PATH",
    "PYENV_ROOT",
    "SSL_CERT_FILE",
    "TMPDIR",
    "USER",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];
const PASSED_PREFIXES: &[&str] = &["NIX_", "XDG_", "PIP_"];

/// A store that this user can build into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Store {
    /// The machine's, through its daemon.
    Daemon,
    /// The machine's, which this user may write to.
    Own,
    /// One of our own in this directory, shown at `/nix` while it is used.
    Private(PathBuf),
}

impl Store {
    pub(super) fn find(nix: &Path, private: Option<PathBuf>) -> Result<Self, Unavailable> {
        if rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        if UnixStream::connect(DAEMON).is_ok() {
            return Ok(Self::Daemon);
        }
        let writable = |path: &str| access(path, Access::WRITE_OK).is_ok();
        if writable("/nix/store") && writable("/nix/var/nix") {
            return Ok(Self::Own);
        }
        let elsewhere = fs::canonicalize(nix).is_ok_and(|program| !program.starts_with("/nix"));
        match private {
            // Nix itself must still be there when another store hides the machine's.
            Some(private) if elsewhere => Ok(Self::Private(private)),
            _ => Err(Unavailable {
                missing: "the Nix store belongs to another user, and no daemon answers".into(),
                cures: vec!["sudo systemctl start nix-daemon".into(), "--backend docker".into()],
            }),
        }
    }

    /// What is at `/nix` while this store is used.
    pub(super) fn root(&self) -> &Path {
        match self {
            Self::Daemon | Self::Own => Path::new("/nix"),
            Self::Private(root) => root,
        }
    }

    pub(super) fn make(&self) -> Result<()> {
        if *self != Self::Daemon {
            fs::create_dir_all(self.root().join("store"))
                .with_context(|| format!("cannot make the Nix store in {}", self.root().display()))?;
        }
        Ok(())
    }

    /// A path as it reads inside, on this machine.
    pub(super) fn on_host(&self, inside: &Path) -> PathBuf {
        inside.strip_prefix("/nix").map_or_else(|_| inside.to_owned(), |rest| self.root().join(rest))
    }

    /// Follows every link of a path, as it would be followed where this store is at `/nix`.
    pub(super) fn resolve(&self, path: &Path) -> Option<PathBuf> {
        links::follow(path, |inside| self.on_host(inside))
    }

    /// Runs `words` on this machine as it is, save that `app` is at `/app` (so that Nix names files as the cloud does) and
    /// this store at `/nix`.
    pub(super) fn command(&self, app: &Path, words: &[&str], settings: &str, network: &Network) -> Result<CommandLine> {
        let bwrap = bubblewrap().context("bubblewrap is gone")?;
        let mut argv: Vec<OsString> = network.enter().to_vec();
        argv.push(bwrap.into());
        argv.extend(["--die-with-parent", "--unshare-pid", "--tmpfs", "/"].map(OsString::from));
        for entry in fs::read_dir("/").context("cannot read /")?.flatten() {
            let path = entry.path();
            if ["/app", "/nix", "/proc", "/dev"].iter().any(|own| path == Path::new(own)) {
                continue;
            }
            match fs::read_link(&path) {
                Ok(target) => argv.extend([OsString::from("--symlink"), target.into(), path.into()]),
                Err(_) => argv.extend([OsString::from("--bind-try"), path.clone().into(), path.into()]),
            }
        }
        argv.extend(["--proc".into(), "/proc".into(), "--dev".into(), "/dev".into()]);
        argv.extend([OsString::from("--bind"), self.root().into(), "/nix".into()]);
        argv.extend([OsString::from("--ro-bind"), app.into(), "/app".into()]);
        if network.is_offline() {
            argv.push("--unshare-net".into());
        }
        argv.extend(["--chdir", "/app", "--"].map(OsString::from));
        argv.extend(words.iter().map(OsString::from));
        Ok(CommandLine { argv, vars: self.vars(settings, network.is_in_user_namespace(), std::env::vars_os()) })
    }

    fn vars(&self, settings: &str, is_alone: bool, own: impl Iterator<Item = (OsString, OsString)>) -> Vars {
        let text = own.filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let passed =
            |name: &str| PASSED.contains(&name) || PASSED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
        let mut vars: Vars = text.filter(|(name, _)| passed(name)).collect();
        // As in the base image.
        for kind in ["BROKEN", "INSECURE", "UNFREE"] {
            vars.insert(format!("NIXPKGS_ALLOW_{kind}"), "1".into());
        }
        let mut config = settings.to_owned();
        if *self != Self::Daemon && (is_alone || !has_build_users()) {
            config.push_str("build-users-group =\n");
        }
        // The user's own come last and win.
        config.push_str(vars.get("NIX_CONFIG").map_or("", String::as_str));
        vars.insert("NIX_CONFIG".into(), config);
        if *self == Self::Daemon {
            vars.insert("NIX_REMOTE".into(), "daemon".into());
        }
        vars
    }

    /// Links by which Nix remembers profiles below `dir`, which is about to go.
    pub(super) fn forget(&self, dir: &Path) {
        let roots = self.root().join("var/nix/gcroots/auto");
        let links: BTreeSet<PathBuf> =
            fs::read_dir(roots).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        for link in links {
            if fs::read_link(&link).is_ok_and(|target| target.starts_with(dir)) {
                // The daemon's are its own to remove, which it does at the next collection.
                let _ = fs::remove_file(link);
            }
        }
    }
}

/// Whether root's builds have users to run as; Debian's package makes none.
fn has_build_users() -> bool {
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    groups.lines().any(|line| line.starts_with("nixbld:") && !line.ends_with(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_store_is_shown_where_stores_are() {
        let store = Store::Private("/home/u/.cache/shakedown/nix".into());
        let command = store
            .command(Path::new("/run/x/app"), &["nix-env", "-V"], "substitute = false\n", &Network::offline())
            .unwrap();
        let line: Vec<String> = command.argv.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        let line = line.join(" ");
        assert!(
            line.contains("--bind /home/u/.cache/shakedown/nix /nix --ro-bind /run/x/app /app --unshare-net"),
            "{line}"
        );
        assert!(line.ends_with("--chdir /app -- nix-env -V"), "{line}");
        assert!(!line.contains(" /nix /nix"), "{line}");
        assert_eq!(store.on_host(Path::new("/nix/store/a")), Path::new("/home/u/.cache/shakedown/nix/store/a"));
    }

    #[test]
    fn links_are_followed_inside_a_private_store() {
        let root = tempfile::tempdir().unwrap();
        let store = root.path().join("store");
        fs::create_dir_all(store.join("py/bin")).unwrap();
        fs::create_dir_all(store.join("env")).unwrap();
        fs::write(store.join("py/bin/python3.11"), "").unwrap();
        let link = |target: &str, at: &str| std::os::unix::fs::symlink(target, store.join(at)).unwrap();
        link("python3.11", "py/bin/python3");
        link("/nix/store/py/bin", "env/bin");
        link("../env/loop", "env/loop");
        let own = Store::Private(root.path().to_owned());
        let found = own.resolve(Path::new("/nix/store/env/bin/python3")).unwrap();
        assert_eq!(found, Path::new("/nix/store/py/bin/python3.11"));
        assert_eq!(own.resolve(Path::new("/nix/store/env/loop")), None);
    }

    #[test]
    fn the_users_settings_come_after_ours() {
        let own = [("NIX_CONFIG", "substitute = true"), ("AWS_SECRET", "x"), ("HOME", "/h")];
        let own = own.map(|(name, value)| (OsString::from(name), OsString::from(value)));
        let vars = Store::Daemon.vars("substitute = false\n", false, own.into_iter());
        assert_eq!(vars["NIX_CONFIG"], "substitute = false\nsubstitute = true");
        assert!(!vars.contains_key("AWS_SECRET"));
        assert_eq!(vars["NIXPKGS_ALLOW_BROKEN"], "1");
    }
}
