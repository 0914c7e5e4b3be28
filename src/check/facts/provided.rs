//! Which distributions an install brings, as far as files tell, and which of them brings a module.

use crate::check::facts::requirements::knows_all;
use crate::check::facts::start::Start;
use std::collections::HashSet;

use crate::catalog::modules;
use crate::check::facts::inputs::Inputs;
use crate::project::Source;
use crate::project::requirements::{Requirements, normalize};

/// What is installed.
#[derive(Debug, Default)]
pub(in crate::check) struct Provided {
    /// Normalised names.
    pub(in crate::check) names: HashSet<String>,
    /// Whether that is all of it, down to what distributions bring along.
    pub(in crate::check) is_closed: bool,
    /// Names that only development installs, and where they are asked for.
    pub(in crate::check) development: Vec<(String, Source)>,
}

/// Parts of names that say nothing of what a distribution is about.
const EMPTY_WORDS: &[&str] = &[
    "python", "py", "lib", "sdk", "client", "api", "core", "binary", "headless", "async", "aio", "django", "flask",
    "fastapi", "plugin", "utils",
];

/// What the plan installs; none where that cannot be told from files.
pub(in crate::check) fn provided(inputs: &Inputs<'_>) -> Option<Provided> {
    match inputs.manager() {
        Some("requirements") if knows_all(inputs) => Some(of_requirements(inputs.requirements())),
        Some("poetry") => locked(inputs, "poetry.lock"),
        Some("uv") => locked(inputs, "uv.lock"),
        Some("pdm") => locked(inputs, "pdm.lock"),
        Some("none") | None if !installs(inputs) => Some(Provided { is_closed: true, ..Provided::default() }),
        _ => None,
    }
}

/// Whether any command may install something.
fn installs(inputs: &Inputs<'_>) -> bool {
    let mut packages = inputs
        .plan()
        .into_iter()
        .flat_map(|plan| plan.phases.iter().flatten())
        .flat_map(|(_, phase)| phase.nix_pkgs.iter());
    let start = Start::of(inputs).is_some_and(|start| start.command.contains("install"));
    start
        || inputs.commands().iter().any(|command| command.contains("install") || command.contains("sync"))
        || packages.any(|package| package.contains("Packages") || package.contains("withPackages"))
}

fn of_requirements(found: &Requirements) -> Provided {
    let entries = found.packages.iter().filter(|entry| !entry.is_constraint);
    let names: HashSet<String> = entries.clone().filter_map(|entry| entry.requirement.name.clone()).collect();
    // What pip-compile and uv write names everything.
    let is_closed = !names.is_empty()
        && entries.clone().count() > 3
        && entries.clone().all(|entry| entry.requirement.pinned().is_some())
        && entries.clone().all(|entry| entry.lines.end() > entry.lines.start());
    Provided { names, is_closed, ..Provided::default() }
}

/// The names of a lock file's `[[package]]` tables.
fn locked(inputs: &Inputs<'_>, name: &str) -> Option<Provided> {
    let text = inputs.app.read_text(name).ok()?;
    let mut names = HashSet::new();
    let mut in_package = false;
    for line in text.lines() {
        if line.starts_with('[') {
            in_package = line.trim() == "[[package]]";
        } else if in_package && let Some(value) = line.strip_prefix("name = ") {
            names.insert(normalize(value.trim().trim_matches('"')));
        }
    }
    let development = development(inputs);
    (!names.is_empty()).then_some(Provided { names, is_closed: true, development })
}

/// What a pyproject.toml asks for in groups that a deploy does not install, and nowhere else.
fn development(inputs: &Inputs<'_>) -> Vec<(String, Source)> {
    let Some(file) = inputs.pyproject() else { return Vec::new() };
    let listed = |key: &[&str]| -> Vec<(String, Source)> {
        let lines =
            file.get(key).and_then(serde_json::Value::as_array).into_iter().flatten().filter_map(|item| item.as_str());
        lines.map(|line| (normalize(head(line)), file.source(key))).collect()
    };
    let keyed = |key: &[&str]| -> Vec<(String, Source)> {
        file.members(key).map(|(name, _)| (normalize(name), file.source(&[key, &[name]].concat()))).collect()
    };
    let main: HashSet<String> = [listed(&["project", "dependencies"]), keyed(&["tool", "poetry", "dependencies"])]
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .collect();
    let mut found = keyed(&["tool", "poetry", "dev-dependencies"]);
    found.extend(listed(&["tool", "uv", "dev-dependencies"]));
    for (group, _) in file.members(&["dependency-groups"]) {
        found.extend(listed(&["dependency-groups", group]));
    }
    for (group, _) in
        file.members(&["tool", "poetry", "group"]).filter(|(group, _)| *group == "dev" || *group == "test")
    {
        found.extend(keyed(&["tool", "poetry", "group", group, "dependencies"]));
    }
    found.retain(|(name, _)| !main.contains(name));
    found
}

/// The name at the head of a requirement.
fn head(line: &str) -> &str {
    let end = line.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))).unwrap_or(line.len());
    &line[..end]
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['-', '.', '_']).filter(|word| word.len() > 1 && !EMPTY_WORDS.contains(word))
}

/// Names of distributions that may bring a module.
fn candidates(module: &str) -> Vec<String> {
    const ALSO: &[(&str, &[&str])] = &[
        ("discord", &["py-cord", "pycord"]),
        ("cv2", &["opencv"]),
        ("telebot", &["pytelegrambotapi"]),
        ("rest_framework", &["djangorestframework"]),
        ("sklearn", &["scikit-learn", "scikit"]),
        ("pyrogram", &["pyrofork", "kurigram", "pyrotgfork"]),
        ("PIL", &["pillow", "pillow-simd"]),
        ("MySQLdb", &["mysqlclient"]),
        ("pkg_resources", &["setuptools"]),
        ("attr", &["attrs"]),
        ("magic", &["python-magic"]),
        ("faiss", &["faiss-cpu", "faiss-gpu"]),
    ];
    let top = module.split('.').next().unwrap_or(module);
    let mut found = vec![normalize(top)];
    found.extend(modules::distribution(module).map(normalize));
    found.extend(
        ALSO.iter().filter(|(name, _)| *name == top).flat_map(|(_, also)| also.iter().map(|name| (*name).to_owned())),
    );
    found
}

impl Provided {
    /// Whether a module may be there: by its distribution, or by one whose name speaks of it.
    pub(in crate::check) fn may_bring(&self, module: &str) -> bool {
        let candidates = candidates(module);
        let by_name = candidates.iter().any(|name| self.names.contains(name));
        let by_word = candidates.iter().flat_map(|name| words(name)).any(|word| {
            self.names
                .iter()
                .any(|name| words(name).any(|part| part == word || part.strip_suffix(char::is_numeric) == Some(word)))
        });
        by_name || by_word
    }

    /// Whether the module may come as a dependency of what is installed.
    pub(in crate::check) fn may_come_along(&self, module: &str) -> bool {
        !self.is_closed && !self.names.is_empty() && candidates(module).iter().any(|name| modules::comes_along(name))
    }
}

/// Whether a requirement of this name may be meant by the import of a module.
pub(in crate::check) fn brings(name: &str, module: &str) -> bool {
    candidates(module).iter().any(|candidate| candidate == name)
}

/// The version of a distribution in the lock file that the plan installs from.
pub(in crate::check) fn locked_version(inputs: &Inputs<'_>, name: &str) -> Option<String> {
    let file = match inputs.manager()? {
        "poetry" => "poetry.lock",
        "uv" => "uv.lock",
        "pdm" => "pdm.lock",
        _ => return None,
    };
    let text = inputs.app.read_text(file).ok()?;
    let (_, rest) = text.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    rest.split('"').next().map(str::to_owned)
}
