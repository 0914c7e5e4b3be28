//! The start command that Railpack chooses by itself.

use crate::builder::railpack::CONFIG_FILE;
use crate::builder::{BuilderKind, RailpackAnswer};
use crate::check::Check;
use crate::check::finding::{Findings, error, set_key};
use crate::plan::Choice;
use crate::project::Project;

use super::line::text_at;

pub(crate) const MAIN_APP: Check = error(
    "railpack-starts-main-app",
    "Where a manifest names fastapi with uvicorn, or flask with gunicorn, Railpack starts `main:app`, whatever the file is called that holds the app.",
);

pub(super) const CHECKS: &[Check] = &[MAIN_APP];

/// What chose the start command; the last one counts.
pub(super) fn chosen(answer: &RailpackAnswer) -> Option<&Choice> {
    let start = BuilderKind::Railpack.start_choice();
    answer.planned.choices.iter().rfind(|choice| choice.what == start)
}

pub(super) fn check(project: &Project, answer: &RailpackAnswer, findings: &mut Findings) {
    let Some(choice) = chosen(answer) else { return };
    // Railpack's own words; what a person writes is looked at by the checks that hold for every builder.
    let is_own =
        ["uvicorn main:app --host 0.0.0.0 --port ${PORT:-8000}", "gunicorn --bind 0.0.0.0:${PORT:-8000} main:app"];
    if !is_own.contains(&choice.value.as_str()) || project.has_file("main.py") || project.has_folder("main") {
        return;
    }
    let Some(entry) =
        ["app.py", "start.py", "bot.py", "hello.py", "server.py"].into_iter().find(|name| project.has_file(name))
    else {
        return;
    };
    let code = project.read_text(entry).unwrap_or_default();
    let made = ["= FastAPI(", "= Flask(", "= FastHTML(", "= fast_app("];
    let name = code.lines().find_map(|line| made.iter().find_map(|made| Some(line.split_once(made)?.0.trim())));
    let name = name.filter(|name| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    let module = entry.trim_end_matches(".py");
    let finding = MAIN_APP
        .found(format!("Railpack starts main:app, and the app is in {entry}"))
        .about("main:app")
        .at(choice.because.clone(), text_at(project, &choice.because))
        .at(project.file(entry), "");
    let Some(name) = name else {
        findings.push(finding.help(format!(
            "say in railpack.json's deploy.startCommand, or in a Procfile, which app of {entry} is meant"
        )));
        return;
    };
    let command = choice.value.replace("main:app", &format!("{module}:{name}"));
    let edit = set_key(&project.place(CONFIG_FILE), &["deploy", "startCommand"], command);
    findings.push(finding.fix(format!("start {module}:{name}"), vec![edit]));
}
