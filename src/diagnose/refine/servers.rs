//! Processes that were asked to end, or that something else ended.

use crate::catalog::modules::distribution;
use crate::catalog::servers::{programs, renamed};
use crate::diagnose::table::Finding;
use crate::diagnose::table::HINT;
use crate::diagnose::view::{LogView, Stage};

/// What says that a process was asked to end.
const ASKED: &[&str] = &["SIGTERM", "Handling signal: term", "Stopping all processes", "Idling", "Stopping Container"];
/// How many lines later it may have gone.
const GOING: usize = 12;

/// Whether nobody had asked the process to end: where SIGTERM came first, the end is no failure.
pub(in crate::diagnose) fn unless_asked_to_end(view: &LogView<'_>, finding: &mut Finding) -> bool {
    view.back_from(finding.at, GOING, |text| ASKED.iter().any(|word| text.contains(word))).is_none()
}

/// gunicorn guesses at memory after a time-out too; without one the guess is likely. Memory is not what a platform's kill
/// after a missed start is about.
pub(in crate::diagnose) fn memory(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if !view.mentions("WORKER TIMEOUT") {
        finding.rank = finding.rank.max(HINT);
    }
    let missed_start = view.mentions("Boot timeout") || view.mentions("R10");
    !(missed_start && view.text(finding.at).contains("137"))
}

/// Which module is not there, and what to name in its place.
pub(in crate::diagnose) fn module(view: &LogView<'_>, finding: &mut Finding) -> bool {
    is_no_target(view, finding);
    named_below(view, finding)
}

/// Celery names the module that it was told to load two lines below its first word. Where that module was found and raised
/// something, what it raised is the cause.
fn named_below(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let raises = (finding.at..finding.at + 4).any(|at| view.text(at).contains("the following error occurred"));
    if raises {
        return false;
    }
    let below = (finding.at..finding.at + 4).find_map(|at| {
        let (_, rest) = view.text(at).split_once("The module ")?;
        rest.split_once(" was not found").map(|(module, _)| module.to_owned())
    });
    finding.subject = finding.subject.take().or(below);
    true
}

/// Where `$PORT` stood and nothing stands, no shell forgot it: nobody sets it.
pub(in crate::diagnose) fn empty_port(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at);
    let number = finding.subject.as_deref().filter(|subject| subject.starts_with(|c: char| c.is_ascii_digit()));
    if let Some((_, port)) = number.and_then(|subject| subject.split_once(":-")) {
        finding.help = Some(format!(
            "write `${{PORT:-{port}}}` in the command: `$PORT:-{port}` is PORT with the rest of it behind"
        ));
        finding.message = Some("what stands behind $PORT is no default, and the program gets no number".to_owned());
    } else if ["requires an argument", "'' is not a valid", ": '' is not"].iter().any(|words| text.contains(words)) {
        finding.message = Some("PORT is not set, and the program is given nothing in its place".to_owned());
        finding.help = Some("write `${PORT:-8000}` in the command, so that it starts where nothing sets PORT; the platform sets it for services that it gives a domain".to_owned());
    }
    true
}

/// uvicorn's parent says the same of a process that it ended and of one that ended itself, which leaves an exception or is the kernel's work.
pub(in crate::diagnose) fn of_uvicorn(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if !view.text(finding.at).contains("Child process [") {
        return true;
    }
    finding.message = Some("uvicorn's worker processes end without a word, before they answer their parent".to_owned());
    finding.help = Some("start it by uvicorn's command (`uvicorn main:app --workers 2`), whose processes answer while the app is loaded, or give `uvicorn.run` more time than 5 s: `timeout_worker_healthcheck=60`; where that helps nothing, memory is what they lack".to_owned());
    let is_start = view.goes_on(finding.at, Stage::Start);
    view.raised.is_empty() && !is_start
}

/// NiceGUI says what uvicorn says, of an app that is its own (ui_run.py of 3.18).
pub(in crate::diagnose) fn of_nicegui(_: &LogView<'_>, finding: &mut Finding) -> bool {
    if finding.subject.take().is_some() {
        finding.message = Some("NiceGUI has one process, and WEB_CONCURRENCY or `workers` asks for several".to_owned());
        finding.help =
            Some("have one process: `workers=1` in ui.run, or no WEB_CONCURRENCY for this service".to_owned());
    }
    true
}

/// A program that no table knows may be anybody's.
pub(in crate::diagnose) fn guessed(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let Some(name) = finding.subject.as_deref() else { return true };
    let of_a_procfile = view.text(finding.at).contains(&format!("{name}::"));
    if of_a_procfile || name == "py" {
        (finding.message, finding.help) = match of_a_procfile {
            true => (
                Some(format!(
                    "the start command begins with `{name}:`, as a line of a Procfile does, and bash looks for a program of that name"
                )),
                Some(format!("leave `{name}:` out of the start command")),
            ),
            false => (
                Some("`py` is how Windows starts Python, and the image has no program of that name".to_owned()),
                Some("start it with `python`".to_owned()),
            ),
        };
        finding.is_unfixable = true;
        return true;
    }
    if let Some(renamed) = renamed(name) {
        finding.message =
            Some(format!("{} brings no `{name}` any more: the program is `{}`", renamed.package, renamed.now));
        finding.help = Some(format!("start `{}`, or pin `{}<{}`", renamed.now, renamed.package, renamed.first[0]));
        // No package has to be added, and so the index need not be asked for one of the program's name.
        finding.is_unfixable = true;
        return true;
    }
    if [true, false].into_iter().flat_map(programs).all(|known| known != name) && distribution(name).is_none() {
        finding.help = Some(format!(
            "add the package that brings `{name}` to requirements.txt, or correct the start command; that the index's `{name}` is that package is not verified"
        ));
    }
    true
}

/// What is started is no server's target: Flask's command looks for `app.py` and `wsgi.py` alone where nobody names the module (Flask
/// 3.1), and `python -m` takes a module that it can run.
fn is_no_target(view: &LogView<'_>, finding: &mut Finding) {
    let meant = finding.subject.clone().filter(|_| view.text(finding.at).contains("did you mean"));
    if let Some(meant) = meant {
        finding.message = Some("the start command names a file where gunicorn wants a module".to_owned());
        finding.help = Some(format!("write `gunicorn {meant}`: dots between folders, and no `.py`"));
    } else if view.text(finding.at).contains("python: No module named") {
        finding.help = Some("name a module that is there, `python -m PACKAGE` with a `__main__.py` in it, or the file that starts the app".to_owned());
    } else if view.text(finding.at).contains("procrastinate: error") {
        finding.help = Some("start it as `python -m procrastinate …`, or with PYTHONPATH=/app: procrastinate's own command does not look in the folder that it is started in (3.10)".to_owned());
    } else if view.text(finding.at).contains("Could not locate a Flask application") {
        finding.message = Some("the command `flask` finds no app: it looks for app.py and wsgi.py".to_owned());
        finding.help = Some(
            "name the module that has the app: `flask --app MODULE …`, or FLASK_APP among the variables".to_owned(),
        );
    }
}
