//! What the detectors have found so far.

use crate::diagnose::table::{Finding, Rule};

/// Adds a finding.
pub(super) fn find<'f>(found: &'f mut Vec<Finding>, rule: &'static Rule, at: usize, rank: u8) -> &'f mut Finding {
    found.push(Finding::new(rule, at, rank));
    let last = found.len() - 1;
    &mut found[last]
}

/// Whether a line shows a rule already.
pub(super) fn shows(found: &[Finding], at: usize, rules: &[&Rule]) -> bool {
    found.iter().any(|known| known.at == at && rules.contains(&known.rule))
}
