//! From what a run left behind to what is said of it.

use super::Rehearsal;
use crate::catalog::libraries;
use crate::catalog::nix_packages::package;
use crate::diagnose::{self, Case};
use crate::finding::Diagnosis;
use crate::log::Log;
use crate::plan::Plan;
use crate::platform::Deploy;
use crate::project::Project;
use crate::run::{Outcome, Verdict};
use crate::sandbox::{Kept, MissingLibrary, Unverified};

/// What a run left behind.
pub(super) struct Found {
    pub(super) outcome: Outcome,
    pub(super) deploy: Deploy,
    pub(super) log: Log,
    pub(super) missing: Vec<MissingLibrary>,
    pub(super) unverified: Vec<Unverified>,
    pub(super) kept: Option<Kept>,
}

impl Found {
    /// Looks for the cause in what the run printed.
    pub(super) fn rehearsal(self, project: &Project, plan: Plan, backend: String, reason: String) -> Rehearsal {
        let Self { outcome, deploy, log, missing, mut unverified, kept } = self;
        if outcome.verdict() == Verdict::Works {
            unverified.extend(missing.iter().map(dormant));
        }
        let failed = outcome.verdict() == Verdict::Fails;
        let mut diagnoses = match failed {
            true => diagnose::diagnose(&Case {
                project: Some(project),
                log: &log,
                outcome: Some(&outcome),
                deploy: Some(&deploy),
                missing_libraries: &missing,
            }),
            false => Vec::new(),
        };
        let telling = match failed && diagnoses.is_empty() {
            true => diagnose::telling_lines(&log, outcome.failing_phase()),
            false => Vec::new(),
        };
        let primary = diagnoses.first().and_then(|diagnosis| diagnose::rule(diagnosis.rule));
        let transient = primary.is_some_and(|rule| rule.transient);
        let absent = diagnoses.first().and_then(|primary| absent(primary, &plan, &unverified));
        if let (Some(absent), Some(primary)) = (&absent, diagnoses.first_mut()) {
            // The project asks for it already: there is nothing to mend.
            primary.fixes.clear();
            primary.help = Some(format!("run it where {} can be had: --backend nix or docker", absent.what));
        }
        let suspects = Vec::new();
        Rehearsal {
            plan,
            backend,
            reason,
            outcome,
            diagnoses,
            telling,
            unverified,
            transient,
            absent,
            suspects,
            kept,
            ..Rehearsal::default()
        }
    }
}

/// The declared package that would have brought what is missing, had this machine had it.
fn absent(primary: &Diagnosis, plan: &Plan, unverified: &[Unverified]) -> Option<Unverified> {
    let of_a_package = diagnose::rule(primary.rule).is_some_and(|rule| rule.is_of_a_package);
    let keys = plan.package_keys();
    let wanted = primary.subject.as_deref().filter(|_| of_a_package)?;
    let brings = |name: &str| {
        let known = [libraries::library(wanted), libraries::header(wanted)].into_iter().flatten();
        let base = name.split('.').next().unwrap_or(name);
        let host = package(name).is_some_and(|package| {
            package.commands.contains(&wanted) || package.headers.iter().any(|header| wanted.starts_with(header))
        });
        host || name == wanted
            || base == wanted
            || known.into_iter().any(|packages| [packages.nix, packages.apt].contains(&name))
    };
    let is_absent = |note: &&Unverified| {
        let declared = note.what.split_once(": ").filter(|(key, _)| keys.iter().any(|known| known == key));
        declared.is_some_and(|(_, name)| brings(name))
    };
    unverified.iter().find(is_absent).cloned()
}

/// A library that the cloud lacks and that this run happened not to load.
fn dormant(missing: &MissingLibrary) -> Unverified {
    let owner = missing.distribution.as_deref().unwrap_or("an installed package");
    let cure = missing.nix_lib.as_ref().map(|lib| format!("; nixLibs = [\"...\", \"{lib}\"] provides it"));
    Unverified {
        what: missing.soname.clone(),
        why: format!(
            "{owner} needs it ({}), the cloud does not have it, and this run did not load it{}",
            missing.needed_by.display(),
            cure.unwrap_or_default()
        ),
    }
}
