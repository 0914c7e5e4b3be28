//! The variables that the planner sees.

use std::collections::BTreeMap;

use crate::project::Source;

use super::draft::{Traced, TracedVars};
use crate::builder::DeployOptions;
use crate::plan::Vars;

/// Variables given by the user, and those that configuration files add.
#[derive(Debug, Clone, Default)]
pub(super) struct Variables(BTreeMap<String, Traced>);

impl Variables {
    pub(super) fn from_deploy(deploy: &DeployOptions) -> Self {
        Self(
            given(deploy)
                .into_iter()
                .map(|(name, value)| (name.clone(), Traced::new(value, Source::Variable(name))))
                .collect(),
        )
    }

    /// With a layer's variables, which win.
    pub(super) fn with(&self, layer: Option<&TracedVars>) -> Self {
        let mut all = self.0.clone();
        all.extend(layer.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())));
        Self(all)
    }

    pub(super) fn all(&self) -> &TracedVars {
        &self.0
    }

    /// `NIXPACKS_<name>`, newlines taken out.
    pub(super) fn config(&self, name: &str) -> Option<Traced> {
        let found = self.0.get(&format!("NIXPACKS_{name}"))?;
        Some(Traced::new(found.text.replace('\n', ""), found.source.clone()))
    }

    /// What sets `NIXPACKS_<name>` to `1` or `true`.
    pub(super) fn truthy(&self, name: &str) -> Option<Source> {
        self.config(name).filter(|found| matches!(found.text.as_str(), "1" | "true")).map(|found| found.source)
    }
}

/// The variables that the user gives, with their values.
pub(super) fn given(deploy: &DeployOptions) -> Vars {
    deploy.env.iter().filter_map(|given| parse(given, &deploy.process_env)).collect()
}

/// Whether a bare `--env NAME` names this variable.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(is_name_char)
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// A name ends at the first character that cannot be part of one; an `=` there is dropped, anything else is not.
fn parse(given: &str, process: &Vars) -> Option<(String, String)> {
    let end = given.find(|c| !is_name_char(c)).unwrap_or(given.len());
    let (name, rest) = given.split_at(end);
    let value = rest.strip_prefix('=').unwrap_or(rest);
    let value = if value.is_empty() { process.get(name)?.clone() } else { value.to_owned() };
    Some((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_given_or_taken_from_the_process() {
        let process = Vars::from([("HOME".to_owned(), "/h".to_owned())]);
        let parsed = |given: &str| parse(given, &process);
        let pair = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        assert_eq!(parsed("A=b=c\nd"), pair("A", "b=c\nd"));
        assert_eq!(parsed("HOME"), pair("HOME", "/h"));
        assert_eq!(parsed("HOME="), pair("HOME", "/h"));
        assert_eq!(parsed("ABSENT"), None);
        assert_eq!(parsed("A.B=c"), pair("A", ".B=c"));
        assert_eq!(parsed("=c"), pair("", "c"));
    }
}
