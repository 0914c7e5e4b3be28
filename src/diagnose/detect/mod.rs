//! From a log to everything that any rule finds in it, unranked.
//!
//! Three steps, and the order within the second is the only one that matters:
//! 1. every signature of the table on every line;
//! 2. the detectors, which read tracebacks and several lines. Each sees what was found before it;
//! 3. every finding is completed by its rule's own `refine`, which sees that finding alone.

mod builds;
mod code;
mod compiled;
mod environments;
mod extras;
mod found;
mod handled;
mod imports;
mod refused;
mod removed;
pub(super) mod requests;
mod serving;
mod shadowed;
pub(super) mod variables;
mod versions;

use super::table::Finding;
use super::table::SIGNATURES;
use super::view::LogView;
use crate::log::traceback::{Raised, ends};

/// Whether an exception ended what was installed before, and neither an installer nor the build of a package.
pub(super) fn runs(raised: &Raised) -> bool {
    !imports::is_building(raised) && !imports::is_installer(raised) && !imports::is_tool(raised)
}

/// More than lines: what tracebacks or several lines show.
type Detector = fn(&LogView<'_>, &mut Vec<Finding>);

const DETECTORS: &[Detector] = &[
    // First, since a missing module is also an exception of the app: an import takes away what signatures guessed of it.
    imports::detect,
    // After it: what a part of a package misses is what its extra brings, not the module that it names first.
    extras::detect,
    // After it: what the interpreter says without a traceback counts only at lines that named nothing.
    imports::detect_interpreter,
    // What the interpreter says of a file in the place of a module is told as a missing name, or as a circle.
    shadowed::detect,
    // A name that is gone takes away what was guessed of its line.
    removed::detect,
    // So does an old copy of six, and what was tried in its place.
    removed::detect_copies,
    environments::detect,
    variables::detect,
    versions::detect,
    builds::detect,
    serving::detect,
    refused::detect,
    // Last, since an exception of the app's own is what remains when nothing else explains it.
    code::detect,
];

/// Findings kept of one rule's signatures.
const OF_A_RULE: usize = 200;

/// Everything that any rule finds in the log, unranked.
pub(super) fn findings(view: &LogView<'_>) -> Vec<Finding> {
    let mut found = by_signatures(view);
    ends(&mut found, OF_A_RULE, |finding| finding.rule.id);
    for detect in DETECTORS {
        detect(view, &mut found);
    }
    found.retain_mut(|finding| finding.rule.refine.is_none_or(|refine| refine(view, finding)));
    found
}

fn by_signatures(view: &LogView<'_>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for (at, line) in view.lines.iter().enumerate() {
        if line.text.len() < 4 {
            continue;
        }
        for known in SIGNATURES.worth_a_look(&line.text) {
            if known.rule.unless.iter().any(|word| line.text.contains(word)) {
                continue;
            }
            let Some(captures) = known.pattern.captures(&line.text) else { continue };
            let mut finding = Finding::new(known.rule, at, known.signature.rank);
            finding.subject = captures
                .iter()
                .skip(1)
                .flatten()
                .map(|group| address(group.as_str().trim()))
                .find(|subject| !subject.is_empty())
                // A line of code shows the text that it makes a message of, with holes in it.
                .filter(|subject| !subject.contains('{') || !is_raise(&line.text));
            // Several signatures of a rule in one line are one finding.
            if !found.iter().rev().take_while(|known| known.at == at).any(|known| *known == finding) {
                found.push(finding);
            }
        }
    }
    let shown: Vec<_> = found.iter().map(|finding| (finding.rule, finding.at)).collect();
    let says_below = |finding: &Finding| {
        shown.iter().any(|(rule, at)| *rule == finding.rule && (1..=4).contains(&at.wrapping_sub(finding.at)))
    };
    found.retain(|finding| !is_raise(view.text(finding.at)) || !says_below(finding));
    found
}

/// What was found, where it is an address that Python shows as a tuple (`'127.0.0.1', 5432`) as one is written.
fn address(found: &str) -> String {
    let found = found.trim_end_matches(':');
    match found.split_once("', ") {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{}:{port}", host.trim_start_matches('\''))
        }
        _ => found.to_owned(),
    }
}

/// Whether a line is the code of a traceback that raises what stands below it.
fn is_raise(text: &str) -> bool {
    text.trim_start_matches([' ', '|', '│']).starts_with("raise ")
}
