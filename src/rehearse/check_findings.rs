//! What `check` knows of the project, beside what the log of a run says.

use super::rehearsal::Rehearsal;
use crate::catalog::debian;
use crate::catalog::libraries::library;
use crate::check::checks;
use crate::check::system_needs::LIBRARY;
use crate::check::variables::MISSING as MISSING_VARIABLES;
use crate::check::{entry, plan};
use crate::diagnose::{Explanation, HEALTHCHECK_FAILED, rule};
use crate::finding::{Certainty, Diagnosis, Edit, Evidence, Severity};
use crate::run::{SmokeResult, Status, Verdict};

/// Whether a finding ends the deploy whatever a run here shows.
fn decides(finding: &Diagnosis) -> bool {
    finding.severity == Severity::Error
        && finding.certainty == Certainty::Certain
        && checks().any(|check| check.id == finding.rule && check.decides)
}

/// Whether a finding is likely to end the deploy, and a run here cannot refute it.
fn doubts(finding: &Diagnosis) -> bool {
    finding.severity == Severity::Error
        && finding.certainty != Certainty::Certain
        && checks().any(|check| check.id == finding.rule && check.doubts)
}

/// Whether a log names a field of settings, and a text the variable that it is read from: `KEY`, and `TILL_KEY` or `KEY__FILE`.
fn is_field_of(field: &str, text: &str) -> bool {
    let mut names = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let is_read = |name: &str| {
        let inner = format!("{field}__");
        name.strip_suffix(field).is_some_and(|prefix| prefix.ends_with('_'))
            || name.starts_with(&inner)
            || name.contains(&format!("_{inner}"))
    };
    names.clone().all(|name| name != field) && names.any(is_read)
}

impl Rehearsal {
    /// Adds what can be known without a run.
    pub(super) fn add_known(&mut self, findings: Vec<Diagnosis>) {
        match self.outcome.verdict() {
            Verdict::Works => self.add_beside_success(findings),
            Verdict::Fails => self.add_to_failure(findings),
            Verdict::CannotTell => {}
        }
    }

    /// Beside a run that worked, only checks that decide or leave in doubt may change the verdict; the others become warnings, where
    /// the start was run, loaded the app's code and so refutes them.
    fn add_beside_success(&mut self, findings: Vec<Diagnosis>) {
        let is_refuted = self.outcome.smoke.as_ref().is_some_and(|smoke| smoke.was_visited != Some(false));
        let is_told = |finding: &Diagnosis| {
            self.diagnoses.iter().any(|known| known.rule == finding.rule && known.subject == finding.subject)
        };
        let notable: Vec<Diagnosis> =
            findings.into_iter().filter(|finding| finding.severity > Severity::Note && !is_told(finding)).collect();
        let notable = notable.into_iter();
        let (deciding, others): (Vec<_>, Vec<_>) =
            notable.partition(|finding| !is_refuted || decides(finding) || doubts(finding));
        let others = others.into_iter().map(|finding| Diagnosis { severity: Severity::Warning, ..finding });
        let (certain, doubtful): (Vec<_>, Vec<_>) = deciding.into_iter().partition(decides);
        // What is certain is the cause before what is likely.
        let likely = self.diagnoses.iter().position(|known| known.certainty == Certainty::Likely);
        let place = likely.unwrap_or(self.diagnoses.len());
        self.diagnoses.splice(place..place, certain);
        self.diagnoses.extend(doubtful.into_iter().chain(others));
    }

    /// Fixes for a cause that the log named, and a cause where it named none.
    fn add_to_failure(&mut self, mut findings: Vec<Diagnosis>) {
        let nameless = self.diagnoses.is_empty();
        self.join_libraries(&mut findings);
        let primary = self.diagnoses.first();
        let explanations = primary.and_then(|primary| rule(primary.rule)).map_or(&[][..], |rule| rule.explained_by);
        let has_fix = primary.is_some_and(|primary| !primary.fixes.is_empty());
        let mut explanations = explanations.iter().filter(|known| known.over_fixes || !has_fix);
        let is_of = |known: &Explanation, finding: &Diagnosis| {
            !known.of_subject || primary.is_some_and(|primary| is_brought_by(primary, finding))
        };
        let explains = |known: &Explanation, finding: &Diagnosis| finding.rule == known.by.id && is_of(known, finding);
        let cause = explanations.find_map(|known| {
            let at = findings.iter().position(|finding| explains(known, finding))?;
            Some((at, known.over_fixes))
        });
        // That the health check failed is never more than a consequence: of the port, where the app was found at another.
        let is_consequence = primary.is_some_and(|primary| primary.rule == HEALTHCHECK_FAILED.id);
        let result = self.outcome.smoke.as_ref().map(|smoke| &smoke.result);
        let is_elsewhere = matches!(result, Some(SmokeResult::WrongPort { .. }));
        let cause = cause.filter(|_| !is_consequence || is_elsewhere);
        let overrules = cause.is_some_and(|(_, over_fixes)| over_fixes);
        let is_told = cause.is_some() && is_consequence;
        let cause = cause.map(|(at, _)| at).or_else(|| findings.iter().position(decides).filter(|_| is_consequence));
        let cause = findings.iter().position(|finding| self.is_of_the_failed(finding)).or(cause);
        // What to do about a mere consequence would lead astray.
        if let Some(explained) = self.diagnoses.first_mut().filter(|_| overrules) {
            explained.help = None;
        }
        if let Some(at) = cause {
            // What was a mere remark before the run is what broke it.
            let mut cause = Diagnosis { severity: Severity::Error, ..findings.remove(at) };
            let is_same = self.diagnoses.first().is_some_and(|primary| primary.rule == cause.rule);
            if is_told || is_same {
                let seen = self.diagnoses.remove(0).evidence.into_iter().filter(|_| is_same);
                let seen: Vec<Evidence> =
                    seen.filter(|seen| cause.evidence.iter().all(|known| known.source != seen.source)).collect();
                cause.evidence.splice(0..0, seen);
            }
            self.diagnoses.insert(0, cause);
        }
        let (errors, others): (Vec<_>, Vec<_>) =
            findings.into_iter().partition(|finding| finding.severity == Severity::Error);
        self.suspects = errors.iter().chain(&others).filter(|other| self.may_mend(other)).cloned().collect();
        // The log names the variable that was missed first, and the code reads others: one rehearsal for all of them. What the log
        // names as well is a mere remark no more.
        let is_told = |other: &Diagnosis| {
            let same = |known: &Diagnosis| known.rule == other.rule && known.subject == other.subject;
            other.rule == MISSING_VARIABLES.id || other.subject.is_some() && self.diagnoses.iter().any(same)
        };
        let told: Vec<Diagnosis> = others.into_iter().filter(is_told).collect();
        for finding in errors.into_iter().chain(told) {
            match self.diagnoses.iter_mut().find(|known| known.rule == finding.rule) {
                Some(known) => {
                    let is_better = OF_THE_PROJECT.contains(&finding.rule);
                    let is_new = |evidence: &Evidence| known.evidence.iter().all(|seen| seen.source != evidence.source);
                    let places: Vec<Evidence> = finding.evidence.into_iter().filter(is_new).collect();
                    if finding.rule == MISSING_VARIABLES.id && !places.is_empty() {
                        if known.subject.as_deref().is_some_and(|field| is_field_of(field, &finding.message)) {
                            known.message.clone_from(&finding.message);
                            known.subject.clone_from(&finding.subject);
                        }
                        known.help.clone_from(&finding.help);
                    }
                    known.evidence.extend(places);
                    // What was read in the project says more of the same thing than a rule can.
                    if let Some(help) = finding.help.filter(|_| is_better) {
                        known.message = finding.message;
                        known.help = Some(help);
                    }
                    if known.fixes.is_empty() {
                        known.fixes = finding.fixes;
                    }
                }
                None if nameless && finding.severity == Severity::Error => self.diagnoses.push(finding),
                None => {}
            }
        }
        if nameless && !self.diagnoses.is_empty() {
            self.telling.clear();
        }
    }

    /// Whether a finding is about the very command that failed: whatever that one said, it was not what its author wrote.
    fn is_of_the_failed(&self, finding: &Diagnosis) -> bool {
        let mut commands = self.outcome.phases.iter().flat_map(|phase| &phase.cmds);
        let failed = commands.find(|command| matches!(command.status, Status::Failed(_)));
        let is_sure = finding.severity == Severity::Error && finding.certainty == Certainty::Certain;
        is_sure && failed.is_some_and(|command| finding.subject.as_ref() == Some(&command.cmd))
    }

    /// The libraries that a run found missing one by one, and that one requirement wants all of, are told by that requirement: one edit
    /// gives them all, and another may spare them.
    fn join_libraries(&mut self, findings: &mut Vec<Diagnosis>) {
        let is_of = |finding: &Diagnosis, known: &Diagnosis| {
            let packages = known.subject.as_deref().filter(|_| known.rule == LIBRARY.id).and_then(library);
            packages.is_some_and(|packages| {
                let brings = |edit: &Edit| match edit {
                    Edit::AddItem { item, .. } => item == packages.nix || item == packages.apt,
                    _ => false,
                };
                finding.fixes.iter().flat_map(|fix| &fix.edits).any(brings)
            })
        };
        let whole = |finding: &Diagnosis| {
            finding.rule == LIBRARY.id && self.diagnoses.first().is_some_and(|primary| is_of(finding, primary))
        };
        let Some(at) = findings.iter().position(whole) else { return };
        let mut finding = findings.remove(at);
        let (parts, others): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.diagnoses).into_iter().partition(|known| is_of(&finding, known));
        finding.severity = Severity::Error;
        finding.certainty = Certainty::Certain;
        finding.evidence.extend(parts.into_iter().flat_map(|part| part.evidence));
        let mut places = Vec::new();
        finding.evidence.retain(|evidence| {
            let is_new = !places.contains(&evidence.source);
            places.push(evidence.source.clone());
            is_new
        });
        self.diagnoses = std::iter::once(finding).chain(others).collect();
    }

    fn may_mend(&self, finding: &Diagnosis) -> bool {
        finding.severity > Severity::Note
            && !finding.fixes.is_empty()
            && self.diagnoses.iter().all(|known| known.rule != finding.rule)
    }
}

/// Whether two speak of one thing: by its name, or by that of the Debian package which brings it.
fn is_brought_by(missed: &Diagnosis, finding: &Diagnosis) -> bool {
    let package = |missed: &str| library(missed).map(|known| known.apt).or_else(|| debian::of_program(missed));
    missed.subject == finding.subject
        || missed
            .subject
            .as_deref()
            .and_then(package)
            .is_some_and(|package| finding.subject.as_deref() == Some(package))
}

/// Checks that say where the project itself has what a rule advises on in general.
const OF_THE_PROJECT: &[&str] = &[entry::ATTRIBUTE.id, plan::NO_PLAN.id];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Fix;
    use crate::run::{CmdOutcome, Outcome, PhaseOutcome, Smoke, SmokeResult, Status};
    use crate::sandbox::process::Exit;
    use std::time::Duration;

    fn built(status: Status) -> Rehearsal {
        let phases = vec![PhaseOutcome { name: "install".into(), status, cmds: Vec::new() }];
        Rehearsal { outcome: Outcome { phases, smoke: None }, ..Rehearsal::default() }
    }

    fn finding(rule: &'static str, severity: Severity) -> Diagnosis {
        Diagnosis {
            rule,
            severity,
            message: String::new(),
            subject: None,
            evidence: Vec::new(),
            certainty: Certainty::Certain,
            help: None,
            fixes: Vec::new(),
        }
    }

    #[test]
    fn what_no_run_here_can_show_decides_over_one_that_works() {
        let mut rehearsal = built(Status::Passed);
        rehearsal.add_known(vec![finding("run-image-loses-venv", Severity::Error)]);
        assert_eq!(rehearsal.verdict(), Verdict::Fails);
        assert_eq!(rehearsal.primary().map(|primary| primary.rule), Some("run-image-loses-venv"));
    }

    #[test]
    fn what_is_likely_to_end_the_deploy_leaves_it_in_doubt() {
        let mut rehearsal = built(Status::Passed);
        let likely = finding("railpack-python-unattested", Severity::Error);
        rehearsal.add_known(vec![Diagnosis { certainty: Certainty::Likely, ..likely }]);
        assert_eq!(rehearsal.verdict(), Verdict::CannotTell);
        assert_eq!(rehearsal.primary().map(|primary| primary.rule), Some("railpack-python-unattested"));
    }

    #[test]
    fn a_list_that_takes_a_library_away_is_the_cause_of_that_library_alone() {
        let primary = |lost: &str| {
            let mut rehearsal = built(Status::Passed);
            rehearsal.outcome.smoke = Some(Smoke::of(SmokeResult::Crashed(Exit::Code(1))));
            let missed = finding(LIBRARY.id, Severity::Error);
            rehearsal.diagnoses = vec![Diagnosis { subject: Some("libpq.so.5".to_owned()), ..missed }];
            let list = finding("railpack-apt-packages-replaced", Severity::Warning);
            rehearsal.add_known(vec![Diagnosis { subject: Some(lost.to_owned()), ..list }]);
            rehearsal.primary().map(|primary| primary.rule)
        };
        assert_eq!(primary("libpq5"), Some("railpack-apt-packages-replaced"));
        assert_eq!(primary("ffmpeg"), Some(LIBRARY.id));
    }

    #[test]
    fn an_error_stays_one_where_the_start_was_not_run() {
        let mut rehearsal = built(Status::Passed);
        rehearsal.add_known(vec![finding("wrong-bind-host", Severity::Error)]);
        assert_eq!(rehearsal.verdict(), Verdict::Fails);
    }

    #[test]
    fn an_error_that_the_run_has_refuted_is_told_as_a_warning() {
        let mut rehearsal = built(Status::Passed);
        rehearsal.outcome.smoke = Some(Smoke::of(SmokeResult::StayedUp));
        rehearsal.add_known(vec![finding("wrong-bind-host", Severity::Error), finding("no-display", Severity::Note)]);
        assert_eq!(rehearsal.verdict(), Verdict::Works);
        assert_eq!(rehearsal.primary(), None);
        let diagnoses: Vec<_> =
            rehearsal.diagnoses.iter().map(|diagnosis| (diagnosis.rule, diagnosis.severity)).collect();
        assert_eq!(diagnoses, [("wrong-bind-host", Severity::Warning)]);
    }

    #[test]
    fn what_is_wrong_with_the_failed_command_itself_is_the_cause() {
        let command =
            |cmd: &str, status| CmdOutcome { cmd: cmd.to_owned(), status, took: Duration::ZERO, origin: None };
        let mut rehearsal = built(Status::Failed(Exit::Code(2)));
        rehearsal.outcome.phases[0].cmds =
            vec![command("true", Status::Passed), command("echo 'a b'", Status::Failed(Exit::Code(2)))];
        rehearsal.diagnoses = vec![finding("python-syntax-error", Severity::Error)];
        let of = |cmd: &str| Diagnosis {
            subject: Some(cmd.to_owned()),
            ..finding("railpack-quote-in-command", Severity::Error)
        };
        rehearsal.add_known(vec![of("true")]);
        assert_eq!(rehearsal.primary().map(|primary| primary.rule), Some("python-syntax-error"));
        rehearsal.add_known(vec![of("echo 'a b'")]);
        assert_eq!(rehearsal.primary().map(|primary| primary.rule), Some("railpack-quote-in-command"));
    }

    /// Selenium's missing browser is a warning of `check`, which does not know whether the start comes to it; its fix holds all the same.
    #[test]
    fn a_remark_of_what_the_log_names_as_well_lends_its_fix() {
        let id = "missing-system-binary";
        let known = |subject: &str| Diagnosis { subject: Some(subject.to_owned()), ..finding(id, Severity::Warning) };
        let fix = |summary: &str| Fix { summary: summary.to_owned(), edits: Vec::new() };
        let mut rehearsal = built(Status::TimedOut { silent: false });
        rehearsal.diagnoses = vec![Diagnosis { severity: Severity::Error, ..known("chromium") }];
        rehearsal.add_known(vec![
            Diagnosis { fixes: vec![fix("of another")], ..known("ffmpeg") },
            Diagnosis { fixes: vec![fix("its own")], ..known("chromium") },
        ]);
        assert_eq!(rehearsal.diagnoses[0].fixes, [fix("its own")]);
    }

    #[test]
    fn a_consequence_keeps_no_advice_of_its_own() {
        let mut rehearsal = built(Status::TimedOut { silent: false });
        let told = Diagnosis { help: Some("add it".to_owned()), ..finding("start-program-not-found", Severity::Error) };
        rehearsal.diagnoses = vec![told];
        rehearsal.add_known(vec![finding("workspace-member-not-installed", Severity::Error)]);
        let rules: Vec<_> = rehearsal.diagnoses.iter().map(|known| (known.rule, known.help.is_some())).collect();
        assert_eq!(rules, [("workspace-member-not-installed", false), ("start-program-not-found", false)]);
    }

    #[test]
    fn libraries_that_one_requirement_wants_are_told_by_it() {
        let missing =
            |soname: &str| Diagnosis { subject: Some(soname.to_owned()), ..finding(LIBRARY.id, Severity::Error) };
        let add = |item: &str| Edit::AddItem {
            path: "nixpacks.toml".into(),
            key: Vec::new(),
            item: item.to_owned(),
            first: false,
        };
        let fix = crate::finding::Fix { summary: "add all".to_owned(), edits: vec![add("libGL"), add("xorg.libxcb")] };
        let whole =
            Diagnosis { message: "opencv".to_owned(), fixes: vec![fix], ..finding(LIBRARY.id, Severity::Error) };
        let mut rehearsal = built(Status::Failed(crate::sandbox::process::Exit::Code(1)));
        rehearsal.diagnoses = vec![missing("libxcb.so.1"), missing("libGL.so.1"), missing("libzbar.so.0")];
        rehearsal.add_known(vec![whole]);
        let told: Vec<_> =
            rehearsal.diagnoses.iter().map(|known| known.subject.as_deref().unwrap_or(&known.message)).collect();
        assert_eq!(told, ["opencv", "libzbar.so.0"]);
    }

    #[test]
    fn a_port_that_is_fixed_in_the_code_is_told_in_place_of_the_health_check_that_it_fails() {
        let told = |result: SmokeResult| {
            let mut rehearsal = built(Status::Passed);
            rehearsal.outcome.smoke = Some(Smoke::of(result));
            rehearsal.diagnoses = vec![finding(HEALTHCHECK_FAILED.id, Severity::Error)];
            rehearsal.add_known(vec![finding("hard-coded-port", Severity::Warning)]);
            rehearsal.diagnoses.iter().map(|known| known.rule).collect::<Vec<_>>()
        };
        let elsewhere = SmokeResult::WrongPort { found: "0.0.0.0:5000".parse().unwrap(), expected: 8080 };
        assert_eq!(told(elsewhere), ["hard-coded-port"]);
        assert_eq!(told(SmokeResult::BadStatus(403)), ["healthcheck-failed"]);
        assert_eq!(told(SmokeResult::NeverListened), ["healthcheck-failed"]);
    }

    #[test]
    fn a_field_of_settings_is_told_by_the_variable_that_it_is_read_from() {
        let told = |field: &str, message: &str| {
            let seen = |source: &str| Evidence { source: crate::project::Source::file(source), text: String::new() };
            let mut rehearsal = built(Status::Failed(crate::sandbox::process::Exit::Code(1)));
            let of_log = finding(MISSING_VARIABLES.id, Severity::Error);
            rehearsal.diagnoses =
                vec![Diagnosis { subject: Some(field.to_owned()), message: "a log".to_owned(), ..of_log }];
            let known = finding(MISSING_VARIABLES.id, Severity::Warning);
            rehearsal.add_known(vec![Diagnosis {
                message: message.to_owned(),
                evidence: vec![seen("conf.py")],
                ..known
            }]);
            rehearsal.diagnoses[0].message.clone()
        };
        for message in ["TILL_KEY is read", "KEY__FILE is read", "TILL_KEY__FILE is read"] {
            assert_eq!(told("KEY", message), message);
        }
        for message in ["KEY is read", "MONKEY is read", "KEY and TILL_KEY are read"] {
            assert_eq!(told("KEY", message), "a log");
        }
    }

    #[test]
    fn an_interrupted_run_is_told_nothing() {
        let mut rehearsal = built(Status::Interrupted);
        rehearsal.add_known(vec![finding("run-image-loses-venv", Severity::Error)]);
        assert_eq!(rehearsal.diagnoses, []);
    }
}
