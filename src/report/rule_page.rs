//! The page of a rule in Markdown, and the one that leads to all of them.

use std::fmt::Write;

use super::markdown::escaped;
use crate::diagnose::{Explained, explain, ids};
use crate::finding::Severity;

/// What a rule means, where it is found and what to do.
pub fn rule_page(rule: &Explained) -> String {
    let mut page = format!("# {}\n\n{}\n\n{}\n", rule.id, marked_up(rule.about), found(rule));
    if let Some(help) = &rule.help {
        let _ = write!(page, "\n**What to do:** {}\n", marked_up(help));
    }
    if let Some(help) = &rule.help_on_railpack {
        let _ = write!(page, "\n**Where Railpack builds:** {}\n", marked_up(help));
    }
    if let Some(example) = rule.example {
        let _ = write!(page, "\nFor example:\n\n```text\n{}\n```\n", example.trim_end());
    }
    if let Some(link) = rule.link {
        let _ = write!(page, "\nMore: <{link}>\n");
    }
    page
}

/// The page that leads to every rule's.
pub fn rule_index() -> String {
    let mut page = "# Rules\n\nWhat `shakedown` names. `shakedown explain RULE` says the same.\n".to_owned();
    let rules: Vec<Explained> = ids().filter_map(explain).collect();
    let (of_logs, of_checks): (Vec<&Explained>, Vec<&Explained>) =
        rules.iter().partition(|rule| !rule.phases.is_empty());
    for (heading, rules) in [("What a log shows", of_logs), ("What `shakedown check` alone finds", of_checks)] {
        let _ = write!(page, "\n## {heading}\n\n");
        for rule in rules {
            let _ = writeln!(page, "- [{id}]({id}.md): {}", marked_up(rule.about), id = rule.id);
        }
    }
    page
}

/// Where it is found, in a sentence.
fn found(rule: &Explained) -> String {
    let of_logs = match rule.phases {
        [] => None,
        phases if phases.contains(&"any") => Some("in the log of a run or of the cloud".to_owned()),
        phases => Some(format!("in the log of a run or of the cloud, at {}", phases.join(", "))),
    };
    let of_checks = rule.check.map(|severity| {
        let severity = match severity {
            Severity::Note => "a note",
            Severity::Warning => "a warning",
            Severity::Error => "an error",
        };
        format!("by `shakedown check`, as {severity}")
    });
    format!("Found {}.", [of_logs, of_checks].into_iter().flatten().collect::<Vec<_>>().join("; "))
}

/// Of a text of ours, what stands between backticks stays code; no other sign is markup.
fn marked_up(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    if parts.len().is_multiple_of(2) {
        return escaped(text);
    }
    let parts = parts.iter().enumerate().map(|(at, part)| match at % 2 {
        0 => escaped(part),
        _ => format!("`{part}`"),
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_where_a_rule_is_found_and_what_to_do() {
        let page = rule_page(&explain("externally-managed").unwrap());
        assert!(page.starts_with("# externally-managed\n\nPEP 668 forbids"), "{page}");
        assert!(page.contains("\nFound in the log of a run or of the cloud, at "), "{page}");
        assert!(page.contains("\n**What to do:** delete \\[phases.install\\]"), "{page}");
        assert!(page.contains("```text\nerror: externally-managed-environment\n```"), "{page}");
        assert!(page.ends_with("More: <https://peps.python.org/pep-0668/>\n"), "{page}");
    }

    #[test]
    fn code_stays_code_and_nothing_else_is_markup() {
        assert_eq!(marked_up("write `a_b[1]` for a_b[1]"), "write `a_b[1]` for a\\_b\\[1\\]");
        assert_eq!(marked_up("one ` alone"), "one \\` alone");
    }
}
