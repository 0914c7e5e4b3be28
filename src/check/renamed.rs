//! Programs that a package brings under another name now.

use super::facts::Facts;
use super::facts::command::Invocation;
use super::facts::release::Release;
use super::facts::start::Start;
use super::finding::{Check, Findings};
use crate::catalog::servers::{Renamed, renamed};

/// A program that the release which is installed has no more, as a finding of `check`.
pub(super) fn program(
    check: &Check,
    facts: &Facts<'_>,
    start: &Start<'_>,
    invocation: &Invocation<'_>,
    findings: &mut Findings,
) {
    let Some(&Renamed { program, now, package, first, python }) = renamed(invocation.program) else { return };
    let release = Release { of: package, first, python };
    if release.is_in(facts) != Some(true) {
        return;
    }
    let better = start.command.replacen(program, now, 1);
    let finding = check
        .found(format!("{package} brings no `{program}` since {}.{}: the program is `{now}`", first[0], first[1]))
        .about(program)
        .at(start.source.clone(), start.command);
    findings.push(finding.fix(format!("start `{now}`"), start.replaced_with(facts, &better)));
}
