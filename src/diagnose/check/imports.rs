//! What the code says that is started: modules that Python has dropped, and addresses it listens on.

use super::command::{invocations, is_python};
use super::finding::{Check, Findings, error, replace_line};
use super::start::Start;
use super::subject::Subject;
use crate::diagnose::names;
use crate::project::Source;

const REMOVED: Check = error(
    "removed-stdlib-module",
    "The module was part of Python's standard library once and is gone from the Python that the plan takes. A package may bring it back, \
     or an older Python still has it.",
);

pub(super) const CHECKS: &[Check] = &[REMOVED];

pub(super) fn look(subject: &Subject<'_>, findings: &mut Findings) {
    for module in subject.reached() {
        removed(subject, &module.path, &module.text, findings);
    }
    let Some(start) = Start::of(subject).filter(|_| subject.is_python()) else { return };
    for invocation in
        invocations(start.command).into_iter().filter(|found| is_python(found.program) && !found.is_module)
    {
        let Some(file) = super::entry::script(&invocation.arguments) else { continue };
        let path = std::path::Path::new(invocation.folder).join(file.trim_start_matches("./"));
        if path.is_absolute() || !subject.app.has_file(&path) {
            continue;
        }
        let text = subject.app.read_text(&path).unwrap_or_default();
        addresses(subject, &path, &text, findings);
    }
}

/// Imports at the left margin, where no `try` stands around them.
fn removed(subject: &Subject<'_>, path: &std::path::Path, text: &str, findings: &mut Findings) {
    let minor =
        |version: &str| version.split_once('.').and_then(|(_, minor)| minor.parse::<u32>().ok()).unwrap_or_default();
    let Some(python) = super::version::planned(subject).filter(|python| python.starts_with("3.")) else { return };
    for (index, line) in text.lines().enumerate() {
        let Some(rest) = line.strip_prefix("import ").or_else(|| line.strip_prefix("from ")) else { continue };
        let module = rest.split([' ', ',', ';', '#']).next().unwrap_or_default();
        let Some((since, instead)) = names::removed_from_stdlib(module) else { continue };
        let top = module.split('.').next().unwrap_or(module);
        let local = subject.app.has_file(format!("{top}.py")) || subject.app.has_folder(top);
        let back = !instead.is_empty() && subject.requirements().of(instead).next().is_some();
        if minor(&python) < minor(since) || local || back {
            continue;
        }
        let finding =
            REMOVED.found(format!("{top} is gone since Python {since}, and the plan takes {python}")).about(top);
        let finding = finding.at(Source::line(subject.app.place(path), index + 1), line);
        let finding = match instead {
            "" => finding.advise(format!("take a Python before {since}, or another module")),
            package if super::requirements::is_used(subject) => finding.fix(
                format!("require {package}, which brings it back"),
                vec![super::packages::require(subject, package)],
            ),
            package => finding.advise(format!("add {package} to the dependencies")),
        };
        findings.push(finding);
    }
}

/// A server that the file starts by itself, in one line.
fn addresses(subject: &Subject<'_>, path: &std::path::Path, text: &str, findings: &mut Findings) {
    let flask: Vec<String> = match text.contains("Flask(") {
        true => super::entry::apps(text),
        false => Vec::new(),
    };
    for (index, line) in text.lines().enumerate() {
        let bare = line.trim_start();
        let called = |head: &str| bare.strip_prefix(head).and_then(|rest| rest.strip_prefix(".run("));
        let by_flask = flask.iter().find_map(|name| called(name));
        let Some(arguments) = called("uvicorn").or(by_flask).and_then(|rest| rest.trim_end().strip_suffix(')')) else {
            continue;
        };
        literal_port(subject, path, index, line, arguments, findings);
        let host = arguments.split_once("host").map(|(_, rest)| rest.trim_start().trim_start_matches('=').trim_start());
        let loopback = host.is_some_and(|host| {
            ["127.0.0.1", "localhost"].iter().any(|name| host.trim_start_matches(['"', '\'']).starts_with(name))
        });
        if arguments.contains(['#', '*']) || host.is_some() && !loopback {
            continue;
        }
        let better = match host {
            Some(_) => line.replacen("127.0.0.1", "0.0.0.0", 1).replacen("localhost", "0.0.0.0", 1),
            None => {
                let comma = if arguments.trim().is_empty() { "" } else { ", " };
                let end = line.trim_end().len() - 1;
                format!("{}{comma}host=\"0.0.0.0\")", &line[..end])
            }
        };
        let place = subject.app.place(path);
        let finding =
            super::server::HOST.found("the server listens on 127.0.0.1, where nobody outside the container reaches it");
        let finding = finding.about("127.0.0.1").at(Source::line(&place, index + 1), line);
        findings.push(finding.fix("listen on 0.0.0.0", vec![replace_line(&place, index + 1, line, better)]));
    }
}

/// A port that is written down, whatever PORT says.
fn literal_port(
    subject: &Subject<'_>,
    path: &std::path::Path,
    index: usize,
    line: &str,
    arguments: &str,
    findings: &mut Findings,
) {
    let value = arguments.split_once("port").map(|(_, rest)| rest.trim_start().trim_start_matches('=').trim_start());
    let digits: String = value.unwrap_or_default().chars().take_while(char::is_ascii_digit).collect();
    if digits.is_empty() || subject.variable("PORT") == Some(&digits) {
        return;
    }
    let finding = super::server::PORT.found(format!("the server listens on port {digits}, whatever PORT says"));
    let finding = finding.about(digits).at(Source::line(subject.app.place(path), index + 1), line);
    findings.push(finding.advise("write port=int(os.environ[\"PORT\"]), with `import os` at the top"));
}
