//! The project's own line at which something came out.

use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use crate::log::traceback::{Frame, Raised};

static SET_LOCALE: Pattern = Pattern::new(r#"setlocale\([^,()]+,\s*["']([\w.@-]+)["']"#);
static CONNECT: Pattern = Pattern::new(r#"connect\(\s*f?["']([^"']+)["']"#);

/// The subject of what names nothing is the line at which it came out, as `file:line: code`.
pub(in crate::diagnose) fn own_line(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if finding.subject.is_none() {
        finding.subject = view.raised_at(finding.at).and_then(Raised::own_frame).map(Frame::quoted);
    }
    true
}

/// Modules by the Python that they came with, as "What's New" lists them.
pub(super) const CAME_WITH: &[(&str, &str)] = &[
    ("annotationlib", "3.14"),
    ("compression", "3.14"),
    ("concurrent.interpreters", "3.14"),
    ("pathlib.types", "3.14"),
    ("string.templatelib", "3.14"),
    ("tomllib", "3.11"),
    ("graphlib", "3.9"),
    ("zoneinfo", "3.9"),
];

/// Says which Python a module came with; what names nothing is told by the line at which it came out.
pub(in crate::diagnose) fn newer_python(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let subject = finding.subject.clone().unwrap_or_default();
    let is_it = |(module, _): &&(&str, &str)| {
        subject.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    if let Some((module, since)) = CAME_WITH.iter().find(is_it) {
        finding.message = Some(format!("`{module}` came with Python {since}, and this one is older"));
        let lacks = if *since == "3.14" { ": Nixpacks has none newer than 3.13, Railpack has" } else { "" };
        finding.help = Some(format!("choose Python {since} or newer{lacks}; or take a package in place of `{module}`"));
    }
    own_line(view, finding)
}

/// The subject is the locale that the code sets.
pub(in crate::diagnose) fn locale(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if finding.subject.is_none() {
        let frames = view.raised_at(finding.at).map(|raised| raised.frames.iter().rev());
        finding.subject =
            frames.into_iter().flatten().find_map(|frame| Some(SET_LOCALE.captures(&frame.code)?[1].to_owned()));
    }
    true
}

/// The subject is the file that the code connects to.
pub(in crate::diagnose) fn sqlite_file(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if finding.subject.is_none() {
        let frames = view.raised_at(finding.at).map(|raised| raised.frames.iter().rev());
        finding.subject =
            frames.into_iter().flatten().find_map(|frame| Some(CONNECT.captures(&frame.code)?[1].to_owned()));
    }
    true
}

/// A program of a virtual environment is no file of the project, and a script that is there may name a program that is not.
pub(in crate::diagnose) fn started(view: &LogView<'_>, finding: &mut Finding) -> bool {
    const NO_INTERPRETER: &[&str] = &["cannot execute: required file not found", "bad interpreter: No such file"];
    if NO_INTERPRETER.iter().any(|words| view.text(finding.at).contains(words))
        && let Some(script) = &finding.subject
    {
        finding.message = Some(format!("the program that the first line of `{script}` names is not there"));
        finding.help = Some(format!(
            "start `{script}` with its program (`bash start.sh`, `python main.py`); where it was written on Windows, the CR at its lines' ends belongs to that \
             program's name: give it the line ends of Linux"
        ));
    }
    if view.text(finding.at).contains("'script_location' key") {
        finding.subject = Some("alembic.ini".to_owned());
    }
    if finding.subject.as_deref() == Some("alembic.ini") {
        finding.message = Some("alembic finds no `alembic.ini` in the folder that it starts in".to_owned());
        finding.help = Some(
            "start it where alembic.ini is (`cd FOLDER && alembic upgrade head`), or name it (`alembic -c FOLDER/alembic.ini upgrade head`); commit it where it is not there"
                .to_owned(),
        );
    }
    if let Some(file) = finding.subject.clone().filter(|file| file.rsplit('/').next() == Some(".env")) {
        finding.message = Some(format!("the start reads `{file}`, which stays on the own machine"));
        finding.help = Some(format!(
            "set its variables among the service's, and read it only where it is there: `[ -f {file} ] && . {file}`; it has secrets, so that it does not belong into git"
        ));
    }
    !finding.subject.as_deref().is_some_and(|file| file.contains("env/bin/"))
}
