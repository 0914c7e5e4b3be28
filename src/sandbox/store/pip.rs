//! Commands that do nothing but make a virtual environment and install into it, with pip or what a lock names, and what pip's own log
//! says of them.
//!
//! Of any other command nobody knows what it asks of the network. Of these pip writes down each page of an index and each
//! archive that it asks for; where it runs foreign code (a source archive's, the project's), nobody knows again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::lock::{Listed, Locker, Taken, file_name};
use crate::plan::Vars;

/// pip's settings that change what is asked of whom, or only what is printed; with any other a command is not one of these.
const SETTINGS: &[&str] = &[
    "PIP_CACHE_DIR",
    "PIP_CERT",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_EXTRA_INDEX_URL",
    "PIP_FIND_LINKS",
    "PIP_INDEX_URL",
    "PIP_NO_CACHE_DIR",
    "PIP_NO_INDEX",
    "PIP_NO_INPUT",
    "PIP_PROXY",
    "PIP_ROOT_USER_ACTION",
    "PIP_TRUSTED_HOST",
];

/// The same of installers that obey a lock.
const SETTINGS_OF_LOCKERS: &[&str] = &[
    "PDM_CACHE_DIR",
    "PDM_CHECK_UPDATE",
    "PDM_INSTALL_PARALLEL",
    "PDM_NO_EDITABLE",
    "PDM_NO_SELF",
    "PDM_VENV_IN_PROJECT",
    "PIPENV_CACHE_DIR",
    "PIPENV_CHECK_UPDATE",
    "PIPENV_IGNORE_VIRTUALENVS",
    "PIPENV_NOSPIN",
    "PIPENV_VENV_IN_PROJECT",
    "PIPENV_VERBOSITY",
    "PIPENV_YES",
    "POETRY_CACHE_DIR",
    "POETRY_NO_INTERACTION",
    "POETRY_VIRTUALENVS_CREATE",
    "POETRY_VIRTUALENVS_IN_PROJECT",
    "POETRY_VIRTUALENVS_PATH",
    "UV_CACHE_DIR",
    "UV_COMPILE_BYTECODE",
    "UV_DEFAULT_INDEX",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_INDEX",
    "UV_INDEX_URL",
    "UV_LINK_MODE",
    "UV_PROJECT_ENVIRONMENT",
    "UV_PYTHON_DOWNLOADS",
];

/// Variables that make a shell, a loader or Python run code of the project's first.
const RUNS_CODE: &[&str] =
    &["BASH_ENV", "LD_AUDIT", "LD_PRELOAD", "PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONUSERBASE"];

/// Words that a shell would take for more than words.
const SHELL: &[char] = &['`', '$', '|', ';', '(', ')', '{', '}', '*', '?', '[', ']', '\\', '\n', '#', '&', '<', '>'];

/// What a command of this kind does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Installs {
    /// How often pip installs; what comes with a Python is no matter of the network.
    pub(in crate::sandbox) pip: usize,
    /// Who installs what its lock names.
    pub(in crate::sandbox) locker: Option<Locker>,
}

/// What a command of this kind does; none where it is another kind.
pub(in crate::sandbox) fn installs(argv: &[String], vars: &Vars) -> Option<Installs> {
    let (mut found, mut is_any) = (Installs::default(), false);
    for words in simple_commands(argv, vars)? {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            [".", file] | ["source", file] if file.ends_with("/bin/activate") => {}
            [python, "-m", "venv", options @ ..] if is_python(python) && !options.contains(&"--upgrade-deps") => {
                is_any = true;
            }
            [python, "-m", "pip", "install", options @ ..] if is_python(python) && are_plain(options) => found.pip += 1,
            [pip, "install", options @ ..] if is_pip(pip) && are_plain(options) => found.pip += 1,
            ["uv", "sync", options @ ..] if obeys_lock(options) => found.locker = Some(Locker::Uv),
            ["poetry", "install", options @ ..] if are_of_poetry(options) => found.locker = Some(Locker::Poetry),
            ["pdm", "install", options @ ..] if are_of_pdm(options) => {
                let looks_for_newer = vars.get("PDM_CHECK_UPDATE").is_none_or(|checks| checks != "false");
                found.locker = Some(Locker::Pdm { looks_for_newer });
            }
            ["pipenv", "install", options @ ..] if leaves_lock(options) => found.locker = Some(Locker::Pipenv),
            [set, "pipenv", "install", options @ ..]
                if set.starts_with("PIPENV_VENV_IN_PROJECT=") && leaves_lock(options) =>
            {
                found.locker = Some(Locker::Pipenv);
            }
            _ => return None,
        }
    }
    let is_known = |name: &String| {
        let name = name.as_str();
        let is_set = |prefix: &str, known: &[&str]| !name.starts_with(prefix) || known.contains(&name);
        let is_lockers = found.locker.is_none_or(|locker| is_set(locker.settings(), SETTINGS_OF_LOCKERS));
        !RUNS_CODE.contains(&name) && is_set("PIP_", SETTINGS) && is_lockers
    };
    ((is_any || found != Installs::default()) && vars.keys().all(is_known)).then_some(found)
}

/// The words of each command in `a && b`; none where the line is more than that.
fn simple_commands(argv: &[String], vars: &Vars) -> Option<Vec<Vec<String>>> {
    let [program, .., script] = argv else { return None };
    let is_shell = ["sh", "bash"].contains(&base(program)) && argv.iter().rev().nth(1).is_some_and(|flag| flag == "-c");
    if !is_shell {
        return Some(vec![argv.to_vec()]);
    }
    let one = |text: &str| (!text.contains(SHELL)).then(|| shlex::split(text)).flatten();
    expanded(script, vars).split("&&").map(one).collect()
}

static VARIABLE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\$(?:([A-Z_][A-Z0-9_]*)|\{([A-Z_][A-Z0-9_]*)\})").unwrap_or_else(never));

/// A script with variables that are one word each in their places; others stay.
fn expanded(script: &str, vars: &Vars) -> String {
    // Between these a shell leaves them alone.
    if script.contains('\'') {
        return script.to_owned();
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._+-".contains(&byte);
    let value = |found: &Captures<'_>| {
        let name = found.get(1).or(found.get(2)).map(|name| name.as_str()).unwrap_or_default();
        let value = vars.get(name).filter(|value| !value.is_empty() && value.bytes().all(plain));
        value.map_or_else(|| found[0].to_owned(), Clone::clone)
    };
    VARIABLE.replace_all(script, value).into_owned()
}

/// Whether `uv sync` takes what the lock names, and asks no index: that the lock suits the project it tells by the lock alone.
fn obeys_lock(options: &[&str]) -> bool {
    const KNOWN: &[&str] =
        &["--frozen", "--locked", "--no-dev", "--no-editable", "--no-install-project", "--no-progress"];
    let holds = options.contains(&"--frozen") || options.contains(&"--locked");
    holds && options.iter().all(|option| KNOWN.contains(option))
}

/// Whether `pipenv install` takes what the lock names, never writes another, and has pip do no more: `--extra-pip-args` may have it build.
fn leaves_lock(options: &[&str]) -> bool {
    const KNOWN: &[&str] = &["--clear", "--deploy", "--ignore-pipfile", "--quiet", "--system", "--verbose"];
    let holds = options.contains(&"--deploy") || options.contains(&"--ignore-pipfile");
    holds && options.iter().all(|option| KNOWN.contains(option))
}

/// Whether `poetry install` has options that say what is installed, and no more.
fn are_of_poetry(options: &[&str]) -> bool {
    const KNOWN: &[&str] = &[
        "--no-interaction",
        "-n",
        "--no-ansi",
        "--no-root",
        "--no-dev",
        "--no-directory",
        "--sync",
        "--all-extras",
        "--all-groups",
    ];
    const WITH_VALUE: &[&str] = &["--only", "--without", "--with", "--extras", "-E"];
    are_known(options, KNOWN, WITH_VALUE)
}

/// The same of `pdm install`, which writes a lock that does not suit the project anew.
fn are_of_pdm(options: &[&str]) -> bool {
    const KNOWN: &[&str] = &[
        "--check",
        "--prod",
        "--production",
        "--no-editable",
        "--no-self",
        "--no-default",
        "--dev",
        "-d",
        "--fail-fast",
        "-x",
    ];
    are_known(options, KNOWN, &["-G", "--group", "--with", "--without"])
}

/// Whether options are all among those that are known, or those that have a value.
fn are_known(options: &[&str], known: &[&str], with_value: &[&str]) -> bool {
    let mut options = options.iter();
    while let Some(option) = options.next() {
        let (name, value) = option.split_once('=').map_or((*option, None), |(name, value)| (name, Some(value)));
        let is_known = match value {
            None if with_value.contains(&name) => options.next().is_some(),
            None => known.contains(&name),
            Some(_) => with_value.contains(&name),
        };
        if !is_known {
            return false;
        }
    }
    true
}

fn base(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

fn is_python(program: &str) -> bool {
    base(program).strip_prefix("python").is_some_and(is_version)
}

fn is_pip(program: &str) -> bool {
    base(program).strip_prefix("pip").is_some_and(is_version)
}

fn is_version(rest: &str) -> bool {
    rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// Requirements from elsewhere are fetched without a word in the log, and another log would be written there.
fn are_plain(options: &[&str]) -> bool {
    // What was uploaded prior to some days ago is more tomorrow (`--uploaded-prior-to P7D`).
    let forbidden = ["--log", "--isolated", "--config-settings", "--global-option", "--report", "--uplo"];
    let is_log = |option: &&str| forbidden.iter().any(|name| option.starts_with(name));
    !options.iter().any(is_log) && !names_far_requirements(&options.join(" "))
}

/// An option may be shortened or stand among others (`-Ur`), and a variable in a list may be an address.
static FAR: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|\s)(?:-[A-Za-z]*[rc]|--(?:r|c|build-c)[a-z-]*)[\s=]*\S*(?:://|\$\{)").unwrap_or_else(never)
});

/// Whether requirements or constraints are to be fetched by their address. pip joins lines, and reads UTF-16 too.
pub(in crate::sandbox) fn names_far_requirements(text: &str) -> bool {
    FAR.is_match(&text.replace(['\0', '\r', '\u{feff}', '\u{fffd}'], "").replace("\\\n", ""))
}

/// What was asked of the network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::sandbox) struct Asked {
    /// The pages, each with the names of the archives that pip found there.
    pub(in crate::sandbox) pages: BTreeMap<String, BTreeSet<String>>,
    /// The digests of pages, where they are known.
    pub(in crate::sandbox) page_digests: BTreeMap<String, String>,
    /// The addresses of the archives that it took.
    pub(in crate::sandbox) archives: BTreeSet<String>,
    /// The same of archives whose hashes the project itself gives.
    pub(in crate::sandbox) pinned: BTreeSet<String>,
    /// Archives on pages, of which a lock allows some.
    pub(in crate::sandbox) listed: Vec<Listed>,
    /// The digests of what repositories said of their refs, by address and question.
    pub(in crate::sandbox) refs: BTreeMap<(String, String), String>,
}

impl Asked {
    /// Adds what an installer that obeys a lock asked for.
    ///
    /// # Errors
    /// All of a page counts, and nothing tells how it was.
    pub(in crate::sandbox) fn add(&mut self, taken: Taken) -> Result<(), String> {
        if let Some(page) = taken.page.filter(|page| !self.pages.contains_key(page)) {
            return Err(format!("what the installer saw on {page} is not known"));
        }
        (self.pinned, self.listed) = (taken.addresses, taken.listed);
        Ok(())
    }
}

static LINE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\S+ ?(.*)$").unwrap_or_else(never));
static FOUND: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(\S+) \(from (\S+)\)").unwrap_or_else(never));
static TAKEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(?:Downloading|Using cached) (?:link )?(\S+)").unwrap_or_else(never));

fn never(error: regex::Error) -> Regex {
    unreachable!("a pattern of this file: {error}")
}

/// Reads pip's log of a command in which pip has run `installs` times.
///
/// # Errors
/// Why the log does not tell all.
pub(in crate::sandbox) fn read(log: &str, installs: usize) -> Result<Asked, String> {
    let (mut asked, mut addresses, mut runs) = (Asked::default(), BTreeMap::new(), 0);
    let (mut taken, mut answered) = (BTreeSet::new(), BTreeSet::new());
    let mut is_list = false;
    for line in log.lines() {
        // Times stand before every line, but for those of a message of several.
        let text =
            LINE.captures(line).filter(|_| line.starts_with("20")).map_or(line, |parts| parts.extract::<1>().1[0]);
        let text = text.trim();
        let was_list = std::mem::replace(&mut is_list, false);
        if text.starts_with("Using pip ") {
            runs += 1;
        } else if text.starts_with("Running command ") || text.starts_with("Running setup.py") {
            return Err("an archive was built, and what its code does is not known".to_owned());
        } else if text.contains("location(s) to search for versions of") {
            is_list = true;
        } else if let Some(page) = text.strip_prefix("* ").filter(|_| was_list) {
            is_list = true;
            asked.pages.entry(page.to_owned()).or_default();
        } else if let Some(page) = text.strip_prefix("Getting page ") {
            asked.pages.entry(page.to_owned()).or_default();
        } else if let Some((page, _)) = text.strip_prefix("Fetched page ").and_then(|rest| rest.split_once(" as ")) {
            answered.insert(page.to_owned());
        } else if let Some((page, _)) =
            text.strip_prefix("Could not fetch URL ").and_then(|rest| rest.split_once(": 404 Client Error"))
        {
            answered.insert(page.to_owned());
        } else if let Some(found) = TAKEN.captures(text) {
            taken.insert(found[1].to_owned());
        } else if let Some(found) = FOUND.captures(text) {
            let (address, page) = (&found[1], &found[2]);
            if address.contains("://")
                && page.contains("://")
                && address != page
                && !text.starts_with("Skipping link: not a file")
            {
                let name = file_name(address);
                addresses.insert(name.clone(), address.to_owned());
                asked.pages.entry(page.to_owned()).or_default().insert(name);
            }
        }
    }
    if runs != installs {
        return Err("pip did not write down what it asked for".to_owned());
    }
    // pip goes on without a page that it cannot reach; nobody else is to be sent there then.
    if let Some(page) = asked.pages.keys().find(|page| !answered.contains(*page)) {
        return Err(format!("{page} did not answer"));
    }
    for name in taken {
        if name.ends_with(".metadata") {
            continue;
        }
        match addresses.get(&file_name(&name)) {
            Some(address) => asked.archives.insert(address.clone()),
            None if name.contains("://") => asked.archives.insert(name),
            None => return Err("pip took an archive that is on none of the pages".to_owned()),
        };
    }
    match asked.archives.iter().all(|address| file_name(address).ends_with(".whl")) {
        true => Ok(asked),
        false => Err("an archive was built, and what its code does is not known".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(script: &str) -> Option<Installs> {
        let argv = ["/bin/bash", "-ol", "pipefail", "-c", script].map(str::to_owned);
        installs(&argv, &[("NIXPACKS_UV_VERSION".to_owned(), "0.4.30".to_owned())].into())
    }

    fn count(script: &str) -> Option<usize> {
        found(script).map(|found| found.pip)
    }

    #[test]
    fn uv_counts_where_it_obeys_its_lock() {
        let usual = "python -m venv --copies /opt/venv && . /opt/venv/bin/activate && pip install uv==$NIXPACKS_UV_VERSION && uv sync --no-dev --frozen";
        assert_eq!(found(usual), Some(Installs { pip: 1, locker: Some(Locker::Uv) }));
        assert!(
            found("uv sync --locked --no-dev --no-install-project")
                .is_some_and(|found| found.locker == Some(Locker::Uv))
        );
        for other in [
            "uv sync --no-dev",
            "uv sync --frozen --python 3.12",
            "uv sync --frozen --no-binary",
            "uv pip install x",
            "uv run main.py",
            "pip install uv==$NEVER_SET && uv sync --frozen",
            "pip install 'uv' $NIXPACKS_UV_VERSION && uv sync --frozen",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
        let argv = ["uv", "sync", "--frozen"].map(str::to_owned);
        let set = |name: &str| installs(&argv, &[(name.to_owned(), "1".to_owned())].into());
        assert_eq!((set("UV_NO_BINARY"), set("PYTHONPATH")), (None, None));
        assert!(set("UV_COMPILE_BYTECODE").is_some());
    }

    #[test]
    fn poetry_counts_where_it_says_what_of_the_lock_it_takes() {
        for usual in [
            "poetry install --no-interaction --no-ansi --only main --no-root",
            "pip install poetry==2.1.0 && poetry install --no-interaction --without=dev",
        ] {
            assert!(found(usual).is_some_and(|found| found.locker == Some(Locker::Poetry)), "{usual}");
        }
        for other in ["poetry install --compile", "poetry install --only", "poetry update", "poetry run x"] {
            assert_eq!(found(other), None, "{other}");
        }
        let argv = ["poetry", "install"].map(str::to_owned);
        let set = |name: &str| installs(&argv, &[(name.to_owned(), "1".to_owned())].into());
        assert!(set("POETRY_INSTALLER_NO_BINARY").is_none() && set("POETRY_VIRTUALENVS_IN_PROJECT").is_some());
    }

    #[test]
    fn pdm_counts_where_it_says_what_of_the_lock_it_takes() {
        let locker = |script: &str| found(script).and_then(|found| found.locker);
        let usual = "pip install pdm==2.12.4 && pdm install --prod";
        assert_eq!(locker(usual), Some(Locker::Pdm { looks_for_newer: true }));
        let argv = ["pdm", "install", "--check", "--prod", "--no-editable"].map(str::to_owned);
        let set = |name: &str, value: &str| installs(&argv, &[(name.to_owned(), value.to_owned())].into());
        let quiet = set("PDM_CHECK_UPDATE", "false").and_then(|found| found.locker);
        assert_eq!(quiet, Some(Locker::Pdm { looks_for_newer: false }));
        for name in ["PDM_PYPI_URL", "PDM_FROZEN_LOCKFILE", "PDM_NO_BINARY", "PDM_CONFIG_FILE"] {
            assert_eq!(set(name, "1"), None, "{name}");
        }
        for other in
            ["pdm install --plugins", "pdm install --frozen-lockfile", "pdm install -L x", "pdm sync", "pdm run x"]
        {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[test]
    fn pipenv_counts_where_it_leaves_its_lock_alone() {
        for usual in ["PIPENV_VENV_IN_PROJECT=1 pipenv install --deploy", "pipenv install --deploy --ignore-pipfile"] {
            assert!(found(usual).is_some_and(|found| found.locker == Some(Locker::Pipenv)), "{usual}");
        }
        for other in [
            "pipenv install",
            "pipenv install --skip-lock",
            "pipenv install --deploy x",
            "X=1 pipenv install --deploy",
            "pipenv install --deploy --extra-pip-args=--no-binary=:all:",
        ] {
            assert_eq!(found(other), None, "{other}");
        }
    }

    #[test]
    fn a_list_that_is_fetched_is_known_however_it_is_named() {
        for far in [
            "-r https://a.example/r.txt",
            "tide\n-rhttps://a.example/r.txt",
            "-c\thttps://a.example/c.txt",
            "--req 'https://a.example/r.txt'",
            "--constraint=https://a.example/c.txt",
            "-Ur https://a.example/r.txt",
            "-r \\\nhttps://a.example/r.txt",
            "-r \\\r\nhttps://a.example/r.txt",
            "-r htt\\\nps://a.example/r.txt",
            "-r ${LISTS}/r.txt",
            "\u{fffd}\u{fffd}-\0r\0 \0h\0t\0t\0p\0:\0/\0/\0a\0",
        ] {
            assert!(names_far_requirements(far), "{far}");
        }
        for near in [
            "-r base.txt\ntide @ https://a.example/tide-1-py3-none-any.whl",
            "--index-url https://a.example/simple\ntide",
            "tide\n-c c.txt",
        ] {
            assert!(!names_far_requirements(near), "{near}");
        }
    }

    #[test]
    fn only_a_command_that_nothing_else_hides_in_is_one_of_pip() {
        let usual = "python -m venv --copies /opt/venv && . /opt/venv/bin/activate && pip install -r requirements.txt";
        assert_eq!(count(usual), Some(1));
        assert_eq!(count("pip install --upgrade pip && python3.11 -m pip install -r a.txt 'x==1'"), Some(2));
        assert_eq!(count("python -m venv /app/.venv"), Some(0));
        for other in [
            "python -m venv --upgrade-deps /opt/venv",
            "pip install -r requirements.txt && curl https://a.example",
            "pip install -r requirements.txt; curl https://a.example",
            "pip install $(cat list)",
            "pip install x > /dev/null",
            "pip install -r https://a.example/r.txt",
            "pip install --constraint=https://a.example/c.txt x",
            "pip install --log other x",
            "pip install --uploaded-prior-to P7D x",
            "pip download x",
            "pipx install x",
            "python setup.py install",
        ] {
            assert_eq!(count(other), None, "{other}");
        }
        let plain = ["pip", "install", "x"].map(str::to_owned);
        assert_eq!(installs(&plain, &Vars::new()), Some(Installs { pip: 1, ..Installs::default() }));
        for name in ["PIP_CONSTRAINT", "PYTHONPATH", "BASH_ENV"] {
            assert_eq!(installs(&plain, &[(name.to_owned(), "/app/c.txt".to_owned())].into()), None, "{name}");
        }
    }

    const LOG: &str = "2026-11-28T08:54:00,794 Using pip 23.2.1 from /opt/venv/lib/python3.12/site-packages/pip (python 3.12)
2026-11-28T08:54:00,903 2 location(s) to search for versions of flask:
2026-11-28T08:54:00,903 * https://a.example/simple/flask/
2026-11-28T08:54:00,903 * https://b.example/simple/flask/
2026-11-28T08:54:00,903 Fetching project page and analyzing links: https://a.example/simple/flask/
2026-11-28T08:54:00,903 Getting page https://a.example/simple/flask/
2026-11-28T08:54:01,015 Fetched page https://a.example/simple/flask/ as application/vnd.pypi.simple.v1+json
2026-11-28T08:54:01,016 Could not fetch URL https://b.example/simple/flask/: 404 Client Error: Not Found for url: https://b.example/simple/flask/ - skipping
2026-11-28T08:54:01,049   Found link https://f.example/Flask-0.1.tar.gz (from https://a.example/simple/flask/), version: 0.1
2026-11-28T08:54:01,050   Skipping link: none of the wheel's tags (cp2) are compatible: https://f.example/flask-3.0-cp2-none-any.whl (from https://a.example/simple/flask/) (requires-python:>=3.9)
2026-11-28T08:54:01,050   Found link https://f.example/flask-3.1-py3-none-any.whl#sha256=00 (from https://a.example/simple/flask/) (requires-python:>=3.9), version: 3.1
2026-11-28T08:54:01,078 Skipping link: not a file: https://a.example/simple/flask/
2026-11-28T08:54:01,089 Collecting flask (from -r requirements.txt (line 1))
2026-11-28T08:54:01,100 Added flask>=3 from https://f.example/flask-3.1-py3-none-any.whl#sha256=00 (from app==1) to build tracker '/tmp/t'
2026-11-28T08:54:01,203   Downloading flask-3.1-py3-none-any.whl (103 kB)
";

    #[test]
    fn the_log_names_every_page_and_archive() {
        let asked = read(LOG, 1).unwrap();
        assert_eq!(
            asked.pages.keys().collect::<Vec<_>>(),
            ["https://a.example/simple/flask/", "https://b.example/simple/flask/"]
        );
        let found = &asked.pages["https://a.example/simple/flask/"];
        assert_eq!(
            found.iter().collect::<Vec<_>>(),
            ["Flask-0.1.tar.gz", "flask-3.0-cp2-none-any.whl", "flask-3.1-py3-none-any.whl"]
        );
        assert_eq!(
            asked.archives.iter().collect::<Vec<_>>(),
            ["https://f.example/flask-3.1-py3-none-any.whl#sha256=00"]
        );
    }

    #[test]
    fn a_log_that_does_not_tell_all_is_refused() {
        assert!(read(LOG, 2).is_err());
        assert!(read("", 1).is_err());
        assert!(read(&LOG.replace("404 Client Error", "connection error"), 1).is_err());
        assert!(read(&format!("{LOG}2026-11-28T08:54:01,303   Running command git clone\n"), 1).is_err());
        assert!(read(&format!("{LOG}2026-11-28T08:54:01,303   Downloading other-1.zip (1 kB)\n"), 1).is_err());
        let direct = read(
            &format!("{LOG}2026-11-28T08:54:01,303   Downloading https://c.example/o-1-py3-none-any.whl (1 kB)\n"),
            1,
        );
        assert_eq!(direct.unwrap().archives.len(), 2);
    }
}
