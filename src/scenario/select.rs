//! Which scenarios run: by name, by tag, by share of a CI matrix, by what this machine may do.

use std::collections::BTreeSet;

use super::discover::{Broken, Collection, Scenario};
use super::partition::{Partition, Whole};

/// The tag of scenarios that run only when asked for.
pub const HEAVY: &str = "heavy";

/// What the user asks for.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Names; what is nobody's name selects those that have it as a part. Empty means all.
    pub names: Vec<String>,
    /// Tags, any of which will do; empty means all.
    pub tags: Vec<String>,
    /// The share to run.
    pub partition: Option<Partition>,
    /// Leave out what needs the network.
    pub offline: bool,
    /// Only these cases: those that failed the last time, by name.
    pub only: Option<Vec<String>>,
}

/// What was selected.
#[derive(Debug, Clone, Default)]
pub struct Selected {
    /// To be run.
    pub scenarios: Vec<Scenario>,
    /// Selected, and to be reported as they are.
    pub broken: Vec<Broken>,
    /// Selected, and left out all the same: name and reason.
    pub left_out: Vec<(String, &'static str)>,
    /// The share that this is.
    pub partition: Option<Partition>,
    /// What all shares together select.
    pub whole: Whole,
}

impl Selection {
    /// Goes through the collection.
    pub fn of(&self, found: Collection) -> Selected {
        let known: BTreeSet<String> = found.scenarios.iter().map(|scenario| scenario.name.clone()).collect();
        let mut selected =
            Selected { partition: self.partition, whole: self.whole(&found, &known), ..Selected::default() };
        for scenario in found.scenarios {
            let tags = &scenario.definition.tags;
            if !self.takes(&scenario.name, tags, &known) {
                continue;
            }
            if tags.iter().any(|tag| tag == HEAVY) && !self.asks_for_heavy(&scenario.name) {
                selected.left_out.push((scenario.name, "it is heavy: run it by its name or with --tag heavy"));
            } else if self.offline && scenario.definition.needs_network() {
                selected.left_out.push((scenario.name, "it needs the network, and --offline leaves such out"));
            } else {
                selected.scenarios.push(scenario);
            }
        }
        let by_name = Self { tags: Vec::new(), ..self.clone() };
        selected.broken = found.broken.into_iter().filter(|broken| by_name.takes(&broken.name, &[], &known)).collect();
        selected
    }

    fn whole(&self, found: &Collection, known: &BTreeSet<String>) -> Whole {
        let whole = Self { partition: None, ..self.clone() };
        let by_name = Self { tags: Vec::new(), ..whole.clone() };
        let scenarios = found.scenarios.iter().map(|scenario| (&whole, &scenario.name, &scenario.definition.tags[..]));
        let broken = found.broken.iter().map(|broken| (&by_name, &broken.name, &[][..]));
        Whole::of(
            scenarios.chain(broken).filter(|(by, name, tags)| by.takes(name, tags, known)).map(|(_, name, _)| name),
        )
    }

    fn takes(&self, name: &str, tags: &[String], known: &BTreeSet<String>) -> bool {
        let means = |asked: &String| asked == name || (!known.contains(asked) && name.contains(asked.as_str()));
        let named = self.names.is_empty() || self.names.iter().any(means);
        let tagged = self.tags.is_empty() || self.tags.iter().any(|tag| tags.contains(tag));
        let shared = self.partition.is_none_or(|partition| partition.holds(name));
        let wanted = self.only.as_ref().is_none_or(|only| only.iter().any(|wanted| wanted == name));
        named && tagged && shared && wanted
    }

    /// A part of a name is no request for gigabytes.
    fn asks_for_heavy(&self, name: &str) -> bool {
        self.tags.iter().any(|tag| tag == HEAVY) || self.names.iter().any(|asked| asked == name)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::format::Definition;
    use super::*;

    fn collection(scenarios: &[(&str, &str)]) -> Collection {
        let scenario = |(name, head): &(&str, &str)| Scenario {
            name: (*name).to_owned(),
            dir: PathBuf::from(name),
            definition: Definition::parse(&format!("about = \"\"\n{head}\n[expect]\nverdict = \"works\"\n")).unwrap(),
            project: None,
        };
        Collection { scenarios: scenarios.iter().map(scenario).collect(), broken: Vec::new() }
    }

    fn some() -> Collection {
        collection(&[
            ("founding-bot", "tags = [\"bot\"]"),
            ("founding-bot-with-torch", "tags = [\"bot\", \"heavy\"]\nneeds = [\"network\"]"),
            ("works-uv", "needs = [\"network\"]"),
        ])
    }

    fn run(selection: &Selection) -> Vec<String> {
        selection.of(some()).scenarios.into_iter().map(|scenario| scenario.name).collect()
    }

    #[test]
    fn names_select_by_part_and_heavy_ones_only_in_full() {
        assert_eq!(run(&Selection::default()), ["founding-bot", "works-uv"]);
        let named = |name: &str| Selection { names: vec![name.into()], ..Selection::default() };
        assert_eq!(run(&named("found")), ["founding-bot"]);
        assert_eq!(run(&named("bot")), ["founding-bot"]);
        assert_eq!(
            run(&Selection { names: vec!["founding-bot".into(), "uv".into()], ..Selection::default() }).len(),
            2
        );
        assert_eq!(run(&named("founding-bot-with-torch")), ["founding-bot-with-torch"]);
        let tagged = |tag: &str| Selection { tags: vec![tag.into()], ..Selection::default() };
        assert_eq!(run(&tagged("bot")), ["founding-bot"]);
        assert_eq!(run(&tagged("heavy")), ["founding-bot-with-torch"]);
    }

    #[test]
    fn offline_leaves_out_by_name() {
        let selected = Selection { offline: true, ..Selection::default() }.of(some());
        assert_eq!(selected.scenarios.len(), 1);
        let out: Vec<_> = selected.left_out.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(out, ["founding-bot-with-torch", "works-uv"]);
    }

    #[test]
    fn only_those_that_failed() {
        let selection = Selection { only: Some(vec!["works-uv".into()]), ..Selection::default() };
        assert_eq!(run(&selection), ["works-uv"]);
    }
}
