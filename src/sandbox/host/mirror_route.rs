//! The mirror of a run, and which installers are sent there.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;

use super::bwrap::Bind;
use super::inside;
use super::lock_copy::{self, LockCopy};
use crate::plan::Vars;
use crate::sandbox::cache::Cache;
use crate::sandbox::mirror::{Lock, Mirror, Words};
use crate::sandbox::netns::Network;
use crate::sandbox::network::Access;
use crate::sandbox::store::downloads::Downloads;
use crate::sandbox::store::lock::Locker;
use crate::sandbox::store::pip::Installs;
use crate::sandbox::{Reach, Reuse, Spec, Unverified};

/// What names an index before pip's own configuration does.
pub(super) const INDEX: &str = "PIP_INDEX_URL";
const PYPI: &str = "https://pypi.org/simple";
/// What sends installers' questions elsewhere, the mirror's too.
const PROXIES: &[&str] = &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
const UNPROXIED: &[&str] = &["no_proxy", "NO_PROXY"];
/// The most bytes of a list of requirements.
const MOST: u64 = 1 << 20;

/// The mirror, and whether the command that runs is led there.
#[derive(Debug, Default)]
pub(super) struct Front {
    mirror: Option<Mirror>,
    /// What it is made of once a command wants it: most runs install nothing anew, and a way in takes a while.
    parts: Option<Parts>,
    led: Option<Led>,
}

/// How the command that runs is led.
#[derive(Debug)]
struct Led {
    words: Words,
    /// The index that its pip is told.
    index: Option<String>,
    /// The lock that it is shown in place of the project's.
    copy: Option<LockCopy>,
}

/// A command that may be led.
#[derive(Debug)]
pub(super) struct Asking<'a> {
    pub(super) argv: &'a [String],
    pub(super) installs: Installs,
    /// Its own variables.
    pub(super) plan: &'a Vars,
    /// All of them.
    pub(super) vars: &'a Vars,
    pub(super) app: &'a Path,
    /// The run's own folder, of which nothing is shown.
    pub(super) folder: &'a Path,
}

#[derive(Debug)]
struct Parts {
    index: String,
    downloads: Downloads,
    /// A PEM bundle.
    certificates: Vec<u8>,
    let_in: Vec<SocketAddr>,
}

impl Front {
    /// For a run that keeps what it makes. The second is why that cannot be, where somebody else is at fault.
    pub(super) fn new(cache: &Cache, spec: &Spec<'_>, access: &Access) -> (Self, Option<Unverified>) {
        // The plan's own index is not this machine's.
        if spec.reuse == Reuse::Never || !spec.network || spec.plan.image.variables.contains_key(INDEX) {
            return (Self::default(), None);
        }
        let downloads = match Downloads::open(cache) {
            Ok(downloads) => downloads,
            Err(error) => {
                let why = format!("{error:#}: what installers download is not kept");
                return (Self::default(), Some(Unverified { what: "downloads".to_owned(), why }));
            }
        };
        let index = access.vars.get(INDEX).map_or(PYPI, |index| index.trim()).to_owned();
        let let_in = spec.reach.iter().flat_map(Reach::addresses).collect();
        let parts = Parts { index, downloads, certificates: access.bundle.clone(), let_in };
        (Self { parts: Some(parts), ..Self::default() }, None)
    }

    /// The mirror, listening within the run's network; none where that cannot be.
    fn mirror(&mut self, network: &Network) -> Option<&Mirror> {
        if let Some(Parts { index, downloads, certificates, let_in }) = self.parts.take() {
            let mirror = Mirror::start(&index, downloads, certificates, let_in).ok();
            self.mirror = mirror.filter(|mirror| network.let_in(mirror.address()).is_ok());
        }
        self.mirror.as_ref()
    }

    /// Leads a command to the mirror, if nothing else names an index or a proxy to its installers; gives the index that pip is to be told.
    pub(super) fn lead(&mut self, network: &Network, asking: &Asking<'_>) -> Option<&str> {
        let Asking { argv, installs, plan, app, folder, .. } = *asking;
        let asks_pip = installs.pip > 0 && !plan.contains_key(INDEX);
        // Poetry is told an index by the project alone.
        let led = installs.locker.filter(|locker| matches!(locker, Locker::Uv | Locker::Pipenv));
        if asking.is_proxied() || !asks_pip && led.is_none() {
            return None;
        }
        let mirror = self.mirror(network)?;
        let shown = led.and_then(|locker| {
            let text = lock_copy::lock(app, locker.lock())?;
            let lock: Lock = match locker {
                Locker::Uv => mirror.lock_of_uv(&text),
                _ => mirror.lock_of_pipenv(&text),
            }?;
            Some((LockCopy::write(folder, app, locker.lock(), &lock.text).ok()?, lock))
        });
        if !asks_pip && shown.is_none() {
            return None;
        }
        mirror.open(&required(argv, app));
        let copy = shown.map(|(copy, lock)| {
            mirror.offer(&lock);
            copy
        });
        let led = Led { words: mirror.words(), index: asks_pip.then(|| mirror.index()), copy };
        self.led.insert(led).index.as_deref()
    }

    /// Whether the pip of the command that runs is told of the mirror.
    pub(super) fn tells_pip(&self) -> bool {
        self.led.as_ref().is_some_and(|led| led.index.is_some())
    }

    /// What the command that runs is shown.
    pub(super) fn shown(&self) -> Option<Bind> {
        self.led.as_ref()?.copy.as_ref().map(LockCopy::bind)
    }

    /// A line as it would be without the mirror.
    pub(super) fn line(&self, line: &str) -> Option<String> {
        self.led.as_ref().map_or_else(|| Some(line.to_owned()), |led| led.words.line(line))
    }

    /// The same of a log.
    pub(super) fn text(&self, text: String) -> String {
        self.led.as_ref().map_or(text.clone(), |led| led.words.text(&text))
    }

    /// Ends it for this command.
    pub(super) fn leave(&mut self, app: &Path) {
        if let Some(copy) = self.led.take().and_then(|led| led.copy) {
            copy.end(app);
        }
        if let Some(mirror) = &self.mirror {
            mirror.close();
        }
    }
}

impl Asking<'_> {
    /// Whether something of its own lies between its installers and their index.
    fn is_proxied(&self) -> bool {
        let Self { argv, vars, .. } = self;
        let unproxied = UNPROXIED
            .iter()
            .filter_map(|name| vars.get(*name))
            .any(|hosts| hosts.split(',').any(|host| host.trim() == "127.0.0.1"));
        PROXIES.iter().any(|name| vars.contains_key(*name)) && !unproxied
            || vars.contains_key("PIP_PROXY")
            || argv.iter().any(|word| word.contains("--proxy"))
    }
}

static LIST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:^|\s)(?:-r|--requirement)[ =]*([^\s&]+)"));
static PROJECT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?mi)^[ \t]*([A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?)[ \t]*(?:\[[^\]\n]*\])?[ \t]*(?:[=<>~!#,][^;@\n]*)?$")
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("a pattern of this file: {error}"))
}

/// The projects that a command's lists name. One too few is fetched a little later, one too many in vain.
fn required(argv: &[String], app: &Path) -> Vec<String> {
    let command = argv.join(" ");
    let lists = LIST.captures_iter(&command).filter_map(|found| {
        let place = found[1].trim_matches(['\'', '"']);
        let inside = place.strip_prefix("/app/").unwrap_or(place);
        // No link of the project's is followed out of it.
        inside::read_beginning(app, inside, MOST).ok()
    });
    let texts: Vec<String> = lists.map(|text| String::from_utf8_lossy(&text).into_owned()).collect();
    texts.iter().flat_map(|text| PROJECT.captures_iter(text)).map(|found| found[1].to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_list_requires_is_known_before_pip_runs() {
        let dir = tempfile::tempdir().unwrap();
        let text = "# tides\ntide==1.0\n ebb[x]>=2  # why\nflow; sys_platform == 'win32'\n-r more.txt\n--hash=sha256:00\ngit+https://a.example/b\nc @ https://a.example/c\nmoon_phase\n";
        std::fs::write(dir.path().join("requirements.txt"), text).unwrap();
        let required = |command: &str| required(&["bash".into(), "-c".into(), command.to_owned()], dir.path());
        assert_eq!(required(". venv && pip install -r requirements.txt"), ["tide", "ebb", "moon_phase"]);
        assert_eq!(required("pip install -r /app/requirements.txt && true").len(), 3);
        assert!(required("pip install -r ../requirements.txt -r missing.txt tide").is_empty());
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "word\n").unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("lists")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), dir.path().join("list")).unwrap();
        assert!(required("pip install -r lists/secret -r list").is_empty());
    }
}
