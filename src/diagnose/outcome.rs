//! What a run of our own found out beyond its log.

use super::diagnosis::{Certainty, Diagnosis, Evidence, Severity};
use super::judge::Case;
use super::{cures, names, rules};
use crate::project::Source;
use crate::run::SmokeResult;

/// Adds what the smoke probe and the library audit know.
pub(super) fn amend(case: &Case<'_>, diagnoses: &mut Vec<Diagnosis>) {
    if let Some((id, subject)) =
        case.outcome.and_then(|outcome| outcome.smoke.as_ref()).and_then(|smoke| smoked(&smoke.result))
        && !diagnoses.iter().any(|known| known.rule == id)
    {
        add(case, diagnoses, id, subject.as_deref(), &[]);
    }
    for library in case.missing_libraries {
        let known = diagnoses
            .iter()
            .any(|known| known.rule == "missing-shared-library" && known.subject.as_deref() == Some(&library.soname));
        if !known {
            let evidence =
                Evidence { source: Source::file(&library.needed_by), text: format!("needs {}", library.soname) };
            add(case, diagnoses, "missing-shared-library", Some(&library.soname), &[evidence]);
        }
    }
}

fn smoked(result: &SmokeResult) -> Option<(&'static str, Option<String>)> {
    match result {
        SmokeResult::ExitedEarly { .. } => Some(("process-exits-immediately", None)),
        SmokeResult::OutOfMemory => Some(("out-of-memory", None)),
        SmokeResult::LoopbackOnly(address) => Some(("wrong-bind-host", Some(address.to_string()))),
        SmokeResult::WrongPort { found, .. } => Some(("healthcheck-failed", Some(found.to_string()))),
        SmokeResult::NeverListened | SmokeResult::NoAnswer(_) => Some(("healthcheck-failed", None)),
        SmokeResult::BadStatus(status) => Some(("healthcheck-failed", Some(format!("status {status}")))),
        _ => None,
    }
}

fn add(case: &Case<'_>, diagnoses: &mut Vec<Diagnosis>, id: &str, subject: Option<&str>, evidence: &[Evidence]) {
    let Some(rule) = rules::rule(id) else { return };
    let library = subject
        .and_then(names::library)
        .map(|packages| format!(" (nixLibs: \"{}\")", packages.nix))
        .unwrap_or_default();
    diagnoses.push(Diagnosis {
        rule: rule.id,
        severity: Severity::Error,
        message: format!(
            "{}{}",
            rule.message_for(subject),
            if id == "missing-shared-library" { library } else { String::new() }
        ),
        subject: subject.map(str::to_owned),
        evidence: evidence.to_vec(),
        certainty: Certainty::Certain,
        advice: Some(rule.cure_for(subject)),
        fixes: cures::of(case, rule, subject),
    });
}
