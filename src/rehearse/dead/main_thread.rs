//! Main threads that an error ended while another thread of their program goes on: a bot beside the web page that keeps it awake. Python waits
//! for all threads but daemons before it ends, so that the platform sees a healthy process.

use super::background::{ends, outermost, script};
use super::ended::Ended;
use crate::check::facts::caught::is_caught;
use crate::diagnose::{PART_DIED, path_of};
use crate::finding::{Certainty, Diagnosis};
use crate::log::traceback::{self, Raised};
use crate::log::{Line, Log};
use crate::project::Project;
use crate::run::Smoke;

const HELP: &str = "mend what ended it; start the other thread as `Thread(…, daemon=True)`, so that the process ends with its main thread and the platform starts it \
                    again";

/// The causes that the log of an app shows of which the main thread died before the app was judged: why it ended, and that the rest goes on without it. It
/// is sure where the process was seen alive, and no service was out of reach.
pub(super) fn dead(
    log: &Log,
    smoke: &Smoke,
    project: &Project,
    causes: impl Fn(&Log) -> Vec<Diagnosis>,
) -> Vec<Diagnosis> {
    if !smoke.result.is_good() {
        return Vec::new();
    }
    let kept = log.lines();
    let is_early = |line: &Line| line.phase.as_deref() == Some("start") && line.number <= smoke.lines;
    let seen = !smoke.programs.is_empty();
    // Where no process can be seen, the one that was started is there.
    let started = [smoke.cmd.clone()];
    let programs = if seen { &smoke.programs[..] } else { &started };
    let raised = traceback::read(kept);
    let ended = programs.iter().find_map(|program| {
        let script = script(program)?;
        let is_end = |one: &&Raised| is_early(&kept[one.at]) && ends(one, script) && !is_got_over(project, one);
        raised.iter().rfind(is_end).map(|one| one.at)
    });
    let Some(at) = ended else { return Vec::new() };
    let message = "the main thread of the app has ended with an error, and another thread keeps the process up";
    let certainty = if seen { Certainty::Certain } else { Certainty::Likely };
    let help = HELP.to_owned();
    Ended { rule: &PART_DIED, name: "main thread", message: message.to_owned(), help, certainty, at }
        .raised(log, causes)
}

/// Whether the file's own code catches it, and prints the traceback of what it got over.
fn is_got_over(project: &Project, raised: &Raised) -> bool {
    let Some(frame) = outermost(raised) else { return false };
    let text = path_of(project, frame).and_then(|path| project.read_text(path).ok());
    text.is_some_and(|text| is_caught(&text, frame.line, raised.short()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{Case, diagnose};
    use crate::folder::folder;
    use crate::log::LogBuilder;
    use crate::run::SmokeResult;

    const CRASH: &[&str] = &[
        " * Serving Flask app 'main'",
        "Traceback (most recent call last):",
        "  File \"/app/main.py\", line 3, in <module>",
        "    bot.run(os.environ[\"TOKEN\"])",
        "KeyError: 'TOKEN'",
        "10.0.0.1 - - \"GET / HTTP/1.1\" 200 -",
    ];
    const ALIVE: &str = "/opt/venv/bin/python main.py";

    fn found(lines: &[&str], main: &str, programs: &[&str], judged_after: usize) -> Vec<(&'static str, Certainty)> {
        let mut log = LogBuilder::new();
        for line in lines {
            log.push(Some("start"), format!("{line}\n").as_bytes());
        }
        let log = log.finish();
        let folder = folder(&[("main.py", main)]);
        let project = Project::open(folder.path()).unwrap();
        let programs = programs.iter().map(|line| (*line).to_owned()).collect();
        let smoke = Smoke { programs, lines: judged_after, ..Smoke::of(SmokeResult::StayedUp) };
        let all = dead(&log, &smoke, &project, |log| diagnose(&Case::of_log(log)));
        all.iter().map(|found| (found.rule, found.certainty)).collect()
    }

    const BARE: &str = "import os\nkeep_alive()\nbot.run(os.environ[\"TOKEN\"])\n";

    #[test]
    fn a_bot_that_an_error_ended_is_dead_although_the_page_beside_it_answers() {
        let both = |certainty| vec![("missing-env-var", certainty), ("part-died", certainty)];
        assert_eq!(found(CRASH, BARE, &[ALIVE], 6), both(Certainty::Certain));
        assert_eq!(found(CRASH, BARE, &[], 6), both(Certainty::Likely), "no process can be seen");
        assert_eq!(found(CRASH, BARE, &[ALIVE], 3), [], "what comes out as the app ends is no fault");
    }

    #[test]
    fn what_the_file_catches_did_not_end_it() {
        let caught = "try:\n    keep_alive()\n    bot.run(os.environ[\"TOKEN\"])\nexcept Exception:\n    traceback.print_exc()\n";
        assert_eq!(found(CRASH, caught, &[ALIVE], 6), []);
        let other = caught.replace("Exception", "OSError");
        assert_eq!(found(CRASH, &other, &[ALIVE], 6).len(), 2);
        let deeper: Vec<String> = CRASH.iter().map(|line| line.replace("<module>", "poll")).collect();
        assert_eq!(found(&deeper.iter().map(String::as_str).collect::<Vec<_>>(), BARE, &[ALIVE], 6), []);
    }

    #[test]
    fn another_programs_end_is_not_the_apps() {
        assert_eq!(found(CRASH, BARE, &["/opt/venv/bin/python /opt/venv/bin/gunicorn web:app"], 6), []);
    }
}
