//! The variables that the planner sees: those of `--env` alone.

use std::collections::BTreeMap;

use crate::builder::DeployOptions;
use crate::platform::Platform;

/// What Coolify puts into the image that runs, for its health checks, after what the user asks for (`ApplicationDeploymentJob.php` of 4.3).
const BY_COOLIFY: [&str; 2] = ["curl", "wget"];
const DEPLOY_APT_PACKAGES: &str = "RAILPACK_DEPLOY_APT_PACKAGES";

/// Variables by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Environment(BTreeMap<String, String>);

impl Environment {
    /// The variables that the platform hands on, with those of its own that the plan depends on.
    pub(super) fn of(given: &DeployOptions) -> Self {
        let mut all = Self::parse(&given.env, &given.process_env);
        if given.platform == Platform::Coolify {
            let asked = all.0.remove(DEPLOY_APT_PACKAGES).unwrap_or_default();
            let mut packages: Vec<&str> = asked.split_whitespace().collect();
            packages.extend(BY_COOLIFY.iter().filter(|own| !asked.split_whitespace().any(|name| name == **own)));
            all.0.insert(DEPLOY_APT_PACKAGES.to_owned(), packages.join(" "));
        }
        all
    }

    /// `NAME=value`, or `NAME` to take it from the calling process. A name ends at the first character that cannot be
    /// part of one; what is empty is left out.
    pub(super) fn parse(given: &[String], process: &BTreeMap<String, String>) -> Self {
        let parse = |given: &String| {
            let end = given.find(|c| !is_name_char(c)).unwrap_or(given.len());
            let (name, rest) = given.split_at(end);
            let value = rest.strip_prefix('=').unwrap_or(rest);
            if !value.is_empty() {
                return Some((name.to_owned(), value.to_owned()));
            }
            let inherited = if rest.is_empty() { process.get(name) } else { None };
            inherited.map(|value| (name.to_owned(), value.clone()))
        };
        Self(given.iter().filter_map(parse).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The names, sorted.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// `RAILPACK_<name>` trimmed, and its full name; absent when blank.
    pub(super) fn config(&self, name: &str) -> Option<(&str, String)> {
        let variable = format!("RAILPACK_{name}");
        let value = self.get(&variable)?.trim();
        (!value.is_empty()).then_some((value, variable))
    }

    /// `RAILPACK_<name>` split at every single space.
    pub(super) fn list(&self, name: &str) -> Option<(Vec<&str>, String)> {
        self.config(name).map(|(value, variable)| (value.split(' ').collect(), variable))
    }

    /// Whether `RAILPACK_<name>` is `1` or `true`.
    pub(super) fn truthy(&self, name: &str) -> bool {
        self.config(name).is_some_and(|(value, _)| value == "1" || value.eq_ignore_ascii_case("true"))
    }
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '+' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_where_they_must_and_nothing_is_empty() {
        let process = BTreeMap::from([("HOME".to_owned(), "/h".to_owned())]);
        let given = ["A=b=c", "HOME", "ABSENT", "EMPTY=", "HOME2=", "A.B=c", "Access Token=t"].map(str::to_owned);
        let environment = Environment::parse(&given, &process);
        assert_eq!(environment.names().collect::<Vec<_>>(), ["A", "Access", "HOME"]);
        assert_eq!(environment.get("A"), Some(".B=c"), "the later one wins");
        assert_eq!(environment.get("Access"), Some(" Token=t"));
    }

    #[test]
    fn coolify_adds_what_its_health_checks_call() {
        let packages = |platform, given: &[&str]| {
            let env = given.iter().map(|given| (*given).to_owned()).collect();
            let given = DeployOptions { env, platform, ..DeployOptions::default() };
            Environment::of(&given).get(DEPLOY_APT_PACKAGES).map(str::to_owned)
        };
        assert_eq!(packages(Platform::Coolify, &[]).as_deref(), Some("curl wget"));
        let asked = ["RAILPACK_DEPLOY_APT_PACKAGES=...  git curl"];
        assert_eq!(packages(Platform::Coolify, &asked).as_deref(), Some("... git curl wget"));
        assert_eq!(packages(Platform::Railway, &[]), None);
    }

    #[test]
    fn lists_split_at_every_space() {
        let environment = Environment::parse(&["RAILPACK_PACKAGES= a  b ".to_owned()], &BTreeMap::new());
        assert_eq!(environment.list("PACKAGES").unwrap().0, ["a", "", "b"]);
    }
}
