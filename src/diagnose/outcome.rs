//! What a run of our own found out beyond its log.

use super::case::Case;
use super::fixes;
use super::refine::hosts::help_for_status;
use super::table::Rule;
use crate::catalog::libraries;
use crate::diagnose::table::django::DJANGO_ALLOWED_HOSTS;
use crate::diagnose::table::machine::{COMMAND_TIMED_OUT, ILLEGAL_INSTRUCTION, OUT_OF_MEMORY, SEGMENTATION_FAULT};
use crate::diagnose::table::modules::MISSING_SHARED_LIBRARY;
use crate::diagnose::table::server::{HEALTHCHECK_FAILED, HTTPS_SENT_BACK, WRONG_BIND_HOST};
use crate::diagnose::table::start::{CRON_NEVER_ENDS, PROCESS_EXITS_IMMEDIATELY};
use crate::finding::{Certainty, Diagnosis, Evidence, Severity};
use crate::project::Source;
use crate::run::{self, SentBack, SmokeResult, Status};

/// The code of a program that signal 11 ended.
const BY_SEGV: i32 = 128 + 11;
const BY_ILL: i32 = 128 + 4;

/// Adds what the run itself and the library audit know.
pub(super) fn amend(case: &Case<'_>, diagnoses: &mut Vec<Diagnosis>) {
    if let Some(seen) = seen(case) {
        diagnoses.retain(|known| !seen.is_certain || known.rule != seen.rule.id);
        if seen.is_certain || diagnoses.iter().all(|known| known.rule != seen.rule.id) {
            let place = if seen.is_certain { 0 } else { diagnoses.len() };
            let mut found = diagnosis(case, seen.rule, seen.subject.as_deref(), seen.message, &seen.evidence);
            found.help = seen.help.map(str::to_owned).or(found.help);
            diagnoses.insert(place, found);
        }
    }
    for library in case.missing_libraries {
        let known = diagnoses
            .iter()
            .any(|known| known.rule == MISSING_SHARED_LIBRARY.id && known.subject.as_deref() == Some(&library.soname));
        if !known {
            let evidence =
                Evidence { source: Source::file(&library.needed_by), text: format!("needs {}", library.soname) };
            let name = Some(library.soname.as_str());
            let provided = libraries::nix_lib(&library.soname).map(|attribute| {
                let message = MISSING_SHARED_LIBRARY.message_for(name);
                format!("{message} (nixLibs: \"{attribute}\")")
            });
            diagnoses.push(diagnosis(case, &MISSING_SHARED_LIBRARY, name, provided, &[evidence]));
        }
    }
}

/// Where the platform's file says that it starts the app on a schedule.
fn schedule(case: &Case<'_>) -> Option<Evidence> {
    let schedule = case.deploy?.cron_schedule.as_ref()?;
    Some(Evidence { source: schedule.source.clone(), text: format!("cronSchedule {}", schedule.value) })
}

/// The path that the platform's file has the health check ask for.
fn asked(case: &Case<'_>) -> Option<Evidence> {
    let path = case.deploy?.healthcheck_path.as_ref()?;
    Some(Evidence { source: path.source.clone(), text: path.value.clone() })
}

/// The seconds that the platform's file gives the app to pass the health check, and where.
fn window(case: &Case<'_>) -> Option<(u64, Evidence)> {
    let window = case.deploy?.healthcheck_timeout.as_ref()?;
    // An option may have given another one.
    let took = case.outcome?.smoke.as_ref()?.took.as_secs();
    if window.value >= fixes::platform::OWN_WINDOW || took.abs_diff(window.value) > 1 {
        return None;
    }
    let text = format!("healthcheckTimeout {}", window.value);
    Some((window.value, Evidence { source: window.source.clone(), text }))
}

/// What the run saw with its own eyes.
struct Seen {
    rule: &'static Rule,
    subject: Option<String>,
    /// Instead of the rule's own, where the run knows more.
    message: Option<String>,
    /// Instead of the rule's own, too.
    help: Option<&'static str>,
    /// What shows it beside the run itself.
    evidence: Vec<Evidence>,
    /// The cause itself; otherwise what the log says explains more.
    is_certain: bool,
}

impl Seen {
    fn cause(rule: &'static Rule) -> Self {
        Self { rule, subject: None, message: None, help: None, evidence: Vec::new(), is_certain: true }
    }

    fn consequence(rule: &'static Rule) -> Self {
        Self { is_certain: false, ..Self::cause(rule) }
    }

    fn of(self, subject: impl ToString) -> Self {
        Self { subject: Some(subject.to_string()), ..self }
    }

    fn helped(self, help: &'static str) -> Self {
        Self { help: Some(help), ..self }
    }

    fn saying(self, message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..self }
    }
}

fn seen(case: &Case<'_>) -> Option<Seen> {
    let outcome = case.outcome?;
    if outcome.phases.iter().any(|phase| phase.status == Status::OutOfMemory) {
        return Some(Seen::cause(&OUT_OF_MEMORY));
    }
    let late = outcome.phases.iter().flat_map(|phase| &phase.cmds).find_map(|cmd| match cmd.status {
        Status::TimedOut { silent } => Some((cmd, silent)),
        _ => None,
    });
    if let Some((cmd, silent)) = late {
        let seen = Seen::consequence(&COMMAND_TIMED_OUT).of(&cmd.cmd);
        return Some(match silent {
            true => seen.saying(format!("`{}` printed nothing for so long that it was ended", cmd.cmd)),
            false => seen,
        });
    }
    let health = &HEALTHCHECK_FAILED;
    let smoke = outcome.smoke.as_ref()?;
    if let (Some(whom), SmokeResult::BadStatus(status)) = (smoke.sent_back, &smoke.result) {
        return Some(sent_back(case, whom, *status));
    }
    Some(match &smoke.result {
        SmokeResult::OutOfMemory => Seen::cause(&OUT_OF_MEMORY),
        SmokeResult::LoopbackOnly(address) => Seen::cause(&WRONG_BIND_HOST).of(address),
        SmokeResult::WrongPort { found, expected } => Seen::cause(health)
            .of(found)
            .saying(format!("the app listens on {found}, but the platform asks it on PORT, which is {expected}")),
        SmokeResult::Crashed(exit) if exit.code() == BY_SEGV => Seen::consequence(&SEGMENTATION_FAULT),
        SmokeResult::Crashed(exit) if exit.code() == BY_ILL => Seen::consequence(&ILLEGAL_INSTRUCTION),
        SmokeResult::ExitedEarly { .. } => Seen::consequence(&PROCESS_EXITS_IMMEDIATELY),
        SmokeResult::StillRunning => match schedule(case) {
            Some(shown) => Seen { evidence: vec![shown], ..Seen::cause(&CRON_NEVER_ENDS) },
            None => Seen::consequence(&COMMAND_TIMED_OUT).of(&smoke.cmd),
        },
        SmokeResult::NeverListened if fixes::platform::is_worker(case) => {
            Seen { evidence: asked(case).into_iter().collect(), ..Seen::consequence(health) }
                .saying("the app is a worker, in which nothing listens, and the platform is told to make a health check of it")
                .helped("leave healthcheckPath out: the platform then asks for no page; or serve one for it beside the work")
        }
        SmokeResult::NeverListened => match window(case) {
            Some(shown) => Seen { evidence: vec![shown.1], ..Seen::consequence(health) }
                .saying(format!("the app runs and did not listen within the {} s that healthcheckTimeout gives it", shown.0))
                .helped("raise healthcheckTimeout, or leave it out (Railway then waits 300 s), where the app needs longer to start; check that it listens on 0.0.0.0:$PORT"),
            None => Seen::consequence(health)
                .saying("the app runs but never listens on a port, so the health check finds nobody"),
        },
        SmokeResult::NoAnswer(why) => match window(case) {
            Some(shown) => Seen { evidence: vec![shown.1], ..Seen::consequence(health) }
                .saying(format!("the app listens and did not answer within the {} s that healthcheckTimeout gives it: {why}", shown.0))
                .helped("raise healthcheckTimeout, or leave it out (Railway then waits 300 s), where the app needs longer to start: gunicorn listens before its workers have loaded the app"),
            None => {
                Seen::consequence(health).saying(format!("the app listens but does not answer the health check: {why}"))
            }
        },
        SmokeResult::BadStatus(status) if smoke.refuses_host && *status < 500 => refusal(case)
            .of(status)
            .saying(format!("the app answers HTTP {status} to every host that it does not name, the platform's among them"))
            .helped("name the deploy's host among those that the app lets in (ALLOWED_HOSTS, TrustedHostMiddleware's allowed_hosts, TRUSTED_HOSTS), and healthcheck.railway.app where a health check asks"),
        SmokeResult::BadStatus(status) => Seen {
            is_certain: run::is_of_the_path(*status),
            help: silent_django(case, *status).or(help_for_status(*status)),
            evidence: asked(case).into_iter().collect(),
            ..Seen::consequence(health)
        }
            .of(status)
            .saying(match &outcome.smoke.as_ref()?.led_to {
                Some(path) => format!("the page that `/` sends its visitors to, {path}, answers HTTP {status}"),
                None => format!(
                    "the app answers the health check{} with HTTP {status}, and the platform waits for 200",
                    asked(case).map(|path| format!(" at {}", path.text)).unwrap_or_default()
                ),
            }),
        _ => return None,
    })
}

/// Whom the app sends on to HTTPS in vain.
fn sent_back(case: &Case<'_>, whom: SentBack, status: u16) -> Seen {
    let seen = Seen::cause(&HTTPS_SENT_BACK).of(status);
    match whom {
        SentBack::Visitors => seen.saying(format!(
            "the app sends a visitor to the very page that he asked for (HTTP {status}, over HTTPS), without end"
        )),
        SentBack::HealthCheck => Seen { evidence: asked(case).into_iter().collect(), ..seen }
            .saying(format!("the app sends the health check on to HTTPS (HTTP {status}), and the platform waits for 200 over plain HTTP"))
            .helped("leave the path out of the redirect (Django: SECURE_REDIRECT_EXEMPT), or leave the redirect to the platform, whose edge redirects plain HTTP itself"),
    }
}

/// What to do where Django answers with an error and says nothing of it: with DEBUG off its own logging (Django 6.0) mails the traceback to ADMINS.
fn silent_django(case: &Case<'_>, status: u16) -> Option<&'static str> {
    const LOUD: &str = "the app answers with an error of its own, which Django with DEBUG off mails to ADMINS and prints nowhere: this in settings.py prints its traceback: LOGGING = \
        {\"version\": 1, \"handlers\": {\"console\": {\"class\": \"logging.StreamHandler\"}}, \"root\": {\"handlers\": [\"console\"]}}";
    let is_silent = !case.log.lines().iter().any(|line| line.text.contains("Traceback (most recent call last)"));
    (status >= 500 && is_silent && case.project.is_some_and(|project| project.has_file("manage.py"))).then_some(LOUD)
}

/// Who refuses hosts by their names.
fn refusal(case: &Case<'_>) -> Seen {
    let is_django = case.project.is_some_and(|project| project.has_file("manage.py"));
    Seen::consequence(if is_django { &DJANGO_ALLOWED_HOSTS } else { &HEALTHCHECK_FAILED })
}

fn diagnosis(
    case: &Case<'_>,
    rule: &Rule,
    subject: Option<&str>,
    message: Option<String>,
    evidence: &[Evidence],
) -> Diagnosis {
    Diagnosis {
        rule: rule.id,
        severity: Severity::Error,
        message: message.unwrap_or_else(|| rule.message_for(subject)),
        subject: subject.map(str::to_owned),
        evidence: evidence.to_vec(),
        certainty: Certainty::Certain,
        help: Some(rule.help_for(subject, case.builder_kind())),
        fixes: fixes::of(case, rule, subject),
    }
}
