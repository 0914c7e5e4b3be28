//! The mirror of a run, and which installers are sent there.

use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;
use std::sync::LazyLock;

use anyhow::Result;
use pep440_rs::Version;
use regex::{Captures, Regex};

use super::lock_copy::{self, LockCopy};
use super::prefetch::Wanted;
use super::{Given, Lock, Mirror, Words};
use crate::plan::Vars;
use crate::sandbox::cache::Cache;
use crate::sandbox::network::Access;
use crate::sandbox::store::artifacts::{self, Artifacts};
use crate::sandbox::store::downloads::Downloads;
use crate::sandbox::store::lock::{self, Locker, PYPI};
use crate::sandbox::store::pip::Installs;
use crate::sandbox::{Reach, Reuse, Spec, Unverified, inside, netns};

/// What names an index before pip's own configuration does.
pub(in crate::sandbox) const INDEX: &str = "PIP_INDEX_URL";
/// What sends installers' questions elsewhere, the mirror's too.
const PROXIES: &[&str] = &["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
const UNPROXIED: &[&str] = &["no_proxy", "NO_PROXY"];
/// What of a plan's own decides whether installers get through to an index over HTTPS, and means nothing over HTTP.
const OF_HTTPS: &[&str] = &[
    "https_proxy",
    "HTTPS_PROXY",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
];
/// Whom pip trusts over plain HTTP, separated by spaces.
const TRUSTED: &str = "PIP_TRUSTED_HOST";
/// The most bytes of a list of requirements.
const MOST: u64 = 1 << 20;

/// The mirror, and whether the command that runs is led there.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Front {
    mirror: Option<Mirror>,
    /// What it is made of once a command wants it: most runs install nothing anew, and a way in takes a while.
    parts: Option<Parts>,
    led: Option<Led>,
    downloads: Option<Downloads>,
    /// What the Poetry that runs is shown in its cache.
    artifacts: Option<Shown>,
}

/// Archives in Poetry's cache that it has not downloaded.
#[derive(Debug)]
pub(in crate::sandbox) struct Shown {
    pub(in crate::sandbox) artifacts: Artifacts,
    /// From the root on.
    pub(in crate::sandbox) places: Vec<String>,
}

/// How the command that runs is led.
#[derive(Debug)]
struct Led {
    words: Words,
    /// The index that its pip is told.
    index: Option<String>,
    /// The index that its PDM is told.
    index_of_pdm: Option<String>,
    /// What its git is to be configured with.
    git: Option<String>,
    /// The lock that it is shown in place of the project's.
    copy: Option<LockCopy>,
}

/// A command that may be led.
#[derive(Debug)]
pub(in crate::sandbox) struct Asking<'a> {
    pub(in crate::sandbox) argv: &'a [String],
    pub(in crate::sandbox) installs: Installs,
    /// Its own variables.
    pub(in crate::sandbox) plan: &'a Vars,
    /// All of them.
    pub(in crate::sandbox) vars: &'a Vars,
    pub(in crate::sandbox) app: &'a Path,
    /// The run's own folder, of which nothing is shown.
    pub(in crate::sandbox) folder: &'a Path,
}

#[derive(Debug)]
struct Parts {
    index: String,
    downloads: Downloads,
    /// A PEM bundle.
    certificates: Vec<u8>,
    /// Services of this machine that the run may ask.
    open: Vec<SocketAddr>,
}

impl Front {
    /// For a run that keeps what it makes. The second is why that cannot be, where somebody else is at fault.
    pub(in crate::sandbox) fn new(cache: &Cache, spec: &Spec<'_>, access: &Access) -> (Self, Option<Unverified>) {
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
        // The machine's own index among them, wherever its user has it.
        let mut open = netns::named_in(&access.vars);
        open.extend(spec.reach.iter().flat_map(Reach::addresses));
        let (kept, certificates) = (Some(downloads.clone()), access.bundle.clone());
        let parts = Parts { index, downloads, certificates, open };
        (Self { parts: Some(parts), downloads: kept, ..Self::default() }, None)
    }

    /// The mirror, within the run's reach; none where that cannot be.
    fn mirror(&mut self, let_in: impl FnOnce(SocketAddr) -> Result<()>) -> Option<&Mirror> {
        if let Some(Parts { index, downloads, certificates, open }) = self.parts.take() {
            let mirror = Mirror::start(&index, downloads, certificates, open).ok();
            self.mirror = mirror.filter(|mirror| let_in(mirror.address()).is_ok());
        }
        self.mirror.as_ref()
    }

    /// Leads a command to the mirror, if nothing else names an index or a proxy to its installers; gives the index that pip is to be told.
    /// `let_in` makes the mirror's address one that the run's commands reach.
    pub(in crate::sandbox) fn lead(
        &mut self,
        let_in: impl FnOnce(SocketAddr) -> Result<()>,
        asking: &Asking<'_>,
    ) -> Option<&str> {
        let Asking { argv, installs, plan, app, folder, .. } = *asking;
        let asks_pip = installs.pip > 0 && !plan.contains_key(INDEX);
        // Poetry is told an index by the project alone.
        let led = installs.locker.filter(|locker| match locker {
            Locker::Uv => !lock::keeps_uv_cache(app, asking.vars),
            locker => *locker == Locker::Pipenv,
        });
        let asks_pdm = matches!(installs.locker, Some(Locker::Pdm { .. })) && lock::asks_pypi(app);
        if asking.is_proxied() || asking.says_how_to_trust() || !asks_pip && !asks_pdm && led.is_none() {
            return None;
        }
        let mirror = self.mirror(let_in)?;
        let asks_pdm = asks_pdm && mirror.real_index().trim_end_matches('/') == PYPI;
        if !is_trusted(mirror.real_index(), asking.vars) {
            return None;
        }
        let shown = led.and_then(|locker| {
            let text = lock_copy::lock(app, locker.lock())?;
            let lock: Lock = match locker {
                Locker::Uv => mirror.lock_of_uv(&text),
                _ => mirror.lock_of_pipenv(&text),
            }?;
            Some((LockCopy::write(folder, app, locker.lock(), &lock.text).ok()?, lock))
        });
        if !asks_pip && !asks_pdm && shown.is_none() {
            return None;
        }
        let lists = lists(argv, app);
        mirror.open(&required(&lists));
        let copy = shown.map(|(copy, lock)| {
            mirror.offer(&lock);
            copy
        });
        let clones = asks_pip && clones(argv, &lists);
        let git = clones.then(|| mirror.configuration_of_git());
        let index = |asks: bool| asks.then(|| mirror.index());
        let led = Led { words: mirror.words(), index: index(asks_pip), index_of_pdm: index(asks_pdm), git, copy };
        self.led.insert(led).index.as_deref()
    }

    /// What earlier runs have downloaded of what the lock names, where the command is Poetry's.
    pub(in crate::sandbox) fn artifacts(
        &self,
        app: &Path,
        vars: &Vars,
        caches: &[String],
        installs: Installs,
    ) -> Option<Artifacts> {
        let locker = installs.locker.filter(|locker| *locker == Locker::Poetry && artifacts::is_usual(vars, caches))?;
        let text = |name: &str| lock_copy::lock(app, name);
        Some(Artifacts::of(self.downloads.clone()?, &text(locker.lock())?, &text(lock::PROJECT)?))
    }

    /// Notes what the Poetry that is about to run is shown.
    pub(in crate::sandbox) fn show(&mut self, shown: Shown) {
        self.artifacts = Some(shown);
    }

    /// What the Poetry that has run was shown.
    pub(in crate::sandbox) fn shown_artifacts(&mut self) -> Option<Shown> {
        self.artifacts.take()
    }

    /// Whether the command that runs is led to the mirror.
    pub(in crate::sandbox) fn is_led(&self) -> bool {
        self.led.is_some()
    }

    /// Where the mirror listens, if there is one.
    pub(in crate::sandbox) fn address(&self) -> Option<SocketAddr> {
        self.mirror.as_ref().map(Mirror::address)
    }

    /// Whether the pip of the command that runs is told of the mirror.
    pub(in crate::sandbox) fn tells_pip(&self) -> bool {
        self.led.as_ref().is_some_and(|led| led.index.is_some())
    }

    /// The index that the PDM of the command that runs is to be told.
    pub(in crate::sandbox) fn index_of_pdm(&self) -> Option<&str> {
        self.led.as_ref()?.index_of_pdm.as_deref()
    }

    /// What the git of the command that runs is to be configured with, where it may clone something.
    pub(in crate::sandbox) fn git(&self) -> Option<&str> {
        self.led.as_ref()?.git.as_deref()
    }

    /// What the command that runs is shown: a file of this machine, and its place inside.
    pub(in crate::sandbox) fn shown(&self) -> Option<(&Path, String)> {
        self.led.as_ref()?.copy.as_ref().map(LockCopy::shown)
    }

    /// A line as it would be without the mirror.
    pub(in crate::sandbox) fn line(&self, line: &str) -> Option<String> {
        self.led.as_ref().map_or_else(|| Some(line.to_owned()), |led| led.words.line(line))
    }

    /// The same of a log.
    pub(in crate::sandbox) fn text(&self, text: String) -> String {
        self.led.as_ref().map_or(text.clone(), |led| led.words.text(&text))
    }

    /// What the mirror has given to the command that runs, where that is led there.
    pub(in crate::sandbox) fn given(&self) -> Option<Given> {
        self.led.as_ref().zip(self.mirror.as_ref()).map(|(_, mirror)| mirror.given())
    }

    /// Ends it for this command.
    pub(in crate::sandbox) fn leave(&mut self, app: &Path) {
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

    /// Whether the plan says how its installers come to trust an index, or which way to go to it: the mirror has neither.
    fn says_how_to_trust(&self) -> bool {
        OF_HTTPS.iter().any(|name| self.plan.contains_key(*name))
            || self.argv.iter().any(|word| word.contains("--cert") || word.contains("--client-cert"))
    }
}

/// Whether pip would ask an index: over HTTPS, on loopback, or where its user trusts the host. It trusts the mirror as it does all of loopback.
fn is_trusted(index: &str, vars: &Vars) -> bool {
    let Some(rest) = index.strip_prefix("http://") else { return true };
    let site = rest.split('/').next().unwrap_or_default();
    let host = site.split(':').next().unwrap_or_default();
    let named = vars.get(TRUSTED).map(String::as_str).unwrap_or_default();
    host == "localhost" || host.starts_with("127.") || named.split_whitespace().any(|one| one == host || one == site)
}

static LIST: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?:^|\s)(?:-r|--requirement)[ =]*([^\s&]+)"));
/// A repository that git clones over HTTP and asks for no password.
static REPOSITORY: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)git\+https?://[^\s/@]+/"));
/// The same with a password or a user's name, or what stands for one.
static WITH_USER: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)git\+https?://[^\s/]*@"));
/// What stays in the environment as a repository of its own, with the address that it was cloned from.
static EDITABLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)(?:^|\s)(?:-e|--editable)\b"));
static PROJECT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?mi)^[ \t]*([A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?)[ \t]*(?:\[[^\]\n]*\])?[ \t]*([=<>~!#,][^;@\n]*)?$")
});
static PINNED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^===?[ \t]*([^\s#,*]+)[ \t]*(?:#.*)?$"));

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("a pattern of this file: {error}"))
}

/// The texts of a command's lists of requirements.
fn lists(argv: &[String], app: &Path) -> Vec<String> {
    let command = argv.join(" ");
    let lists = LIST.captures_iter(&command).filter_map(|found| {
        let place = found[1].trim_matches(['\'', '"']);
        let inside = place.strip_prefix("/app/").unwrap_or(place);
        // No link of the project's is followed out of it.
        inside::read_beginning(app, inside, MOST).ok()
    });
    lists.map(|text| String::from_utf8_lossy(&text).into_owned()).collect()
}

/// Whether a command has git clone something that may be led.
fn clones(argv: &[String], lists: &[String]) -> bool {
    let texts = || argv.iter().chain(lists);
    let is_other = |text: &String| WITH_USER.is_match(text) || EDITABLE.is_match(text);
    texts().any(|text| REPOSITORY.is_match(text)) && !texts().any(is_other)
}

/// The projects that lists name. One too few is fetched a little later, one too many in vain.
fn required(lists: &[String]) -> Vec<Wanted> {
    let wanted = |found: Captures<'_>| {
        let pinned = found.get(2).and_then(|rest| PINNED.captures(rest.as_str()));
        Wanted { name: found[1].to_owned(), pinned: pinned.and_then(|version| Version::from_str(&version[1]).ok()) }
    };
    lists.iter().flat_map(|text| PROJECT.captures_iter(text)).map(wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_whom_an_installer_trusts_keeps_it_from_the_mirror() {
        let says = |argv: &str, plan: &str| {
            let (argv, plan) = ([argv.to_owned()], Vars::from([(plan.to_owned(), "/app/ca.pem".to_owned())]));
            let (vars, at) = (Vars::new(), Path::new("/"));
            let asking =
                Asking { argv: &argv, installs: Installs::default(), plan: &plan, vars: &vars, app: at, folder: at };
            asking.says_how_to_trust()
        };
        assert!(says("pip", "REQUESTS_CA_BUNDLE") && says("pip", "HTTPS_PROXY") && says("pip install --cert a", "A"));
        assert!(!says("pip install -r requirements.txt", "NIX_SSL_CERT_FILE"));
        let vars: Vars = [(TRUSTED.to_owned(), "one.example two.example:8080".to_owned())].into();
        let trusted = |index: &str| is_trusted(index, &vars);
        assert!(trusted("https://a.example/simple") && trusted("http://127.0.0.1:80/simple"));
        assert!(trusted("http://one.example:81/simple") && trusted("http://two.example:8080/simple"));
        assert!(!trusted("http://two.example/simple") && !trusted("http://a.example/simple"));
    }

    #[test]
    fn what_a_list_requires_is_known_before_pip_runs() {
        let dir = tempfile::tempdir().unwrap();
        let text = "# tides\ntide==1.0\n ebb[x]>=2  # why\nflow; sys_platform == 'win32'\n-r more.txt\n--hash=sha256:00\ngit+https://a.example/b\nc @ https://a.example/c\nmoon_phase\n";
        std::fs::write(dir.path().join("requirements.txt"), text).unwrap();
        let wanted = |command: &str| required(&lists(&["bash".into(), "-c".into(), command.to_owned()], dir.path()));
        let required =
            |command: &str| -> Vec<String> { wanted(command).into_iter().map(|wanted| wanted.name).collect() };
        let pinned: Vec<_> =
            wanted("pip install -r requirements.txt").into_iter().map(|wanted| wanted.pinned).collect();
        assert_eq!(pinned, [Some(Version::new([1, 0])), None, None]);
        assert_eq!(required(". venv && pip install -r requirements.txt"), ["tide", "ebb", "moon_phase"]);
        assert_eq!(required("pip install -r /app/requirements.txt && true").len(), 3);
        assert!(required("pip install -r ../requirements.txt -r missing.txt tide").is_empty());
        let clones = |list: &str| super::clones(&["pip".into()], &[list.to_owned()]);
        assert!(clones("tide\ngit+https://a.example/b@main\n") && clones("b @ git+http://a.example:8080/b"));
        assert!(!clones("git+https://${TOKEN}@a.example/b") && !clones("git+ssh://git@a.example/b") && !clones("tide"));
        assert!(
            !clones("git+https://a.example/b\nc @ git+https://user@a.example/c")
                && clones("git+https://a.example/b@main")
        );
        assert!(!clones("-e git+https://a.example/b#egg=b") && !clones("git+https://a.example/b\n--editable=./c"));
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret"), "word\n").unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("lists")).unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), dir.path().join("list")).unwrap();
        assert!(required("pip install -r lists/secret -r list").is_empty());
    }
}
