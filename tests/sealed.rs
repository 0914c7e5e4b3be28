//! Nothing that a project's code does reaches beyond its run: `sealed/attack.py` tries every way out on every backend, as
//! root and as an ordinary user, and what the host and the cache hold is compared before and after.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use shakedown::plan::Plan;
use shakedown::sandbox::Backend;
use shakedown::sandbox::docker::{Docker, Options, Pull};
use shakedown::sandbox::host::Host;
use shakedown::sandbox::nix::{Nix, Nixpkgs};

use support::{plan, skipped};

const ATTACK: &str = include_str!("sealed/attack.py");
/// Fewer would mean that the script has lost its way.
const FEWEST_ATTEMPTS: usize = 80;
/// An ordinary user of every machine.
const NOBODY: &str = "65534";
/// What a run may write to: its own root and folders, and bubblewrap's own `/dev` and `/proc`.
const OWN: &str = "/,/app,/usr/local,/proc,/dev,/dev/*";
/// The same in a container: what the engine makes for it alone, its `/dev/null` in place of files that nobody is to read, and
/// the project's own cache, as in the cloud.
const OWN_IN_CONTAINER: &str = "/,/proc,/proc/keys,/proc/timer_list,/proc/kcore,/dev,/dev/*,/etc/resolv.conf,/etc/hostname,/etc/hosts,\
     /sys/fs/cgroup,/root/.cache/pip";

fn nixpkgs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/nixpkgs")
}

/// Files with their size, mode, and times of modification and of change.
type State = BTreeMap<PathBuf, (u64, u32, [i64; 2], [i64; 2])>;

/// Everything below `dir`.
fn state(dir: &Path, found: &mut State) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let Ok(meta) = entry.metadata() else { continue };
        // Python notes what it compiles, where its user may.
        if entry.file_name() == "__pycache__" {
            continue;
        }
        if meta.is_dir() {
            state(&entry.path(), found);
        } else {
            let (modified, changed) = ([meta.mtime(), meta.mtime_nsec()], [meta.ctime(), meta.ctime_nsec()]);
            found.insert(entry.path(), (meta.size(), meta.mode(), modified, changed));
        }
    }
}

/// What is shown inside from this machine, and a setting of the kernel.
fn state_of_host() -> (State, Option<String>) {
    let mut found = BTreeMap::new();
    let mut shown =
        vec!["/usr/bin".into(), "/usr/share/zoneinfo".into(), "/usr/lib/gcc".into(), "/usr/share/perl".into()];
    let pythons =
        ["/usr/lib".into(), PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".pyenv/versions")];
    for dir in pythons.iter().filter_map(|dir| fs::read_dir(dir).ok()).flatten().flatten() {
        if ["python3", "3.11"].iter().any(|name| dir.file_name().to_string_lossy().starts_with(name)) {
            shown.push(dir.path());
        }
    }
    for dir in shown {
        state(&dir, &mut found);
    }
    // Other programs may give the machine's files more names, which is a change without a write.
    found.values_mut().for_each(|(.., changed)| *changed = [0, 0]);
    (found, fs::read_to_string("/proc/sys/kernel/core_pattern").ok())
}

fn state_of_cache(home: &Path) -> State {
    let mut found = BTreeMap::new();
    for kind in ["root", "lib", "package", "seed", "pip", "fetched"] {
        state(&home.join("shakedown").join(kind), &mut found);
    }
    found.retain(|path, _| path.extension().is_none_or(|extension| extension != "lock"));
    found
}

/// A place to run from that every user can read, with the command and the project in it.
struct Place {
    dir: tempfile::TempDir,
    user: Option<&'static str>,
}

impl Place {
    fn new(user: Option<&'static str>, own: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for folder in ["app", "home"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        fs::copy(env!("CARGO_BIN_EXE_shakedown"), dir.path().join("shakedown")).unwrap();
        fs::write(dir.path().join("sentinel"), "of the host").unwrap();
        let attack = format!("python attack.py '{own}' {}", dir.path().join("sentinel").display());
        for (name, text) in [
            ("attack.py", ATTACK),
            ("requirements.txt", "# nothing\n"),
            (".python-version", "3.11\n"),
            ("nixpacks.toml", &format!("[phases.build]\ncmds = [\"{attack}\"]\n[start]\ncmd = \"{attack}\"\n")),
        ] {
            fs::write(dir.path().join("app").join(name), text).unwrap();
        }
        if let Some(user) = user {
            let id = user.parse().ok();
            std::os::unix::fs::chown(dir.path().join("home"), id, id).unwrap();
        }
        Self { dir, user }
    }

    fn home(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// What the run printed, and its report.
    fn run(&self, options: &[&str]) -> (String, Value) {
        let program = self.dir.path().join("shakedown");
        let mut command = match self.user {
            None => Command::new(&program),
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(["--reuid", user, "--regid", user, "--clear-groups"]).arg(&program);
                command.env("HOME", self.home()).env("USER", "nobody").env_remove("PYENV_ROOT");
                command
            }
        };
        command.args(["run", "--format", "json", "--expect", "exits"]).args(options).arg(self.dir.path().join("app"));
        let output = command
            .current_dir(self.dir.path())
            .env("XDG_CACHE_HOME", self.home())
            .env("XDG_STATE_HOME", self.home())
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{stderr}"));
        (stderr, report)
    }

    /// Attacks twice, the second time with everything in the cache already.
    fn attack(&self, options: &[&str]) {
        let host = state_of_host();
        let mut cache = BTreeMap::new();
        for turn in ["first", "second"] {
            let (stderr, report) = self.run(options);
            let record = fs::read_to_string(self.home().join("shakedown/last-run.ndjson")).unwrap_or_default();
            let log = format!("{turn} run:\n{stderr}\n{report:#}\n{record}");
            assert_eq!(report["verdict"], "works", "{log}");
            assert!(log.matches("held ").count() >= FEWEST_ATTEMPTS && !log.contains("BREACH"), "{log}");
            let now = state_of_cache(&self.home());
            if turn == "second" {
                assert!(cache == now, "the cache has changed: {:?}", difference(&cache, &now));
            }
            cache = now;
            no_file_is_shared(&cache);
        }
        let now = state_of_host();
        assert!(host == now, "the host has changed: {:?}", difference(&host.0, &now.0));
    }
}

fn difference<T: PartialEq>(before: &BTreeMap<PathBuf, T>, after: &BTreeMap<PathBuf, T>) -> Vec<PathBuf> {
    let changed = after.iter().filter(|(path, state)| before.get(*path) != Some(state));
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    changed.map(|(path, _)| path).chain(gone).cloned().collect()
}

/// A second name would be one outside the cache: the host's own file.
fn no_file_is_shared<T>(cache: &BTreeMap<PathBuf, T>) {
    for path in cache.keys() {
        let meta = path.symlink_metadata().unwrap();
        assert!(!meta.is_file() || meta.nlink() == 1, "{} has other names", path.display());
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn missing(backend: &dyn Backend) -> Option<String> {
    backend.check(&plan()).or_else(|_| backend.check(&Plan::default())).err().map(|refusal| refusal.missing)
}

/// As whoever runs the tests, and as an ordinary user where that is root.
fn on_host(options: &[&str], own: &str) {
    Place::new(None, own).attack(options);
    if is_root() && which::which("setpriv").is_ok() {
        Place::new(Some(NOBODY), own).attack(options);
    }
}

#[test]
fn nothing_leads_out_of_the_host_sandbox() {
    if skipped("nothing_leads_out_of_the_host_sandbox", missing(&Host::new())) {
        return;
    }
    on_host(&["--backend", "host"], OWN);
}

#[test]
fn nothing_leads_out_of_the_nix_sandbox() {
    let nix = Nix::new().with_nixpkgs(Nixpkgs::Path(nixpkgs()));
    let lacks_patchelf = which::which("patchelf").err().map(|_| "patchelf is not installed".to_owned());
    if skipped("nothing_leads_out_of_the_nix_sandbox", missing(&nix).or(lacks_patchelf)) {
        return;
    }
    Place::new(None, OWN).attack(&["--backend", "nix", "--nixpkgs", &nixpkgs().to_string_lossy()]);
}

#[test]
fn nothing_leads_out_of_a_container() {
    let docker = Docker::new(Options { pull: Pull::Never, ..Options::default() });
    if skipped("nothing_leads_out_of_a_container", missing(&docker)) {
        return;
    }
    Place::new(None, OWN_IN_CONTAINER).attack(&["--backend", "docker", "--pull", "never"]);
}
