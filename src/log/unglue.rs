//! Takes apart several records that a platform glued into one line.

use super::pattern::Pattern;
use regex::Regex;
use std::borrow::Cow;

static STAMP: Pattern = Pattern::ascii(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\s+\[(?:inf|err|wrn|dbg)\]");

/// Where a traceback on one line would have had its breaks.
static TRACEBACK: Pattern = Pattern::new(
    r#"(?x) File\s"[^"]+",\sline\s\d+ | Traceback\s\(most\srecent\scall\slast\):
        | \s(?:[a-z_][\w]*\.)*[A-Z]\w*(?:Error|Exception|Exit|Configured|Warning|Interrupt):\s
        | (?:During\ handling\ of\ the\ above|The\ above\ exception\ was)"#,
);

/// The records of a line; almost always the line itself.
pub(super) fn unglue(text: &str) -> Vec<String> {
    let text = unescaped(text);
    let mut records = split_before(&text, STAMP.regex());
    if text.contains("Traceback (most") || text.matches("File \"").nth(1).is_some() {
        records = records.iter().flat_map(|record| split_traceback(record)).collect();
    }
    records
}

/// A line in which the line ends of a traceback are written as `\n`.
fn unescaped(text: &str) -> Cow<'_, str> {
    if text.contains("\\n") && text.contains("Traceback (most recent call last):\\n") {
        Cow::Owned(text.replace("\\n", "\n").replace("\\\"", "\"").replace("\\'", "'"))
    } else {
        Cow::Borrowed(text)
    }
}

fn split_traceback(text: &str) -> Vec<String> {
    let glued = TRACEBACK.regex().is_some_and(|regex| {
        // A frame or header alone on its line is not glued to anything.
        regex
            .find_iter(text)
            .filter(|found| {
                let before = text[..found.start()].trim_matches([' ', '+', '-']);
                // Nor to the name of its service.
                !before.trim_matches('|').is_empty() && !before.ends_with('|')
            })
            .count()
            > 0
            || text.contains('\n')
    });
    if !glued {
        return vec![text.to_owned()];
    }
    text.lines()
        .flat_map(|line| split_before(line, TRACEBACK.regex()))
        .map(|part| {
            if part.trim_start().starts_with("File \"") {
                format!("  {}", part.trim())
            } else {
                part.trim_end().to_owned()
            }
        })
        .map(|part| if part.starts_with("  File") { part } else { part.trim_start_matches(' ').to_owned() })
        .filter(|part| !part.is_empty())
        .collect()
}

fn split_before(text: &str, regex: Option<&Regex>) -> Vec<String> {
    let cuts: Vec<usize> =
        regex.into_iter().flat_map(|regex| regex.find_iter(text)).map(|found| found.start()).collect();
    if cuts.iter().all(|cut| *cut == 0) {
        return vec![text.to_owned()];
    }
    let mut records = Vec::new();
    let mut from = 0;
    for cut in cuts.into_iter().chain([text.len()]) {
        if !text[from..cut].trim().is_empty() {
            records.push(text[from..cut].to_owned());
        }
        from = cut;
    }
    records
}
