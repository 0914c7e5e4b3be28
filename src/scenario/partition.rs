//! Shares of a suite: one for each machine of a CI matrix or each task of a cluster.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

/// A share of the scenarios that depends on nothing but their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "Numbers")]
pub struct Partition {
    /// Which, from 1.
    share: u64,
    /// How many there are.
    of: u64,
}

/// A share as a report has it.
#[derive(Deserialize, JsonSchema)]
struct Numbers {
    /// Which, from 1.
    share: u64,
    /// How many there are.
    of: u64,
}

/// More machines than anybody has; a report that names more would have as many shares missing.
const MOST_SHARES: u64 = 10_000;

/// All that the shares of a suite select together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Whole {
    /// How many scenarios.
    pub scenarios: usize,
    /// A digest of their names.
    pub digest: String,
}

/// For `.Task.Slot` of a replicated job of a Docker Swarm, which gives the first task its node's id in place of 0 (20.10).
const OF_SWARM: &str = "SHAKEDOWN_SWARM_SLOT";
/// The variable with a task's number, the one with how many there are, and the number of the first.
const SLOTS: &[(&str, &str, u64)] = &[
    // For GitHub's `strategy.job-index` and `strategy.job-total`.
    ("SHAKEDOWN_SLOT", "SHAKEDOWN_SLOTS", 0),
    (OF_SWARM, "SHAKEDOWN_SLOTS", 0),
    // Kubernetes' Indexed Job gives its tasks their number alone.
    ("JOB_COMPLETION_INDEX", "SHAKEDOWN_SLOTS", 0),
    // GitLab's `parallel`.
    ("CI_NODE_INDEX", "CI_NODE_TOTAL", 1),
];

impl TryFrom<Numbers> for Partition {
    type Error = String;

    fn try_from(Numbers { share, of }: Numbers) -> Result<Self, String> {
        Self::new(share, of)
    }
}

impl Partition {
    /// The `share`th, from 1, of `of`. The error says what is wrong.
    pub fn new(share: u64, of: u64) -> Result<Self, String> {
        match of {
            1..=MOST_SHARES if (1..=of).contains(&share) => Ok(Self { share, of }),
            1..=MOST_SHARES => Err(format!("there is no share {share} of {of}: they go from 1 to {of}")),
            _ => Err(format!("{of} shares: there are 1 to {MOST_SHARES}")),
        }
    }

    /// Which, from 1.
    pub fn share(self) -> u64 {
        self.share
    }

    /// How many there are.
    pub fn of(self) -> u64 {
        self.of
    }

    /// Whether a scenario is in it.
    pub fn holds(self, name: &str) -> bool {
        xxh3_64(name.as_bytes()) % self.of == self.share - 1
    }

    /// The share of the task that has these variables. The error says what is missing.
    pub fn of_task(var: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let (slot, slots, first) = *SLOTS.iter().find(|(slot, ..)| var(slot).is_some()).ok_or_else(|| {
            let known: Vec<&str> = SLOTS.iter().map(|(slot, ..)| *slot).collect();
            format!(
                "there is none of {} to tell which task this is; in a GitHub matrix set SHAKEDOWN_SLOT to \
                 strategy.job-index and SHAKEDOWN_SLOTS to strategy.job-total",
                known.join(", ")
            )
        })?;
        let number = |name: &str| -> Result<u64, String> {
            let value = var(name).ok_or_else(|| format!("{slot} is set, and {name} is not"))?;
            value.trim().parse().map_err(|_| format!("{name}={value} is no number"))
        };
        let at = number(slot).or_else(|why| if slot == OF_SWARM { Ok(0) } else { Err(why) })?;
        let of = number(slots)?;
        let share = at.checked_sub(first).and_then(|from_0| from_0.checked_add(1)).unwrap_or_default();
        Self::new(share, of).map_err(|why| format!("{slot}={at}, counted from {first}, and {slots}={of}: {why}"))
    }
}

/// `hash:1/4`: the first of four shares.
impl FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a share such as hash:1/4, nor auto");
        let (share, of) = text.strip_prefix("hash:").and_then(|rest| rest.split_once('/')).ok_or_else(wrong)?;
        let (share, of): (u64, u64) = (share.parse().map_err(|_| wrong())?, of.parse().map_err(|_| wrong())?);
        Self::new(share, of).map_err(|why| format!("`{text}`: {why}"))
    }
}

impl Whole {
    /// Of their names, in any order.
    pub fn of<'a>(names: impl Iterator<Item = &'a String>) -> Self {
        let mut names: Vec<&str> = names.map(String::as_str).collect();
        names.sort_unstable();
        Self { scenarios: names.len(), digest: format!("{:016x}", xxh3_64(names.join("\n").as_bytes())) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_task(vars: &[(&str, &str)]) -> Result<(u64, u64), String> {
        let var = |name: &str| vars.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        Partition::of_task(var).map(|partition| (partition.share, partition.of))
    }

    #[test]
    fn shares_cover_everything_once() {
        let shares = ["hash:1/3", "hash:2/3", "hash:3/3"].map(|share| share.parse::<Partition>().unwrap());
        for number in 0..50 {
            let name = format!("scenario-{number}");
            assert_eq!(shares.iter().filter(|share| share.holds(&name)).count(), 1);
        }
        for wrong in ["1/3", "hash:0/3", "hash:4/3", "hash:1/0", "hash:x/3", "hash:1/10001"] {
            assert!(wrong.parse::<Partition>().is_err(), "{wrong}");
        }
        for wrong in [r#"{"share":0,"of":3}"#, r#"{"share":4,"of":3}"#, r#"{"share":1,"of":9999999999}"#] {
            assert!(serde_json::from_str::<Partition>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_task_reads_its_number_where_its_platform_puts_it() {
        assert_eq!(of_task(&[("SHAKEDOWN_SLOT", "0"), ("SHAKEDOWN_SLOTS", "4")]), Ok((1, 4)));
        assert_eq!(of_task(&[("SHAKEDOWN_SWARM_SLOT", "1"), ("SHAKEDOWN_SLOTS", "4")]), Ok((2, 4)));
        assert_eq!(of_task(&[("SHAKEDOWN_SWARM_SLOT", "4o6b5sfvlkp"), ("SHAKEDOWN_SLOTS", "4")]), Ok((1, 4)));
        assert_eq!(of_task(&[("CI_NODE_INDEX", "4"), ("CI_NODE_TOTAL", "4")]), Ok((4, 4)));
        assert_eq!(of_task(&[("JOB_COMPLETION_INDEX", "2"), ("SHAKEDOWN_SLOTS", "3")]), Ok((3, 3)));
    }

    #[test]
    fn a_task_that_does_not_know_its_number_is_told_what_to_set() {
        for (vars, part) in [
            (&[][..], "strategy.job-index"),
            (&[("SHAKEDOWN_SLOT", "1")], "SHAKEDOWN_SLOTS is not"),
            (&[("CI_NODE_INDEX", "0"), ("CI_NODE_TOTAL", "4")], "counted from 1"),
            (&[("SHAKEDOWN_SLOT", "4"), ("SHAKEDOWN_SLOTS", "4")], "counted from 0"),
            (&[("SHAKEDOWN_SLOT", "one"), ("SHAKEDOWN_SLOTS", "4")], "no number"),
        ] {
            let error = of_task(vars).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn the_whole_is_known_by_its_names() {
        let of = |names: &[&str]| Whole::of(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().iter());
        assert_eq!(of(&["a", "b"]), of(&["b", "a"]));
        assert_ne!(of(&["a", "b"]), of(&["a", "c"]));
        assert_eq!(of(&["a", "b"]).scenarios, 2);
    }
}
