//! Which distributions an install brings, as far as files tell, and which of them brings a module.

use crate::check::facts::requirements::knows_all;
use crate::check::facts::start::Start;
use std::collections::{HashMap, HashSet};

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
    /// What is asked for in places that the deploy does not install.
    pub(in crate::check) left_out: Vec<LeftOut>,
}

/// A requirement of a group or an extra that is not installed.
#[derive(Debug, Clone)]
pub(in crate::check) struct LeftOut {
    /// Normalised.
    pub(in crate::check) name: String,
    /// In words: ``the group `web` ``.
    pub(in crate::check) place: String,
    pub(in crate::check) source: Source,
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
    // What pip-compile and uv write names everything, and where nothing is named nothing comes along.
    let is_closed = names.is_empty()
        || entries.clone().count() > 3
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
    let left_out = left_out(inputs);
    (!names.is_empty()).then_some(Provided { names, is_closed: true, left_out })
}

/// Options by which an install command takes more than the default.
const MORE: &[&str] =
    &["--with", "--all-groups", "--all-extras", "--group", "--extra", "--extras", "-E", "--only-group", "-G"];

/// What a pyproject.toml asks for in groups and extras that a deploy does not install, and nowhere else.
fn left_out(inputs: &Inputs<'_>) -> Vec<LeftOut> {
    let Some(file) = inputs.pyproject() else { return Vec::new() };
    let asks = |command: &str| {
        command.split_whitespace().any(|word| MORE.contains(&word.split('=').next().unwrap_or_default()))
    };
    if inputs.commands().iter().any(|command| asks(command)) {
        return Vec::new();
    }
    let listed = |key: &[&str], place: &str| -> Vec<LeftOut> {
        let lines =
            file.get(key).and_then(serde_json::Value::as_array).into_iter().flatten().filter_map(|item| item.as_str());
        let left_out =
            |line: &str| LeftOut { name: normalize(head(line)), place: place.to_owned(), source: file.source(key) };
        lines.map(left_out).collect()
    };
    let keyed = |key: &[&str], place: &str| -> Vec<LeftOut> {
        let left_out = |name: &str| LeftOut {
            name: normalize(name),
            place: place.to_owned(),
            source: file.source(&[key, &[name]].concat()),
        };
        file.members(key).map(|(name, _)| left_out(name)).collect()
    };
    let optional = |name: &str| {
        file.get(&["tool", "poetry", "dependencies", name, "optional"]).and_then(serde_json::Value::as_bool)
            == Some(true)
    };
    let by_poetry = file.members(&["tool", "poetry", "dependencies"]).map(|(name, _)| name.as_str());
    let (extra, main): (Vec<&str>, Vec<&str>) = by_poetry.partition(|name| optional(name));
    let main: HashSet<String> = listed(&["project", "dependencies"], "")
        .into_iter()
        .map(|main| main.name)
        .chain(main.into_iter().map(normalize))
        .collect();
    let mut found = keyed(&["tool", "poetry", "dev-dependencies"], DEVELOPMENT);
    found.extend(listed(&["tool", "uv", "dev-dependencies"], DEVELOPMENT));
    found.extend(extra.into_iter().map(|name| LeftOut {
        name: normalize(name),
        place: "an extra".to_owned(),
        source: file.source(&["tool", "poetry", "dependencies", name]),
    }));
    let defaults = file.get(&["tool", "uv", "default-groups"]).map(ToString::to_string).unwrap_or_default();
    let is_default =
        |group: &str| defaults == "\"all\"" || group != "dev" && defaults.contains(&format!("\"{group}\""));
    for (group, _) in file.members(&["dependency-groups"]).filter(|(group, _)| !is_default(group)) {
        found.extend(listed(&["dependency-groups", group], &in_group(group)));
    }
    for (group, _) in file.members(&["tool", "poetry", "group"]) {
        found.extend(keyed(&["tool", "poetry", "group", group, "dependencies"], &in_group(group)));
    }
    for (extra, _) in file.members(&["project", "optional-dependencies"]) {
        found.extend(listed(&["project", "optional-dependencies", extra], &format!("the extra `{extra}`")));
    }
    found.retain(|left_out| !main.contains(&left_out.name));
    if !found.is_empty() {
        let reached = reached(inputs, main);
        found.retain(|left_out| reached.as_ref().is_none_or(|reached| !reached.contains(&left_out.name)));
    }
    found
}

const DEVELOPMENT: &str = "the development group";

fn in_group(group: &str) -> String {
    if matches!(group, "dev" | "test") { DEVELOPMENT.to_owned() } else { format!("the group `{group}`") }
}

/// The distributions that the main requirements come to by the lock file.
fn reached(inputs: &Inputs<'_>, main: HashSet<String>) -> Option<HashSet<String>> {
    let file = lock_file(inputs)?;
    let lock: serde_json::Value = toml_edit::de::from_str(&inputs.app.read_text(file).ok()?).ok()?;
    let mut needs: HashMap<String, Vec<String>> = HashMap::new();
    let mut queue: Vec<String> = main.into_iter().collect();
    for package in lock.get("package")?.as_array()? {
        let name = normalize(package.get("name")?.as_str()?);
        let dependencies = match package.get("dependencies") {
            Some(serde_json::Value::Object(table)) => table.keys().map(|name| normalize(name)).collect(),
            // uv has tables, pdm has texts.
            Some(serde_json::Value::Array(items)) => items
                .iter()
                .filter_map(|item| Some(normalize(head(item.get("name").unwrap_or(item).as_str()?))))
                .collect(),
            _ => Vec::new(),
        };
        // What an extra of a package brings counts as well: which extras are asked for is not looked into.
        let by_extras = package.get("optional-dependencies").and_then(serde_json::Value::as_object);
        let by_extras = by_extras
            .filter(|_| !is_of_the_project(package))
            .into_iter()
            .flat_map(|table| table.values().filter_map(serde_json::Value::as_array).flatten())
            .filter_map(|item| Some(normalize(item.get("name")?.as_str()?)));
        needs.entry(name).or_default().extend(dependencies.into_iter().chain(by_extras));
    }
    let mut found = HashSet::new();
    while let Some(name) = queue.pop() {
        if found.insert(name.clone()) {
            queue.extend(needs.get(&name).into_iter().flatten().cloned());
        }
    }
    Some(found)
}

/// Whether an entry of uv.lock is the project itself, or a member of its workspace.
fn is_of_the_project(package: &serde_json::Value) -> bool {
    let source = package.get("source");
    source.is_some_and(|source| source.get("editable").is_some() || source.get("virtual").is_some())
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
        ("rest_framework", &["djangorestframework", "drf-spectacular", "drf-yasg", "drf-nested-routers", "djoser"]),
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

fn lock_file(inputs: &Inputs<'_>) -> Option<&'static str> {
    Some(match inputs.manager()? {
        "poetry" => "poetry.lock",
        "uv" => "uv.lock",
        "pdm" => "pdm.lock",
        _ => return None,
    })
}

/// The version of a distribution in the lock file that the plan installs from.
pub(in crate::check) fn locked_version(inputs: &Inputs<'_>, name: &str) -> Option<String> {
    let file = lock_file(inputs)?;
    let text = inputs.app.read_text(file).ok()?;
    let (_, rest) = text.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    rest.split('"').next().map(str::to_owned)
}
