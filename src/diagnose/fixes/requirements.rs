//! Edits of requirements.txt.

use std::path::PathBuf;

use super::FixContext;
use crate::catalog::changed::{self, Changed};
use crate::catalog::modules;
use crate::finding::{Edit, Fix};
use crate::project::requirements::repaired;

const FILE: &str = "requirements.txt";

fn append(context: &FixContext<'_>, requirement: &str) -> Vec<Fix> {
    if !context.has(FILE) && (context.has("pyproject.toml") || context.has("Pipfile")) {
        // Another file rules the install; adding this one would switch the package manager.
        return Vec::new();
    }
    vec![Fix {
        summary: format!("add {requirement} to {FILE}"),
        edits: vec![Edit::AppendLine { path: PathBuf::from(FILE), text: requirement.to_owned() }],
    }]
}

pub(in crate::diagnose) fn missing_module(context: &FixContext<'_>) -> Vec<Fix> {
    context.subject.map(|module| append(context, &modules::to_require(module))).unwrap_or_default()
}

pub(in crate::diagnose) fn time_zones(context: &FixContext<'_>) -> Vec<Fix> {
    // Where the package is there, the zone's name is wrong.
    if line_of(context, "tzdata").is_some() { Vec::new() } else { append(context, "tzdata") }
}

pub(in crate::diagnose) fn setuptools(context: &FixContext<'_>) -> Vec<Fix> {
    const BUILDS: &[&str] = &["Getting requirements to build", "Preparing metadata (pyproject.toml)", "pip-build-env"];
    let builds = |text: &str| BUILDS.iter().any(|word| text.contains(word));
    if !context.case.log.lines().iter().any(|line| builds(&line.text)) {
        return append(context, "setuptools<81");
    }
    // The environment that a build gets of its own reads no requirements file of the project.
    let file = "build-constraints.txt";
    // pip before 26.2 reads the first for builds, pip from 25.3 on the second.
    let edits = ["PIP_CONSTRAINT", "PIP_BUILD_CONSTRAINT"].map(|variable| Edit::SetKey {
        path: context.config().to_owned(),
        key: ["variables", variable].map(str::to_owned).to_vec(),
        value: format!("/app/{file}").into(),
    });
    let held = Edit::AppendLine { path: PathBuf::from(file), text: "setuptools<81".to_owned() };
    vec![Fix {
        summary: format!("hold builds to setuptools<81, by {file} and pip's variables"),
        edits: [held].into_iter().chain(edits).collect(),
    }]
}

pub(in crate::diagnose) fn stdlib_replacement(context: &FixContext<'_>) -> Vec<Fix> {
    let instead = context
        .subject
        .and_then(modules::removed_from_stdlib)
        .map(|(_, instead)| instead)
        .filter(|name| !name.is_empty());
    instead.map(|name| append(context, name)).unwrap_or_default()
}

pub(in crate::diagnose) fn old_numpy(context: &FixContext<'_>) -> Vec<Fix> {
    require(context, "numpy<2")
}

/// A requirement in the place of the one that there is of the same package, or added.
fn require(context: &FixContext<'_>, requirement: &str) -> Vec<Fix> {
    match line_of(context, requirement) {
        Some((line, was)) => vec![Fix {
            summary: format!("require {requirement}"),
            edits: vec![Edit::ReplaceLine { path: FILE.into(), line, was, text: requirement.to_owned() }],
        }],
        None => append(context, requirement),
    }
}

/// The release that the code of before was written for, of a package that changed under it.
pub(in crate::diagnose) fn held(context: &FixContext<'_>) -> Vec<Fix> {
    // httpx 0.28 dropped what SDKs before it hand over.
    let refused = "Client.__init__() got an unexpected keyword argument 'proxies'";
    if context.case.log.lines().iter().any(|line| line.text.contains(refused)) {
        return require(context, "httpx<0.28");
    }
    let is_it =
        |changed: &Changed| context.subject.is_some_and(|subject| subject.eq_ignore_ascii_case(changed.package));
    let mut changes = context.case.log.lines().iter().filter_map(|line| changed::by_message(&line.text));
    changes.find(is_it).and_then(|changed| changed.hold).map(|hold| require(context, hold)).unwrap_or_default()
}

pub(in crate::diagnose) fn windows_only(context: &FixContext<'_>) -> Vec<Fix> {
    let Some((line, was)) = context.subject.and_then(|subject| line_of(context, subject)) else { return Vec::new() };
    let marked = format!("{} ; sys_platform == \"win32\"", was.trim_end());
    vec![Fix {
        summary: "mark the requirement as Windows only".to_owned(),
        edits: vec![Edit::ReplaceLine { path: FILE.into(), line, was, text: marked }],
    }]
}

/// What git leaves in a file that it could not merge.
const MARKERS: &[&str] = &["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

/// Both ways of ending a merge that was left half done: either side, whole.
fn merge_sides(text: &str) -> Vec<Fix> {
    let keep = |wanted: usize, summary: &str| {
        let (mut side, mut edits, mut is_empty) = (None, Vec::new(), true);
        for (index, line) in text.lines().enumerate() {
            let marker = MARKERS.iter().position(|marker| line.starts_with(marker));
            side = match marker {
                Some(3) => None,
                Some(marker) => Some(marker),
                None => side,
            };
            is_empty &= marker.is_some() || side != Some(wanted) || line.trim().is_empty();
            if marker.is_some() || side.is_some_and(|side| side != wanted) {
                edits.push(Edit::RemoveLine { path: FILE.into(), line: index + 1, was: line.to_owned() });
            }
        }
        // A side that holds nothing is not what anybody meant.
        (!is_empty).then(|| Fix { summary: summary.to_owned(), edits })
    };
    let sides = [
        keep(0, "end the merge with what stands above ======="),
        keep(2, "end the merge with what stands below ======="),
    ];
    let is_open = text.lines().any(|line| line.starts_with(MARKERS[0]));
    sides.into_iter().flatten().filter(|_| is_open).collect()
}

pub(in crate::diagnose) fn drop_line(context: &FixContext<'_>) -> Vec<Fix> {
    let Some(subject) = context.subject else { return Vec::new() };
    let text = context.text(FILE).unwrap_or_default();
    let sides = merge_sides(&text);
    if MARKERS.iter().any(|marker| subject.starts_with(marker)) && !sides.is_empty() {
        return sides;
    }
    let found = text.lines().enumerate().find(|(_, line)| line.trim() == subject);
    found
        .map(|(index, line)| {
            let (path, line_number, was) = (PathBuf::from(FILE), index + 1, line.to_owned());
            let (summary, edit) = match repaired(line) {
                Some(text) => (
                    format!("write {}", text.replace('\n', ", ")),
                    Edit::ReplaceLine { path, line: line_number, was, text },
                ),
                None => (format!("delete {FILE}:{line_number}"), Edit::RemoveLine { path, line: line_number, was }),
            };
            vec![Fix { summary, edits: vec![edit] }]
        })
        .unwrap_or_default()
}

pub(in crate::diagnose) fn drop_path(context: &FixContext<'_>) -> Vec<Fix> {
    let Some(subject) = context.subject else { return Vec::new() };
    let text = context.text(FILE).unwrap_or_default();
    let Some((index, line)) = text.lines().enumerate().find(|(_, line)| line.contains(subject)) else {
        return Vec::new();
    };
    let name = line.split('@').next().unwrap_or_default().trim();
    if name.is_empty() || name.contains(['/', '\\', ':']) || !line.contains('@') {
        return Vec::new();
    }
    vec![Fix {
        summary: format!("require {name} from the index"),
        edits: vec![Edit::ReplaceLine {
            path: FILE.into(),
            line: index + 1,
            was: line.to_owned(),
            text: name.to_owned(),
        }],
    }]
}

/// The line of requirements.txt that requires a package, and its number.
fn line_of(context: &FixContext<'_>, requirement: &str) -> Option<(usize, String)> {
    let name = |text: &str| {
        text.trim()
            .split(['=', '<', '>', '~', '!', '[', ' ', ';', '@'])
            .next()
            .unwrap_or_default()
            .to_lowercase()
            .replace('_', "-")
    };
    let wanted = name(requirement);
    let text = context.text(FILE)?;
    text.lines().enumerate().find(|(_, line)| name(line) == wanted).map(|(index, line)| (index + 1, line.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_that_changed_under_old_code_is_held_at_the_release_of_before() {
        let fixed = |requirements: &str, log: &str| {
            let dir = crate::folder::folder(&[("requirements.txt", requirements)]);
            let project = crate::project::Project::open(dir.path()).unwrap();
            let log = crate::log::Log::from(log);
            let found = crate::diagnose::diagnose(&crate::diagnose::Case {
                project: Some(&project),
                ..crate::diagnose::Case::of_log(&log)
            });
            found[0].fixes.iter().map(|fix| fix.summary.clone()).collect::<Vec<_>>()
        };
        let log = "Traceback (most recent call last):\n  File \"/app/web.py\", line 1, in <module>\n    from flask import Flask\n  File \"/opt/venv/lib/python3.12/site-packages/flask/app.py\", line 28, in <module>\n    from werkzeug.urls import url_quote\nImportError: cannot import name 'url_quote' from 'werkzeug.urls' (/opt/venv/lib/python3.12/site-packages/werkzeug/urls.py)\n";
        assert_eq!(fixed("Flask==2.2.2\n", log), ["add Werkzeug<3 to requirements.txt"]);
        assert_eq!(fixed("Flask==2.2.2\nwerkzeug\n", log), ["require Werkzeug<3"]);
        let other = log.replace("url_quote", "url_harbour");
        assert!(fixed("Flask==2.2.2\n", &other).is_empty());
        let hashed = "Traceback (most recent call last):\n  File \"/app/web.py\", line 4, in <module>\n    pwd.hash(\"x\")\n  File \"/opt/venv/lib/python3.12/site-packages/passlib/handlers/bcrypt.py\", line 655, in _calc_checksum\n    hash = _bcrypt.hashpw(secret, config)\nValueError: password cannot be longer than 72 bytes, truncate manually if necessary (e.g. my_password[:72])\n";
        assert_eq!(fixed("passlib[bcrypt]\n", hashed), ["add bcrypt<5 to requirements.txt"]);
        let renamed = "Traceback (most recent call last):\n  File \"/app/web.py\", line 1, in <module>\n    from mcp.server.fastmcp import FastMCP\nModuleNotFoundError: No module named 'mcp.server.fastmcp'\n";
        assert_eq!(fixed("mcp\n", renamed), ["require mcp<2"]);
    }

    #[test]
    fn a_merge_is_ended_with_either_side() {
        let text = "rich\n<<<<<<< HEAD\nmoon==1.0\n=======\nmoon==1.1\n>>>>>>> feature\nflask\n";
        let removed: Vec<Vec<usize>> = merge_sides(text)
            .iter()
            .map(|fix| {
                let lines = fix.edits.iter().map(|edit| match edit {
                    Edit::RemoveLine { line, .. } => *line,
                    _ => 0,
                });
                lines.collect()
            })
            .collect();
        assert_eq!(removed, [vec![2, 4, 5, 6], vec![2, 3, 4, 6]]);
        assert!(merge_sides("rich\n=======\n").is_empty());
        assert_eq!(merge_sides("<<<<<<< HEAD\n=======\nmoon\n>>>>>>> feature\n").len(), 1);
    }
}
