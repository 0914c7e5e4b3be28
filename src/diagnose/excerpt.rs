//! The lines of a log that are worth showing.

use crate::finding::Evidence;
use crate::log::{Line, Log};
use crate::project::Source;

/// The longest line that is worth showing.
const SHOWN: usize = 400;

pub(super) fn evidence_of(line: &Line) -> Evidence {
    let mut text: String = line.text.trim().chars().take(SHOWN).collect();
    if line.text.trim().chars().nth(SHOWN).is_some() {
        text.push('…');
    }
    Evidence { source: Source::Log { phase: line.phase.as_deref().map(str::to_owned), line: line.number }, text }
}

/// The lines that say most about a failure whose cause no rule knows, in the order of the log. Of a log that was recorded
/// by phase only those of the phase that failed: what an earlier one printed was no failure.
pub fn telling_lines(log: &Log, phase: Option<&str>) -> Vec<Evidence> {
    const MOST: usize = 8;
    let of_phase = |line: &Line| phase.is_none() || line.phase.is_none() || line.phase.as_deref() == phase;
    let lines: Vec<&Line> = log.lines().iter().filter(|line| of_phase(line)).collect();
    let mut scored: Vec<(i32, usize)> =
        lines.iter().enumerate().filter_map(|(at, line)| Some((loudness(&line.text)?, at))).collect();
    scored.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
    let mut chosen: Vec<usize> = Vec::new();
    for (_, at) in scored {
        let text = lines[at].text.trim();
        if chosen.len() < MOST && !chosen.iter().any(|known| lines[*known].text.trim() == text) {
            chosen.push(at);
        }
    }
    if chosen.is_empty() {
        // Nothing is loud, so the last words have to do.
        let spoken = lines.iter().enumerate().filter(|(_, line)| !line.text.trim().is_empty());
        chosen.extend(spoken.map(|(at, _)| at).rev().take(MOST));
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|at| evidence_of(lines[at])).collect()
}

/// How much a line looks like the account of a failure; `None` for rulers, hints and the like around one.
fn loudness(text: &str) -> Option<i32> {
    const NOISE: &[&str] = &[
        "[notice]",
        "did not complete successfully",
        "failed to solve",
        "See above for output",
        "upgrade pip",
        "note: This",
        "hint: ",
    ];
    const LOUD: &[(&str, i32)] = &[
        ("fatal", 5),
        ("error:", 5),
        ("exception", 4),
        ("panic", 5),
        ("traceback", 2),
        ("failed", 3),
        ("cannot", 3),
        ("can't", 3),
        ("not found", 4),
        ("no such", 4),
        ("denied", 4),
        ("refused", 4),
        ("invalid", 3),
        ("missing", 3),
        ("error", 3),
        ("unable", 3),
        ("killed", 5),
        ("exit code", 2),
        ("timeout", 3),
        ("warning", 1),
    ];
    let lower = text.to_lowercase();
    if lower.trim().is_empty() || NOISE.iter().any(|word| lower.contains(&word.to_lowercase())) {
        return None;
    }
    LOUD.iter().filter(|(word, _)| lower.contains(word)).map(|(_, score)| *score).max()
}
