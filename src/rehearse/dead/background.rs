//! Programs that the shell put into the background (`python bot.py & gunicorn web:app`), or that the app's code started, and that died while the app
//! stays up: what watches the container sees the program that is waited for.

use super::ended::Ended;
use crate::diagnose::{PROGRAM_GAVE_UP, START_PROGRAM_NOT_FOUND};
use crate::finding::{Certainty, Diagnosis};
use crate::log::Log;
use crate::log::traceback::{self, Frame, Raised};
use crate::run::Smoke;

const HELP: &str = "mend what ended it; nothing starts it again, so give it a service of its own, or end the container with the first of them: by `& wait -n` at the \
                    end of a shell's line, by `wait()` on what Popen gives";

/// The causes that the log of an app shows of which a program in the background is dead: why it ended, and that the app goes on without it. It
/// is sure where the processes could be seen, and no service was out of reach.
pub(super) fn dead(
    log: &Log,
    smoke: &Smoke,
    jobs: &[String],
    causes: impl Fn(&Log) -> Vec<Diagnosis>,
) -> Vec<Diagnosis> {
    if !smoke.result.is_good() || jobs.is_empty() {
        return Vec::new();
    }
    let raised = traceback::read(log.lines());
    let dead = jobs.iter().find_map(|job| {
        let named = script(job)?;
        let is_alive = smoke.programs.iter().any(|line| line.split_whitespace().any(|word| word == named));
        let ended = raised.iter().rfind(|raised| ends(raised, named)).filter(|_| !is_alive)?;
        Some((job, ended.at))
    });
    let Some((job, at)) = dead else { return not_there(jobs, causes(log)) };
    let certainty = if smoke.programs.is_empty() { Certainty::Likely } else { Certainty::Certain };
    let message = format!("`{job}` ended with an error in the background, and the app stays up without it");
    Ended { rule: &PROGRAM_GAVE_UP, name: job, message, help: HELP.to_owned(), certainty, at }.raised(log, causes)
}

/// Of the causes, that the program of a job is not there.
fn not_there(jobs: &[String], causes: Vec<Diagnosis>) -> Vec<Diagnosis> {
    let is_of_job = |name: &str| jobs.iter().any(|job| job.split_whitespace().any(|word| word == name));
    let is_it =
        |cause: &Diagnosis| cause.rule == START_PROGRAM_NOT_FOUND.id && cause.subject.as_deref().is_some_and(is_of_job);
    causes.into_iter().filter(is_it).collect()
}

/// The file or the module that Python runs by this command.
pub(super) fn script(job: &str) -> Option<&str> {
    let mut words = job.split_whitespace().skip_while(|word| !word.contains("python"));
    words.next()?;
    words.find(|word| !word.starts_with('-'))
}

/// Whether this exception ended the program that Python ran: the outermost code of the project is that file's own.
pub(super) fn ends(raised: &Raised, script: &str) -> bool {
    let script = script.trim_start_matches("./");
    let files = match script.strip_suffix(".py") {
        Some(_) => vec![script.to_owned()],
        None => {
            let path = script.replace('.', "/");
            vec![format!("{path}.py"), format!("{path}/__main__.py")]
        }
    };
    outermost(raised).is_some_and(|frame| {
        let file = frame.file.replace('\\', "/");
        let is_it = |name: &String| file == *name || file.ends_with(&format!("/{name}"));
        matches!(frame.function.as_str(), "<module>" | "") && files.iter().any(is_it)
    })
}

/// The code that a program was running when all that it called had failed.
pub(super) fn outermost(raised: &Raised) -> Option<&Frame> {
    raised.frames.iter().find(|frame| !frame.file.starts_with('<')).filter(|_| raised.traced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{Case, diagnose};
    use crate::log::LogBuilder;
    use crate::run::SmokeResult;

    const CRASH: &[&str] = &[
        "Traceback (most recent call last):",
        "  File \"/app/bot.py\", line 3, in <module>",
        "    token = os.environ[\"TOKEN\"]",
        "KeyError: 'TOKEN'",
    ];

    fn found(lines: &[&str], job: &str, programs: &[&str]) -> Vec<(&'static str, Certainty)> {
        let mut log = LogBuilder::new();
        for line in lines {
            log.push(Some("start"), format!("{line}\n").as_bytes());
        }
        let log = log.finish();
        let programs = programs.iter().map(|line| (*line).to_owned()).collect();
        let smoke = Smoke { programs, ..Smoke::of(SmokeResult::Answered { status: 200 }) };
        let all = dead(&log, &smoke, &[job.to_owned()], diagnosed);
        all.iter().map(|found| (found.rule, found.certainty)).collect()
    }

    fn diagnosed(log: &Log) -> Vec<Diagnosis> {
        diagnose(&Case::of_log(log))
    }

    const WEB: &str = "/opt/venv/bin/python /opt/venv/bin/gunicorn web:app";

    #[test]
    fn a_program_that_ended_with_an_error_is_told_with_its_cause() {
        let both = [("missing-env-var", Certainty::Certain), ("program-gave-up", Certainty::Certain)];
        assert_eq!(found(CRASH, "python bot.py", &[WEB]), both);
        let later = [CRASH, &["[2026-11-29 09:17:42 +0000] [3] [INFO] Listening at: http://0.0.0.0:8080 (3)"]].concat();
        assert_eq!(found(&later, "python bot.py", &[WEB]), both, "the server's start is not its recovery");
        assert_eq!(found(CRASH, "nohup python -u ./bot.py > bot.log", &[WEB]), both);
        assert_eq!(found(CRASH, "python -m bot", &[WEB]), both);
        assert_eq!(found(CRASH, "python bot.py", &[])[0].1, Certainty::Likely, "no process can be seen");
    }

    #[test]
    fn one_that_runs_or_did_its_work_is_none() {
        assert_eq!(found(CRASH, "python bot.py", &[WEB, "python bot.py"]), []);
        assert_eq!(found(&["tides are in"], "python bot.py", &[WEB]), []);
        assert_eq!(found(CRASH, "python other.py", &[WEB]), []);
        assert_eq!(found(CRASH, "redis-server", &[WEB]), []);
    }

    #[test]
    fn one_whose_program_is_not_there_is_dead() {
        let absent = ["/bin/bash: line 1: celery: command not found"];
        let job = "celery -A tides worker";
        assert_eq!(found(&absent, job, &[WEB]), [("start-program-not-found", Certainty::Certain)]);
        assert_eq!(found(&absent, "python bot.py", &[WEB]), []);
    }

    #[test]
    fn what_the_program_caught_further_in_did_not_end_it() {
        let caught = [&CRASH[..1], &["  File \"/app/bot.py\", line 9, in poll"], &CRASH[2..]].concat();
        assert_eq!(found(&caught, "python bot.py", &[WEB]), []);
    }
}
