//! Which CPython the plan means, and where this machine has one.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::cache::Cache;
use super::{Unavailable, elf};
use crate::catalog::python::{PYTHONS, by_attribute};
use crate::fs::stamp;

/// The CPython that a plan's packages name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// Major and minor version.
    pub minor: (u32, u32),
    /// What the cloud's nixpkgs has at the planned commit, for example `3.12.7`.
    pub cloud: &'static str,
}

/// The interpreter that `attribute` stands for, if it is one.
pub fn wanted(attribute: &str) -> Option<Wanted> {
    let plain = attribute.strip_suffix("Full").or_else(|| attribute.strip_suffix("Minimal")).unwrap_or(attribute);
    by_attribute(plain).map(|python| Wanted { minor: python.minor, cloud: python.release })
}

/// A CPython of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The program itself, links resolved.
    pub program: PathBuf,
    /// Major, minor and patch.
    pub version: (u32, u32, u32),
    /// Where its pure standard library is.
    pub stdlib: PathBuf,
    /// Where its C headers are; absent when they are not installed.
    pub include: Option<PathBuf>,
    /// The compiler that its extension modules are built with.
    pub compiler: String,
    /// Whether a distribution changed its install scheme, as Debian does.
    pub debian: bool,
    /// Where the wheels of its `ensurepip` are.
    pub wheels: Option<PathBuf>,
}

impl Interpreter {
    /// `3.11.7`.
    pub fn full_version(&self) -> String {
        let (major, minor, patch) = self.version;
        format!("{major}.{minor}.{patch}")
    }

    /// Whether all that it can have is there.
    fn is_whole(&self) -> bool {
        let has_headers = self.include.as_ref().is_some_and(|dir| dir.join("Python.h").is_file());
        let has_pip = self.wheels.as_ref().is_some_and(|dir| dir.is_dir());
        has_headers && has_pip && self.program.is_file() && self.stdlib.join("os.py").is_file()
    }

    /// `python3.11`.
    pub fn name(&self) -> String {
        format!("python{}.{}", self.version.0, self.version.1)
    }
}

#[derive(Deserialize)]
struct Answer {
    version: (u32, u32, u32),
    implementation: String,
    stdlib: PathBuf,
    include: PathBuf,
    compiler: String,
    schemes: Vec<String>,
    wheels: Option<PathBuf>,
    base: PathBuf,
}

/// Works on Python 2.7 too.
const QUESTION: &str = "
import sys, sysconfig, json, os, platform
get = sysconfig.get_config_var
stdlib = sysconfig.get_path('stdlib')
include = sysconfig.get_path('include')
wheels = [os.path.join(stdlib, 'ensurepip', '_bundled'), get('WHEEL_PKG_DIR'), '/usr/share/python-wheels', '/usr/share/python3-wheels']
has_pip = lambda d: d and os.path.isdir(d) and any(n.startswith('pip-') for n in os.listdir(d))
sys.stdout.write(json.dumps({
    'version': list(sys.version_info[:3]),
    'implementation': platform.python_implementation(),
    'stdlib': stdlib,
    'include': include,
    'compiler': (get('CC') or 'cc').split()[0],
    'schemes': list(sysconfig.get_scheme_names()),
    'wheels': next((d for d in wheels if has_pip(d)), None) if os.path.isdir(os.path.join(stdlib, 'ensurepip')) else None,
    'base': getattr(sys, 'base_prefix', sys.prefix),
}))
";

/// Where an answer stands in its entry of the cache.
const ANSWER: &str = "answer.json";

/// What interpreters have said, for the rest of this process.
static KNOWN: Mutex<BTreeMap<String, Option<Interpreter>>> = Mutex::new(BTreeMap::new());

/// Asks the interpreter itself, with nothing of the user's environment in its way. Leaves no trace in it.
pub fn inspect(program: &Path) -> Option<Interpreter> {
    let program = fs::canonicalize(program).ok().filter(|path| elf::is_elf(path))?;
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let found = || match Cache::of_user() {
        Ok(cache) => remembered(&cache, program.clone(), ask),
        Err(_) => ask(program.clone()),
    };
    known.entry(stamp(&program)).or_insert_with(found).clone()
}

/// What the interpreter said to an earlier run, or says now; an interpreter that starts takes longer than all else that is asked of
/// this machine. What it lacked may have been installed since, so that only a whole answer is kept.
fn remembered(cache: &Cache, program: PathBuf, ask: impl Fn(PathBuf) -> Option<Interpreter>) -> Option<Interpreter> {
    let mut asked = None;
    let key = format!("{:016x}", xxh3_64(format!("{QUESTION}{}", stamp(&program)).as_bytes()));
    let entry = cache.entry("interpreter", &key, |folder| {
        let answer = asked.insert(ask(program.clone()));
        let found = answer.as_ref().filter(|found| found.is_whole()).context("something of it is missing")?;
        Ok(fs::write(folder.join(ANSWER), serde_json::to_vec(found)?)?)
    });
    if let Some(answer) = asked {
        return answer;
    }
    let kept = entry.ok().and_then(|entry| crate::fs::read(&entry.join(ANSWER), 64 << 10).ok());
    let kept: Option<Interpreter> = kept.and_then(|text| serde_json::from_slice(&text).ok());
    kept.filter(Interpreter::is_whole).or_else(|| ask(program))
}

fn ask(program: PathBuf) -> Option<Interpreter> {
    let output = Command::new(&program)
        .args(["-E", "-s", "-S", "-B", "-c", QUESTION])
        .env_clear()
        .stdin(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let answer: Answer = serde_json::from_slice(&output.stdout).ok()?;
    if answer.implementation != "CPython" || !answer.stdlib.join("os.py").is_file() {
        return None;
    }
    // A venv made with copies has no library of its own; its base does.
    let (major, minor, _) = answer.version;
    let own = answer.base.join("bin").join(format!("python{major}.{minor}"));
    let program = fs::canonicalize(own).ok().filter(|path| elf::is_elf(path)).unwrap_or(program);
    Some(Interpreter {
        program,
        version: answer.version,
        stdlib: fs::canonicalize(&answer.stdlib).unwrap_or(answer.stdlib),
        include: Some(answer.include).filter(|dir| dir.join("Python.h").is_file()),
        compiler: answer.compiler,
        debian: answer.schemes.iter().any(|scheme| scheme == "deb_system"),
        wheels: answer.wheels,
    })
}

/// Places that interpreters are installed to, most personal first.
fn candidates(minor: (u32, u32)) -> Vec<PathBuf> {
    let name = format!("python{}.{}", minor.0, minor.1);
    let dirs =
        std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>()).unwrap_or_default();
    let system = ["/usr/local/bin", "/usr/bin"].map(PathBuf::from);
    let plain = dirs.into_iter().filter(|dir| dir.is_absolute()).chain(system).map(|dir| dir.join(&name));
    let home = std::env::var_os("HOME").map(PathBuf::from);
    let under = |variable: &str, rest: &str| {
        std::env::var_os(variable).map(PathBuf::from).or_else(|| home.as_ref().map(|home| home.join(rest)))
    };
    let managed = [
        under("PYENV_ROOT", ".pyenv").map(|root| (root.join("versions"), format!("{}.{}.", minor.0, minor.1))),
        under("UV_PYTHON_INSTALL_DIR", ".local/share/uv/python")
            .map(|root| (root, format!("cpython-{}.{}.", minor.0, minor.1))),
    ];
    let kept = managed.into_iter().flatten().flat_map(|(root, prefix)| {
        let mut found: Vec<_> = fs::read_dir(root)
            .into_iter()
            .flatten()
            .flatten()
            .filter(|entry| entry.file_name().to_string_lossy().starts_with(&prefix))
            .map(|entry| entry.path().join("bin").join(&name))
            .collect();
        found.sort_by_key(|path| std::cmp::Reverse(patch_of(path)));
        found
    });
    plain.chain(kept).collect()
}

/// The patch number in a path such as `…/3.11.7/bin/python3.11`, so that 3.11.10 counts as newer than 3.11.9.
fn patch_of(path: &Path) -> Option<u32> {
    let folder = path.parent()?.parent()?.file_name()?.to_string_lossy().into_owned();
    let number = folder.split('-').find(|part| part.contains('.'))?;
    number.split('.').nth(2)?.parse().ok()
}

/// The interpreter for `wanted`: the user's choice, or the best found here.
pub fn find(wanted: Wanted, chosen: Option<&Path>) -> Result<Interpreter, Unavailable> {
    let (major, minor) = wanted.minor;
    if let Some(chosen) = chosen {
        let program = match chosen.is_dir() {
            true => chosen.join("bin").join(format!("python{major}.{minor}")),
            false => chosen.to_owned(),
        };
        let Some(found) = inspect(&program) else {
            return Err(Unavailable {
                missing: format!("{} is not a working CPython", program.display()),
                cures: vec![format!("--python PATH, with PATH a CPython {major}.{minor} program")],
            });
        };
        if (found.version.0, found.version.1) != wanted.minor {
            return Err(Unavailable {
                missing: format!(
                    "{} is Python {}, but the plan wants {major}.{minor}",
                    program.display(),
                    found.full_version()
                ),
                cures: vec![format!("--python PATH, with PATH a CPython {major}.{minor} program")],
            });
        }
        return usable(found);
    }
    let mut seen = BTreeSet::new();
    let (mut crippled, mut altered) = (None, None);
    for path in candidates(wanted.minor) {
        let Ok(real) = fs::canonicalize(&path) else { continue };
        if !seen.insert(real) {
            continue;
        }
        let Some(found) = inspect(&path).filter(|found| (found.version.0, found.version.1) == wanted.minor) else {
            continue;
        };
        match usable(found) {
            // An interpreter that its distribution changed differs from nixpkgs' where installers look.
            Ok(found) if found.debian => altered = altered.or(Some(found)),
            Ok(found) => return Ok(found),
            Err(refusal) => crippled = crippled.or(Some(refusal)),
        }
    }
    if let Some(found) = altered {
        return Ok(found);
    }
    Err(crippled.unwrap_or_else(|| none_found(wanted)))
}

/// Refuses an interpreter that cannot make a venv as the cloud's can.
fn usable(found: Interpreter) -> Result<Interpreter, Unavailable> {
    if found.version.0 < 3 || found.wheels.is_some() {
        return Ok(found);
    }
    let name = found.name();
    Err(Unavailable {
        missing: format!(
            "{} has no ensurepip, so it cannot make the venv that the plan makes",
            found.program.display()
        ),
        cures: vec![
            format!("sudo apt-get install {name}-venv"),
            format!("uv python install {}.{}", found.version.0, found.version.1),
        ],
    })
}

fn none_found(wanted: Wanted) -> Unavailable {
    let (major, minor) = wanted.minor;
    let others: Vec<String> = PYTHONS
        .iter()
        .map(|python| python.minor)
        .collect::<BTreeSet<_>>()
        .into_iter()
        .filter_map(|minor| candidates(minor).iter().find_map(|path| inspect(path)))
        .map(|found| found.full_version())
        .collect();
    let found = match others.is_empty() {
        true => "no other CPython was found either".to_owned(),
        false => format!("found {}", others.join(", ")),
    };
    Unavailable {
        missing: format!("no CPython {major}.{minor}, which the plan wants, on this machine ({found})"),
        cures: install_commands(wanted.minor),
    }
}

/// What has uv do it.
pub const FETCH: &str = "shakedown run --fetch-python";

fn install_commands((major, minor): (u32, u32)) -> Vec<String> {
    let mut commands = Vec::new();
    if major == 3 && minor >= 8 {
        commands.push(format!("uv python install {major}.{minor}"));
        commands.push(FETCH.to_owned());
    }
    commands.push(format!("pyenv install {major}.{minor}"));
    let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
    let like = |name: &str| release.lines().any(|line| line.starts_with("ID") && line.contains(name));
    if (like("debian") || like("ubuntu")) && apt_has(&format!("python{major}.{minor}")) {
        commands.push(format!("sudo apt-get install python{major}.{minor} python{major}.{minor}-venv"));
    } else if like("fedora") || like("rhel") {
        commands.push(format!("sudo dnf install python{major}.{minor}"));
    }
    commands.push("--python PATH, if it is somewhere else".to_owned());
    commands
}

/// Whether the distribution has this package: most releases bring one Python only.
fn apt_has(package: &str) -> bool {
    let asked = Command::new("apt-cache").args(["show", package]).stdin(Stdio::null()).output();
    asked.is_ok_and(|output| !output.stdout.is_empty())
}

/// Every `pip` wheel that the interpreters of this machine bundle, newest first.
pub fn bundled_pips(own: &Interpreter) -> Vec<PathBuf> {
    let minors: BTreeSet<_> = PYTHONS.iter().map(|python| python.minor).filter(|minor| minor.0 == 3).collect();
    let others = minors.into_iter().flat_map(|minor| {
        let name = OsString::from(format!("python{}.{}", minor.0, minor.1));
        candidates(minor).into_iter().filter_map(move |path| {
            let prefix = path.parent()?.parent()?.to_owned();
            Some(prefix.join("lib").join(&name).join("ensurepip/_bundled"))
        })
    });
    let system = ["/usr/share/python-wheels", "/usr/share/python3-wheels"].map(PathBuf::from);
    let mut wheels: Vec<PathBuf> = own
        .wheels
        .iter()
        .cloned()
        .chain(others)
        .chain(system)
        .flat_map(|dir| fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()))
        .filter(|path| pip_version(path).is_some())
        .collect();
    wheels.sort_by_key(|path| std::cmp::Reverse(pip_version(path)));
    wheels.dedup();
    wheels
}

/// The version in `pip-23.2.1-py3-none-any.whl`.
pub fn pip_version(wheel: &Path) -> Option<(u32, u32)> {
    let name = wheel.file_name()?.to_str()?;
    let version = name.strip_prefix("pip-")?.strip_suffix("-py3-none-any.whl")?;
    let mut parts = version.split('.').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_name_interpreters() {
        let minor = |name| wanted(name).map(|wanted| wanted.minor);
        assert_eq!(minor("python3"), Some((3, 12)));
        assert_eq!(minor("python311Full"), Some((3, 11)));
        assert_eq!(minor("python27"), Some((2, 7)));
        assert_eq!(minor("python311Packages.pip"), None);
        assert_eq!(minor("python3.11"), None);
    }

    #[test]
    fn ten_is_newer_than_nine() {
        let patch = |text: &str| patch_of(Path::new(text));
        assert_eq!(patch("/h/versions/3.11.10/bin/python3.11"), Some(10));
        assert_eq!(patch("/h/cpython-3.11.9-linux-x86_64-gnu/bin/python3.11"), Some(9));
    }

    #[test]
    fn pip_wheels_are_ordered_by_number() {
        assert_eq!(pip_version(Path::new("/x/pip-23.0.1-py3-none-any.whl")), Some((23, 0)));
        assert!(
            pip_version(Path::new("pip-9.0-py3-none-any.whl")) < pip_version(Path::new("pip-23.0-py3-none-any.whl"))
        );
        assert_eq!(pip_version(Path::new("setuptools-65.5.0-py3-none-any.whl")), None);
    }

    #[test]
    fn a_script_is_no_interpreter() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("python3.11");
        fs::write(&path, "#!/bin/sh\necho {}\n").unwrap();
        assert_eq!(inspect(&path), None);
    }

    #[test]
    fn an_interpreter_is_asked_again_where_something_of_it_is_missing() {
        let files = ["python", "lib/os.py", "include/Python.h", "wheels/pip.whl"];
        let folder = crate::folder::folder(&files.map(|name| (name, "")));
        let at = |name: &str| folder.path().join(name);
        let times = std::cell::Cell::new(0);
        let ask = |program| {
            times.set(times.get() + 1);
            let wheels = Some(at("wheels")).filter(|wheels| wheels.is_dir());
            let (compiler, include) = ("cc".to_owned(), Some(at("include")));
            Some(Interpreter {
                program,
                version: (3, 12, 1),
                stdlib: at("lib"),
                include,
                compiler,
                debian: false,
                wheels,
            })
        };
        let cache = Cache::at(at("cache"));
        let asked = |wheels: bool, expected: usize| {
            let found = remembered(&cache, at("python"), ask).unwrap();
            assert_eq!((found.wheels.is_some(), times.get()), (wheels, expected));
        };
        asked(true, 1);
        asked(true, 1);
        fs::remove_dir_all(at("wheels")).unwrap();
        asked(false, 2);
        asked(false, 3);
    }

    #[test]
    fn a_wrong_choice_is_refused_by_name() {
        let refusal = find(wanted("python311").unwrap(), Some(Path::new("/bin/sh"))).unwrap_err();
        assert!(refusal.missing.contains("/bin/sh"), "{refusal}");
        assert!(refusal.cures[0].contains("3.11"));
    }
}
