//! What entries stand under, and for whom nothing stands under it: why not.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::tree::digest;
use crate::plan::Vars;
use crate::sandbox::reuse::Upcoming;

/// Stands for a command, the machine, and what was made before.
#[derive(Debug, Clone, Default)]
pub(in crate::sandbox) struct Key {
    /// The digest of it all.
    pub(in crate::sandbox) id: String,
    pub(in crate::sandbox) parts: Parts,
}

/// What a key stands for, as far as people can tell it apart.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sandbox) struct Parts {
    /// The digest of its words.
    pub(super) command: String,
    /// What tells each variable's value from another.
    vars: BTreeMap<String, String>,
    limits: String,
    machine: String,
    /// The entry that it stands on.
    below: String,
}

impl Parts {
    /// Those of a command with `vars`; `machine` is the digest of what it is run on.
    pub(in crate::sandbox) fn new(upcoming: &Upcoming<'_>, vars: &Vars, machine: &str, below: Option<&str>) -> Self {
        Self {
            command: digest(format!("{:?}", upcoming.step.argv)),
            vars: vars.iter().map(|(name, value)| (name.clone(), mark(value))).collect(),
            limits: format!("{:?}", upcoming.limits),
            machine: machine.to_owned(),
            below: below.unwrap_or_default().to_owned(),
        }
    }

    /// What is otherwise than in an earlier run of the same command.
    pub(super) fn difference(&self, before: &Self) -> String {
        let changed = self.vars.iter().find(|(name, value)| before.vars.get(*name).is_some_and(|old| old != *value));
        let new = self.vars.keys().find(|name| !before.vars.contains_key(*name));
        let gone = before.vars.keys().find(|name| !self.vars.contains_key(*name));
        if let Some((name, _)) = changed {
            format!("the variable {name} has another value")
        } else if let Some(name) = new {
            format!("the variable {name} is new")
        } else if let Some(name) = gone {
            format!("the variable {name} is gone")
        } else if self.limits != before.limits {
            "it has other limits".to_owned()
        } else if self.machine != before.machine {
            "Python, another tool or a limit is not the same".to_owned()
        } else if self.below != before.below {
            "what was made before it is not the same".to_owned()
        } else {
            "it is run by another user, or with other folders".to_owned()
        }
    }
}

/// The beginning of a value's digest: enough to tell a change, and too little to tell a secret by.
fn mark(value: &str) -> String {
    digest(value).chars().take(4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_thing_that_people_can_change_is_told() {
        let vars =
            |pairs: &[(&str, &str)]| pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let before = Parts { vars: vars(&[("A", "1"), ("B", "2")]), ..Parts::default() };
        let with = |pairs: &[(&str, &str)]| Parts { vars: vars(pairs), ..before.clone() }.difference(&before);
        assert_eq!(with(&[("A", "1"), ("B", "3"), ("C", "1")]), "the variable B has another value");
        assert_eq!(with(&[("A", "1"), ("B", "2"), ("C", "1")]), "the variable C is new");
        assert_eq!(with(&[("A", "1")]), "the variable B is gone");
        let other = |text: &str| text.to_owned();
        let told = [
            (Parts { limits: other("1"), ..before.clone() }, "it has other limits"),
            (Parts { machine: other("1"), ..before.clone() }, "Python, another tool or a limit is not the same"),
            (Parts { below: other("1"), ..before.clone() }, "what was made before it is not the same"),
            (before.clone(), "it is run by another user, or with other folders"),
        ];
        for (parts, because) in told {
            assert_eq!(parts.difference(&before), because);
        }
    }
}
