//! Which Python was meant, and which one the plan takes.

use crate::catalog::python::{PYTHONS, Python};
use crate::check::facts::Facts;
use crate::check::facts::python;
use crate::check::finding::{Check, Finding, Findings, append_line, error, note, remove_line, replace_line, warning};
use crate::finding::{Edit, Severity};
use crate::log::pattern::Pattern;
use crate::project::Source;
use pep440_rs::{Version, VersionSpecifiers};
use std::str::FromStr;

pub(crate) const FALLBACK: Check = warning(
    "python-version-fallback",
    "Nixpacks knows Python 3.13, 3.12, 3.11, 3.10, 3.9, 3.8, 3.7 and 2.7, written as one version on one line. For anything else it \
     takes 3.12 without a word.",
);
const CONFLICT: Check = warning(
    "python-version-conflict",
    "Several places name a Python version, and they differ. runtime.txt, Pipfile and .tool-versions beat NIXPACKS_PYTHON_VERSION, \
     which only beats .python-version.",
);
const IGNORED: Check = note(
    "python-version-ignored",
    "Nixpacks does not read this place. Only NIXPACKS_PYTHON_VERSION, .python-version, runtime.txt, Pipfile and .tool-versions count.",
);
const PIPFILE: Check = warning(
    "pipfile-python-version-not-read",
    "Nixpacks finds python_version in a Pipfile only where exactly one blank stands on each side of the equals sign. Otherwise it \
     takes 3.12.",
);
pub(crate) const MISMATCH: Check = error(
    "requires-python-mismatch",
    "The package or project states the Python versions it supports, and the one chosen for this build is not among them. \
     Nixpacks never reads requires-python: name the version in a .python-version file.",
);
const NO_VENV: Check = error(
    "python2-has-no-venv",
    "Nixpacks makes a virtual environment with `python -m venv`, which Python 2 does not have. There is no way to install \
     requirements for Python 2 with it.",
);

pub(super) const CHECKS: &[Check] = &[FALLBACK, CONFLICT, IGNORED, PIPFILE, MISMATCH, NO_VENV];

/// What Nixpacks offers, in the order in which they are proposed.
fn offered() -> impl Iterator<Item = &'static Python> {
    PYTHONS.iter().filter(|python| python.minor.0 == 3)
}

static PIPFILE_VERSION: Pattern = Pattern::new(r#"^(\s*python_(?:full_)?version)(\s*=\s*)(["'][0-9.]+["'].*)$"#);
static MINOR: Pattern = Pattern::new(r"(?:^|[^0-9.])([23]\.[0-9]{1,2})(?:[^0-9]|$)");

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    fallback(facts, findings);
    pipfile(facts, findings);
    conflict(facts, findings);
    discarded(facts, findings);
    ignored(facts, findings);
    requires(facts, findings);
    if python::planned(facts).is_some_and(|minor| minor.starts_with("2."))
        && let Some(choice) = facts.choices("phases.install.cmds").find(|choice| choice.value.contains("-m venv"))
    {
        let finding =
            NO_VENV.found("the plan takes Python 2.7, which has no venv module").at(choice.because.clone(), "");
        findings.push(finding.help("port the project to Python 3, or use a Dockerfile"));
    }
}

/// The first `3.x` in a text.
fn minor(text: &str) -> Option<&str> {
    Some(MINOR.captures(text)?.get(1)?.as_str())
}

fn is_offered(minor: &str) -> bool {
    PYTHONS.iter().any(|python| python.name == minor)
}

fn fallback(facts: &Facts<'_>, findings: &mut Findings) {
    let warnings = facts.derived().into_iter().flat_map(|derived| &derived.warnings);
    for warning in warnings.filter(|warning| warning.message.contains("does not know Python")) {
        let asked = asked(facts, &warning.source);
        let named = asked.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        let message = match minor(&asked) {
            Some(minor) if !is_offered(minor) => format!("Nixpacks has no Python {minor} and silently takes 3.12"),
            _ => format!("Nixpacks does not understand the version `{named}` and silently takes 3.12"),
        };
        let finding = FALLBACK.found(message).about(named).at(warning.source.clone(), named);
        findings.push(simplified(finding, &warning.source, &asked));
    }
}

fn asked(facts: &Facts<'_>, source: &Source) -> String {
    match source {
        Source::File { path, .. }
            if facts.keyed(source).is_none() && !path.ends_with("Pipfile") && !path.ends_with(".tool-versions") =>
        {
            facts.project.read_text(path).unwrap_or_default()
        }
        Source::Variable(name) => facts.variable(name).unwrap_or_default().to_owned(),
        _ => facts.line(source),
    }
}

/// Keeps the first version that Nixpacks has, drops comments and further lines.
fn simplified(finding: Finding, source: &Source, asked: &str) -> Finding {
    let Source::File { path, .. } = source else {
        return finding.help("name one version as major and minor number, for example 3.12");
    };
    let is_own = path.ends_with(".python-version") || path.ends_with("runtime.txt");
    let prefix = if path.ends_with("runtime.txt") { "python-" } else { "" };
    let usable = |line: &str| {
        !line.trim_start().starts_with('#') && !line.contains("pypy") && minor(line).is_some_and(is_offered)
    };
    let Some(kept) = asked.lines().position(usable).filter(|_| is_own) else {
        return finding.help(
            "name a version that Nixpacks has: 3.13, 3.12, 3.11, 3.10, 3.9 or 3.8; what needs a newer one is to be built with Railpack",
        );
    };
    let mut edits = Vec::new();
    for (index, line) in asked.lines().enumerate().collect::<Vec<_>>().into_iter().rev() {
        if index == kept {
            let version = minor(line).unwrap_or_default();
            let plain = line.trim().trim_start_matches("python-");
            let clean = plain.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            if !clean {
                edits.push(replace_line(path, index + 1, line, format!("{prefix}{version}")));
            }
        } else if !line.trim().is_empty() {
            edits.push(remove_line(path, index + 1, line));
        }
    }
    finding.fix("leave one plain version", edits)
}

fn pipfile(facts: &Facts<'_>, findings: &mut Findings) {
    let text = if facts.app.has_file("Pipfile") { facts.app.read_text("Pipfile").unwrap_or_default() } else { return };
    let Some(pattern) = PIPFILE_VERSION.regex() else { return };
    for (index, line) in text.lines().enumerate() {
        let Some(found) = pattern.captures(line) else { continue };
        let named = minor(&found[3]).unwrap_or_default();
        if &found[2] == " = " || python::planned(facts).as_deref() == Some(named) {
            return;
        }
        let path = facts.app.place("Pipfile");
        let text = format!("{} = {}", &found[1], &found[3]);
        let edit = replace_line(&path, index + 1, line, text);
        let finding =
            PIPFILE.found(format!("Nixpacks does not see python_version {named}: it wants a blank on each side of ="));
        let finding = finding.about(named).at(Source::line(path, index + 1), line);
        return findings.push(finding.fix("put blanks around =", vec![edit]));
    }
}

fn conflict(facts: &Facts<'_>, findings: &mut Findings) {
    let mut named: Vec<(String, Source)> = Vec::new();
    if let Some(value) = facts.variable("NIXPACKS_PYTHON_VERSION")
        && let Some(minor) = minor(value)
        && let Some(source) = facts.variable_source("NIXPACKS_PYTHON_VERSION")
    {
        named.push((minor.to_owned(), source));
    }
    for name in [".python-version", "runtime.txt", "Pipfile", ".tool-versions"] {
        let text = if facts.app.has_file(name) { facts.app.read_text(name).unwrap_or_default() } else { continue };
        let line = text.lines().position(|line| match name {
            "Pipfile" => line.trim_start().starts_with("python_") && line.contains('='),
            ".tool-versions" => line.trim_start().starts_with("python "),
            _ => minor(line).is_some(),
        });
        let found = line.and_then(|index| Some((index, minor(text.lines().nth(index)?)?)));
        if let Some((index, minor)) = found {
            named.push((minor.to_owned(), facts.app.line(name, Some(index + 1))));
        }
    }
    let Some((first, _)) = named.first() else { return };
    if named.iter().all(|(minor, _)| minor == first) {
        return;
    }
    let taken = python::planned(facts).unwrap_or_else(|| "another".to_owned());
    let list = named.iter().map(|(minor, source)| format!("{source} says {minor}")).collect::<Vec<_>>().join(", ");
    let finding = CONFLICT.found(format!("{list}: the plan takes {taken}")).about(taken);
    let finding = named.iter().fold(finding, |finding, (_, source)| finding.at(source.clone(), facts.line(source)));
    findings.push(finding.help("keep one of them"));
}

/// A version that a file makes Nixpacks forget, though the file names none.
fn discarded(facts: &Facts<'_>, findings: &mut Findings) {
    const NAME: &str = "NIXPACKS_PYTHON_VERSION";
    let (Some(asked), Some(planned)) = (facts.variable(NAME).and_then(minor), python::planned(facts)) else { return };
    let file = ["runtime.txt", "Pipfile", ".tool-versions"].into_iter().find(|name| facts.app.has_file(name));
    if let (Some(file), Some(source)) = (file, facts.variable_source(NAME))
        && is_offered(asked)
        && asked != planned
        && !findings.has(&CONFLICT)
    {
        let message =
            format!("{NAME} is forgotten because of {file}, which names no version: the plan takes {planned}");
        let finding = CONFLICT.found(message).about(asked);
        findings.push(
            finding
                .at(source.clone(), facts.line(&source))
                .at(facts.app.file(file), "")
                .help(format!("name the version in {file}, or remove that file")),
        );
    }
}

fn ignored(facts: &Facts<'_>, findings: &mut Findings) {
    let counts = ["NIXPACKS_PYTHON_VERSION"].iter().any(|name| facts.variable(name).is_some())
        || [".python-version", "runtime.txt", "Pipfile", ".tool-versions"].iter().any(|name| facts.app.has_file(name));
    if counts {
        return;
    }
    if let Some(value) = facts.variable("PYTHON_VERSION")
        && minor(value) != python::planned(facts).as_deref()
        && let Some(source) = facts.variable_source("PYTHON_VERSION")
    {
        let finding = IGNORED.found(format!("PYTHON_VERSION={value} is not read by Nixpacks")).about("PYTHON_VERSION");
        findings.push(finding.severity(Severity::Warning).at(source, "").help("name it NIXPACKS_PYTHON_VERSION"));
    }
    for name in ["mise.toml", ".mise.toml", "environment.yml", "environment.yaml"] {
        let text = if facts.app.has_file(name) { facts.app.read_text(name).unwrap_or_default() } else { continue };
        let line = text
            .lines()
            .position(|line| line.trim_start().trim_start_matches("- ").starts_with("python") && line.contains('='));
        if let Some(line) = line {
            let finding = IGNORED.found(format!("Nixpacks does not read the Python version in {name}"));
            findings.push(
                finding
                    .about(name)
                    .at(facts.app.line(name, Some(line + 1)), text.lines().nth(line).unwrap_or_default()),
            );
        }
    }
}

/// A range of versions that a project file states, and where.
struct Range {
    text: String,
    source: Source,
    parsed: Vec<VersionSpecifiers>,
}

fn range(facts: &Facts<'_>) -> Option<Range> {
    let file = facts.pyproject()?;
    for key in [&["project", "requires-python"][..], &["tool", "poetry", "dependencies", "python"]] {
        if let Some(text) = file.str(key) {
            let parsed = parse_range(text)?;
            return Some(Range { text: text.to_owned(), source: file.source(key), parsed });
        }
    }
    None
}

/// PEP 440, or Poetry's carets and tildes; any one alternative will do. `None` where it is neither.
fn parse_range(text: &str) -> Option<Vec<VersionSpecifiers>> {
    text.split("||")
        .flat_map(|part| part.split(" or "))
        .map(|part| {
            let parts: Option<Vec<String>> =
                part.split([',']).flat_map(|part| spaced(part.trim())).map(|part| plain(&part)).collect();
            VersionSpecifiers::from_str(
                &parts?.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(","),
            )
            .ok()
        })
        .collect()
}

/// Poetry takes blanks between constraints as well.
fn spaced(part: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for word in part.split_whitespace() {
        match parts.last_mut() {
            Some(last) if last.ends_with(['<', '>', '=', '~', '^', '!']) => last.push_str(word),
            _ => parts.push(word.to_owned()),
        }
    }
    parts
}

fn plain(part: &str) -> Option<String> {
    if part == "*" {
        return Some(String::new());
    }
    let numbers = |text: &str| text.split('.').map(|number| number.parse::<u64>().ok()).collect::<Option<Vec<_>>>();
    if let Some(rest) = part.strip_prefix('^') {
        return Some(format!(">={rest},<{}", numbers(rest)?.first()? + 1));
    }
    if let Some(rest) = part.strip_prefix('~').filter(|rest| !rest.starts_with('=')) {
        return Some(match numbers(rest)?[..] {
            [major] => format!(">={rest},<{}", major + 1),
            [major, minor, ..] => format!(">={rest},<{major}.{}", minor + 1),
            [] => return None,
        });
    }
    if part.starts_with(|c: char| c.is_ascii_digit()) {
        return Some(if part.ends_with('*') { format!("=={part}") } else { format!("=={part}.*") });
    }
    Some(part.to_owned())
}

fn allows(range: &[VersionSpecifiers], release: &str) -> bool {
    Version::from_str(release).is_ok_and(|version| range.iter().any(|specifiers| specifiers.contains(&version)))
}

fn requires(facts: &Facts<'_>, findings: &mut Findings) {
    let (Some(range), Some(taken)) = (range(facts), python::planned(facts)) else { return };
    let release = offered().find(|python| python.name == taken).map(|python| python.release);
    let Some(release) = release.filter(|release| !allows(&range.parsed, release)) else { return };
    let finding = MISMATCH.found(format!("the project asks for Python {}, the plan takes {release}", range.text));
    let finding = finding.about(&range.text).at(range.source.clone(), facts.line(&range.source));
    // pip reads the requirements file alone, and uv fetches a Python of its own.
    let checked =
        facts.choices("package manager").any(|choice| matches!(choice.value.as_str(), "setuptools" | "poetry" | "pdm"));
    let finding = if checked { finding } else { finding.severity(Severity::Warning) };
    let Some(better) = offered().find(|python| allows(&range.parsed, python.release)) else {
        return findings.push(finding.help("Nixpacks has no such Python: use a Dockerfile, or widen the range"));
    };
    findings.push(take(facts, finding, better.name));
}

/// Names another version where the present one is named, or in a file of its own.
pub(in crate::check) fn take(facts: &Facts<'_>, finding: Finding, version: &str) -> Finding {
    let summary = format!("take Python {version}");
    let chosen = facts.choices("phases.setup.nixpkgsArchive").next().map(|choice| choice.because.clone());
    let edit = match chosen {
        Some(Source::File { path, line: Some(line) })
            if path.ends_with("runtime.txt") || path.ends_with(".python-version") =>
        {
            let was = facts.line(&Source::line(&path, line));
            let text = if path.ends_with("runtime.txt") { format!("python-{version}") } else { version.to_owned() };
            Edit::ReplaceLine { path, line, was, text }
        }
        Some(Source::Default(_)) if !facts.app.has_file(".python-version") => {
            append_line(facts.app.place(".python-version"), version)
        }
        _ => return finding.help(format!("name Python {version} where the version is chosen")),
    };
    finding.fix(summary, vec![edit])
}
