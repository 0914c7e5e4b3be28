//! Edits of nixpacks.toml and nixpacks.json.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use pep440_rs::{Version, VersionSpecifiers};

use super::FixContext;
use crate::catalog::libraries;
use crate::catalog::nix_packages::of_program;
use crate::catalog::python::{PYTHONS, Python};
use crate::check;
use crate::finding::{Edit, Fix};
use crate::log::pattern::Pattern;
use crate::project::Project;

fn key(parts: &[&str]) -> Vec<String> {
    parts.iter().map(|part| (*part).to_owned()).collect()
}

/// Adds an item to a list of the setup phase, keeping what the builder puts there.
fn add(path: &Path, list: &str, item: &str) -> Fix {
    let edit = |item: &str, first| Edit::AddItem {
        path: path.to_owned(),
        key: key(&["phases", "setup", list]),
        item: item.to_owned(),
        first,
    };
    Fix { summary: format!("add \"{item}\" to {list}"), edits: vec![edit("...", true), edit(item, false)] }
}

/// Items of the configuration's text that look like `python3xxPackages.pip` or a bare `pip`.
fn pip_items(text: &str) -> Vec<String> {
    text.split(['"', '\''])
        .filter(|word| {
            *word == "pip" || *word == "python3-pip" || (word.starts_with("python3") && word.ends_with("Packages.pip"))
        })
        .map(str::to_owned)
        .collect()
}

pub(in crate::diagnose) fn externally_managed(context: &FixContext<'_>) -> Vec<Fix> {
    let path = context.config();
    let Some(text) = context.text(&path.to_string_lossy()) else { return Vec::new() };
    let mut edits = Vec::new();
    let mut did = Vec::new();
    let install = ["[phases.install]", "phases.install.cmds", "\"install\""].iter().any(|word| text.contains(word));
    if install {
        edits.push(Edit::RemoveKey { path: path.to_owned(), key: key(&["phases", "install"]) });
        did.push("delete [phases.install]".to_owned());
    }
    for item in pip_items(&text) {
        for list in ["nixPkgs", "nixLibs"].iter().filter(|list| text.contains(**list)) {
            edits.push(Edit::RemoveItem {
                path: path.to_owned(),
                key: key(&["phases", "setup", list]),
                item: item.clone(),
            });
        }
        did.push(format!("take {item} out of nixPkgs"));
    }
    if edits.is_empty() { Vec::new() } else { vec![Fix { summary: did.join(", "), edits }] }
}

/// What cures an install command that no file of the project says.
pub(in crate::diagnose) fn install_said_elsewhere(project: &Project) -> Option<&'static str> {
    let config = project.read_text("nixpacks.toml").unwrap_or_default();
    let may_say_it = config.contains("phases.install") || project.has_file("nixpacks.json");
    (!may_say_it).then_some(
        "no file here says the install command: take away what does (NIXPACKS_INSTALL_CMD, --install-cmd, nixpacksPlan in railway.json) \
         and any python3xxPackages.pip of NIXPACKS_PKGS, or begin that command with `python -m venv --copies /opt/venv && . /opt/venv/bin/activate && `",
    )
}

pub(in crate::diagnose) fn unknown_package(context: &FixContext<'_>) -> Vec<Fix> {
    let path = context.config();
    let (Some(subject), Some(text)) = (context.subject, context.text(&path.to_string_lossy())) else {
        return Vec::new();
    };
    let quoted: Vec<&str> = text.split(['"', '\'']).collect();
    // The message may name the last part of a dotted attribute only.
    let Some(item) = quoted
        .iter()
        .find(|word| **word == subject)
        .or_else(|| quoted.iter().find(|word| word.ends_with(&format!(".{subject}"))))
    else {
        return Vec::new();
    };
    let lists = ["nixPkgs", "nixLibs"].into_iter().filter(|list| text.contains(*list));
    vec![Fix {
        summary: format!("take \"{item}\" out of the setup phase"),
        edits: lists
            .map(|list| Edit::RemoveItem {
                path: path.to_owned(),
                key: key(&["phases", "setup", list]),
                item: (*item).to_owned(),
            })
            .collect(),
    }]
}

pub(in crate::diagnose) fn shared_library(context: &FixContext<'_>) -> Vec<Fix> {
    let Some(attribute) = context.subject.and_then(libraries::nix_lib) else { return Vec::new() };
    vec![add(context.config(), "nixLibs", attribute)]
}

pub(in crate::diagnose) fn header(context: &FixContext<'_>) -> Vec<Fix> {
    let Some(packages) = context.subject.and_then(libraries::header) else { return Vec::new() };
    vec![add(context.config(), "nixPkgs", packages.nix)]
}

/// What Selenium drives browsers by, and the browsers.
const DRIVEN: &[(&str, &str)] = &[("chromedriver", "chromium"), ("geckodriver", "firefox")];

pub(in crate::diagnose) fn program(context: &FixContext<'_>) -> Vec<Fix> {
    let Some(subject) = context.subject.map(|subject| subject.rsplit('/').next().unwrap_or(subject).to_lowercase())
    else {
        return Vec::new();
    };
    let Some(package) = of_program(&subject) else { return Vec::new() };
    let mut fix = add(context.config(), "nixPkgs", package);
    // A driver without its browser drives nothing.
    if let Some((_, browser)) = DRIVEN.iter().find(|(driver, _)| *driver == subject) {
        fix.edits.extend(add(context.config(), "nixPkgs", browser).edits.into_iter().skip(1));
        fix.summary = format!("add \"{browser}\" and \"{package}\" to nixPkgs");
    }
    vec![fix]
}

static BUILT_FOR: Pattern = Pattern::new(r"cpython-3(\d+)|[/-]cp3(\d+)|python3\.(\d+)/");

/// The Python of before, for a package that another one brings along: no requirement of the project's can be raised then.
pub(in crate::diagnose) fn older_python(context: &FixContext<'_>) -> Vec<Fix> {
    const SAID_IN: &[&str] = &[".python-version", "runtime.txt", ".tool-versions", "Pipfile"];
    let lines = || context.case.log.lines().iter().map(|line| line.text.as_str());
    let wanted = || {
        let name = context.subject?.split("==").next()?.to_lowercase();
        let file = format!("{name}-");
        let release = lines().find_map(|text| {
            let source =
                text.trim().strip_prefix("Downloading ").or_else(|| text.trim().strip_prefix("Using cached "))?;
            let release = source.rsplit('/').next()?.strip_prefix(&file)?.split(".tar.gz").next()?;
            Version::from_str(release).ok()
        })?;
        let python = lines().find_map(|text| {
            let found = BUILT_FOR.captures(text)?;
            Some(format!("3.{}", found.get(1).or(found.get(2)).or(found.get(3))?.as_str()))
        })?;
        check::packages::older_python(&name, &release, &python)
    };
    wanted()
        .filter(|_| SAID_IN.iter().all(|name| !context.has(name)))
        .map(|python| take(context, python))
        .unwrap_or_default()
}

/// The Python that suits the release which is asked for, by what pip says of it: `2.2.2 Requires-Python >=3.9`.
pub(in crate::diagnose) fn suitable_python(context: &FixContext<'_>) -> Vec<Fix> {
    let wanted = || {
        let (_, release) = context.subject?.split_once("==")?;
        let said = format!(" {release} Requires-Python ");
        let supported = context.case.log.lines().iter().find_map(|line| {
            let (_, rest) = line.text.split_once(&said)?;
            VersionSpecifiers::from_str(rest.split(';').next()?.trim()).ok()
        })?;
        let suits = |python: &&Python| {
            python.minor.0 == 3 && Version::from_str(python.release).is_ok_and(|release| supported.contains(&release))
        };
        PYTHONS.iter().find(suits)
    };
    wanted().map(|python| take(context, python.name)).unwrap_or_default()
}

/// Names a Python in the file that names one, in the order in which the builder reads them, or in one of its own.
fn take(context: &FixContext<'_>, python: &str) -> Vec<Fix> {
    let line = |name: &str| context.text(name).and_then(|text| text.lines().next().map(str::to_owned));
    let replaced = |name: &str, was: String, text: String| Edit::ReplaceLine { path: name.into(), line: 1, was, text };
    let edit = if let Some(was) = line(".python-version") {
        replaced(".python-version", was, python.to_owned())
    } else if let Some(was) = line("runtime.txt") {
        replaced("runtime.txt", was, format!("python-{python}"))
    } else if context.has("Pipfile") || context.has(".tool-versions") {
        return Vec::new();
    } else {
        Edit::AppendLine { path: PathBuf::from(".python-version"), text: python.to_owned() }
    };
    vec![Fix { summary: format!("take Python {python}"), edits: vec![edit] }]
}

pub(in crate::diagnose) fn compiler(context: &FixContext<'_>) -> Vec<Fix> {
    vec![add(context.config(), "nixPkgs", "gcc")]
}

pub(in crate::diagnose) fn rust(context: &FixContext<'_>) -> Vec<Fix> {
    let mut fix = add(context.config(), "nixPkgs", "cargo");
    let more = add(context.config(), "nixPkgs", "rustc");
    fix.summary = "add \"cargo\" and \"rustc\" to nixPkgs".to_owned();
    fix.edits.extend(more.edits.into_iter().skip(1));
    vec![fix]
}

/// A command of the build phase, where nothing stands in the place of that phase yet.
pub(in crate::diagnose) fn generated_client(context: &FixContext<'_>) -> Vec<Fix> {
    let config = context.config().to_owned();
    let text = context.text(&config.to_string_lossy()).unwrap_or_default();
    if text.contains("phases.build")
        || text.contains("\"build\"")
        || ["railway.toml", "railway.json"]
            .iter()
            .any(|file| context.text(file).is_some_and(|text| text.contains("buildCommand")))
    {
        return Vec::new();
    }
    vec![Fix {
        summary: "generate the client while the image is built".to_owned(),
        edits: vec![Edit::SetKey {
            path: config,
            key: key(&["phases", "build", "cmds"]),
            value: ["prisma generate"].as_slice().into(),
        }],
    }]
}

pub(in crate::diagnose) fn git(context: &FixContext<'_>) -> Vec<Fix> {
    vec![add(context.config(), "nixPkgs", "git")]
}

#[cfg(test)]
mod tests {
    use crate::diagnose::{Case, diagnose};
    use crate::finding::Edit;
    use crate::folder::folder;
    use crate::log::Log;
    use crate::project::Project;

    #[test]
    fn the_python_that_a_release_supports_is_named_where_the_project_names_one() {
        let edit = |file: &str, version: &str, supported: &str| {
            let dir = folder(&[("requirements.txt", "tidelib==2.2.2\n"), (file, version)]);
            let project = Project::open(dir.path()).unwrap();
            let log = format!(
                "ERROR: Ignored the following versions that require a different python version: 2.1.0 Requires-Python >=3.9; 2.2.2 Requires-Python {supported}; 2.3.0 Requires-Python >=3.10\nERROR: Could not find a version that satisfies the requirement tidelib==2.2.2 (from versions: 0.1, 2.0.3)\n"
            );
            let log = Log::from(&*log);
            let found = diagnose(&Case { project: Some(&project), ..Case::of_log(&log) }).remove(0);
            assert_eq!(found.rule, "requires-python-mismatch");
            found.fixes.into_iter().next().map(|fix| fix.edits)
        };
        let replaced = |path: &str, was: &str, text: &str| {
            Some(vec![Edit::ReplaceLine { path: path.into(), line: 1, was: was.to_owned(), text: text.to_owned() }])
        };
        assert_eq!(
            edit("runtime.txt", "python-3.8.18\n", ">=3.9"),
            replaced("runtime.txt", "python-3.8.18", "python-3.12")
        );
        assert_eq!(edit(".python-version", "3.12\n", "<3.12,>=3.9"), replaced(".python-version", "3.12", "3.11"));
        let named = Edit::AppendLine { path: ".python-version".into(), text: "3.13".to_owned() };
        assert_eq!(edit("main.py", "", ">=3.13"), Some(vec![named]));
        assert_eq!(edit("main.py", "", ">=3.14"), None);
    }
}
