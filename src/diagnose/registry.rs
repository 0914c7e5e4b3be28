//! Every id that a report may carry, and what it means: one text each, whether a check finds it, a log shows it, or both.

use super::table::{RULES, rule};
use crate::builder::BuilderKind;
use crate::check::checks;
use crate::finding::Severity;

/// What `shakedown explain` says of an id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// The id.
    pub id: &'static str,
    /// What it means.
    pub about: &'static str,
    /// What to do; none for what a check alone finds, since every finding says its own.
    pub help: Option<String>,
    /// A line as the failing program prints it.
    pub example: Option<&'static str>,
    /// Where to read more.
    pub link: Option<&'static str>,
    /// The phases whose log shows it, `any` for all; none for what a check alone finds.
    pub phases: &'static [&'static str],
    /// How bad it is where a check finds it.
    pub check: Option<Severity>,
    /// What to do where Railpack builds, where that is something else.
    pub help_on_railpack: Option<String>,
}

/// What an id means; none for an id that there is not.
pub fn explain(id: &str) -> Option<Explained> {
    let check = checks().find(|check| check.id == id);
    let severity = check.map(|check| check.severity);
    let of_rule = |id| {
        let rule = rule(id)?;
        let (id, about, help) = (rule.id, rule.about, rule.help_for(None, BuilderKind::Nixpacks));
        let (phases, link) = (rule.phases, rule.link);
        let help_on_railpack = Some(rule.help_for(None, BuilderKind::Railpack)).filter(|own| *own != help);
        let (help, example) = (Some(help), Some(rule.example));
        Some(Explained { id, about, help, example, link, phases, check: severity, help_on_railpack })
    };
    let of_check = || {
        let check = check?;
        Some(Explained {
            id: check.id,
            about: check.about,
            help: None,
            example: None,
            link: None,
            phases: &[],
            check: severity,
            help_on_railpack: None,
        })
    };
    of_rule(id).or_else(of_check)
}

/// Every id once: the rules in the order of their table, then the checks that no rule shares its id with.
pub fn ids() -> impl Iterator<Item = &'static str> {
    let checks = checks().map(|check| check.id).filter(|id| rule(id).is_none());
    RULES.iter().map(|rule| rule.id).chain(checks)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn an_id_has_one_text() {
        let mut texts: HashMap<&str, &str> = RULES.iter().map(|rule| (rule.id, rule.about)).collect();
        for check in checks() {
            let text = *texts.entry(check.id).or_insert(check.about);
            assert_eq!(text, check.about, "{}: its rule's row is to say `about: check::…::….about`", check.id);
        }
    }

    #[test]
    fn every_id_stands_once_and_is_explained() {
        let mut seen = std::collections::HashSet::new();
        for id in ids() {
            assert!(seen.insert(id), "{id} stands twice");
            assert!(explain(id).is_some_and(|explained| !explained.about.is_empty()), "{id}");
        }
        assert_eq!(explain("no-such-rule"), None);
    }
}
