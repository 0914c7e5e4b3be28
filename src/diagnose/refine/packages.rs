//! Which package was being built when a build failed.

use std::sync::LazyLock;

use regex::Regex;

use crate::diagnose::rank::Finding;
use crate::diagnose::view::LogView;

/// Lines that name the package being built, best first.
static NAMED: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    [
        r"Failed building wheel for (\S+)",
        r"(?:Could not build wheels for|Failed to build installable wheels for .*pyproject\.toml based projects \(|Failed to build) [`']?([\w.-]+(?:==[\w.]+)?)",
        r"Failed to (?:download and )?build:? `([^`]+)`",
        r"Building wheel for (\S+) \(",
        r"([A-Za-z][\w.-]*)\.egg-info",
        r"/pip-install-\w+/([\w.-]+?)_[0-9a-f]{16,}/",
        r"^\s*Collecting ([^\s(]+)",
    ]
    .iter()
    .filter_map(|pattern| Regex::new(pattern).ok())
    .collect()
});

/// Lines above and below among which the name is looked for.
const NEAR: usize = 400;

/// The subject is the package that was being built.
pub(in crate::diagnose) fn being_built(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if finding.subject.is_none() {
        finding.subject = package_at(view, finding.at);
    }
    true
}

fn package_at(view: &LogView<'_>, at: usize) -> Option<String> {
    let after = at..view.lines.len().min(at + NEAR);
    let before = (at.saturating_sub(NEAR)..at).rev();
    if let Some(name) = mentioned_above(view, at) {
        return Some(name);
    }
    NAMED.iter().find_map(|regex| {
        after.clone().chain(before.clone()).find_map(|index| {
            regex.captures(view.text(index)).map(|found| found[1].trim_end_matches([',', '.']).to_owned())
        })
    })
}

/// The name that pip prints alone on a line, above "This is an issue with the package mentioned above".
fn mentioned_above(view: &LogView<'_>, at: usize) -> Option<String> {
    let note = (at..view.lines.len().min(at + NEAR))
        .find(|index| view.text(*index).contains("issue with the package mentioned above"))?;
    let above = (at..note)
        .rev()
        .map(|index| view.text(index).trim_start_matches([' ', '╰', '─', '>']))
        .find(|text| !text.is_empty())?;
    let is_name = !above.contains(' ') && above.starts_with(|c: char| c.is_ascii_alphabetic());
    is_name.then(|| above.to_owned())
}
