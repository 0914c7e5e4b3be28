//! The order in which phases run.

use std::collections::BTreeSet;

use super::plan::{Phase, Plan};

/// Phases that wait for each other; Nixpacks refuses to build such a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("Circular dependency detected")]
pub struct CircularDependency {
    /// The phases that can never run.
    pub phases: Vec<String>,
}

impl Plan {
    /// Phases in rounds: each round holds, by name, those whose dependencies ran in earlier ones. A dependency that the
    /// plan does not have is no dependency; one that is named twice is never met, since Nixpacks counts it twice and
    /// strikes it off once (`topological_sort.rs` of 1.41.0).
    pub fn phases_in_order(&self) -> Result<Vec<(&str, &Phase)>, CircularDependency> {
        let mut waiting: Vec<(&str, &Phase)> =
            self.phases.iter().flatten().map(|(name, phase)| (name.as_str(), phase)).collect();
        let all: BTreeSet<&str> = waiting.iter().map(|(name, _)| *name).collect();
        let stuck = |phase: &Phase| {
            let mut met = BTreeSet::new();
            phase.depends_on.iter().filter(|name| all.contains(name.as_str())).any(|name| !met.insert(name))
        };
        let mut order = Vec::with_capacity(waiting.len());
        while !waiting.is_empty() {
            let names: BTreeSet<&str> = waiting.iter().map(|(name, _)| *name).collect();
            let (ready, blocked): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, phase)| {
                !stuck(phase) && !phase.depends_on.iter().any(|name| names.contains(name.as_str()))
            });
            if ready.is_empty() {
                return Err(CircularDependency { phases: names.into_iter().map(str::to_owned).collect() });
            }
            order.extend(ready);
            waiting = blocked;
        }
        Ok(order)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(phases: &[(&str, &[&str])]) -> Result<Vec<String>, CircularDependency> {
        let phase = |needs: &[&str]| Phase {
            depends_on: needs.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>().into(),
            ..Phase::default()
        };
        let phases = phases.iter().map(|(name, needs)| ((*name).to_owned(), phase(needs))).collect();
        let plan = Plan { phases: Some(phases), ..Plan::default() };
        let order = plan.phases_in_order()?;
        Ok(order.into_iter().map(|(name, _)| name.to_owned()).collect())
    }

    #[test]
    fn dependencies_come_first_and_ties_go_by_name() {
        let phases: &[(&str, &[&str])] =
            &[("build", &["install"]), ("install", &["setup"]), ("setup", &[]), ("assets", &["setup"])];
        assert_eq!(order(phases).unwrap(), ["setup", "assets", "install", "build"]);
    }

    #[test]
    fn an_unknown_dependency_does_not_hold_a_phase() {
        assert_eq!(order(&[("build", &["gone"])]).unwrap(), ["build"]);
    }

    #[test]
    fn a_dependency_named_twice_is_never_met() {
        assert_eq!(order(&[("install", &["setup", "setup"]), ("setup", &[])]).unwrap_err().phases, ["install"]);
        assert_eq!(order(&[("install", &["gone", "gone"])]).unwrap(), ["install"]);
    }

    #[test]
    fn phases_that_wait_for_each_other_are_refused() {
        assert_eq!(order(&[("a", &["b"]), ("b", &["a"]), ("c", &[])]).unwrap_err().phases, ["a", "b"]);
    }
}
