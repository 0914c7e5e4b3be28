//! Members of a workspace that an install of its root leaves out.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::facts::Facts;
use super::facts::command::{Invocation, invocations};
use super::facts::siblings::members;
use super::facts::start::Start;
use super::facts::target::target;
use super::finding::{Check, Finding, Findings, error, set_key};
use crate::builder::BuilderKind;
use crate::project::requirements::normalize;

pub(crate) const NOT_INSTALLED: Check = error(
    "workspace-member-not-installed",
    "`uv sync` in a workspace's root installs the root project and what that depends on. A member on which the root does not depend is not \
     installed, nor are the member's own dependencies: name it by `--package`, or make it a dependency of the root.",
);

pub(super) const CHECKS: &[Check] = &[NOT_INSTALLED];

/// A member of the workspace.
struct Member {
    folder: PathBuf,
    name: String,
    /// What its pyproject.toml says.
    value: Value,
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.manager() != Some("uv") {
        return;
    }
    let selects = |command: &str| command.contains("--package") || command.contains("--all-packages");
    let mut installs = facts.install_choices().chain(facts.build_choices());
    if installs.any(|choice| selects(&choice.value)) {
        return;
    }
    let all: Vec<Member> = members(facts.app.root()).into_iter().filter_map(|folder| read(facts, folder)).collect();
    let installed = of_the_root(facts, &all);
    for start in Start::all(facts) {
        for invocation in invocations(start.command).iter().filter(|invocation| invocation.wrapper.is_none()) {
            let starts = |member: &&Member| member.is_started_by(facts, invocation);
            let Some(member) = all.iter().filter(|member| !installed.contains(&member.name)).find(starts) else {
                continue;
            };
            let finding = NOT_INSTALLED.found(format!(
                "the start needs {}, a member of the workspace, and `uv sync` installs the root project alone",
                member.name
            ));
            let place = facts.app.file(member.folder.join("pyproject.toml"));
            let finding = finding.about(&member.name).at(start.source.clone(), start.command).at(place, "");
            return findings.push(installed_by(facts, finding, &member.name));
        }
    }
}

fn read(facts: &Facts<'_>, folder: PathBuf) -> Option<Member> {
    let value: Value = toml_edit::de::from_str(&facts.app.read_text(folder.join("pyproject.toml")).ok()?).ok()?;
    let name = normalize(value.pointer("/project/name")?.as_str()?);
    Some(Member { folder, name, value })
}

/// The names of the dependencies that a pyproject.toml declares.
fn dependencies(value: &Value) -> impl Iterator<Item = String> {
    let declared = value.pointer("/project/dependencies").and_then(Value::as_array).into_iter().flatten();
    declared.filter_map(Value::as_str).map(|text| {
        let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')));
        normalize(&text[..end.unwrap_or(text.len())])
    })
}

/// What the root depends on, by way of members too.
fn of_the_root(facts: &Facts<'_>, all: &[Member]) -> HashSet<String> {
    let root: Option<Value> =
        facts.app.read_text("pyproject.toml").ok().and_then(|text| toml_edit::de::from_str(&text).ok());
    let mut queue: Vec<String> = root.iter().flat_map(dependencies).collect();
    let mut found = HashSet::new();
    while let Some(name) = queue.pop() {
        if found.insert(name.clone()) {
            queue
                .extend(all.iter().filter(|member| member.name == name).flat_map(|member| dependencies(&member.value)));
        }
    }
    found
}

impl Member {
    /// Whether a program of the start command needs it installed: it is a script or a module of the member's, or runs in its folder with
    /// something that only the member asks for.
    fn is_started_by(&self, facts: &Facts<'_>, invocation: &Invocation<'_>) -> bool {
        if Path::new(invocation.folder) == self.folder {
            let declared: HashSet<String> = dependencies(&self.value).collect();
            let provided = facts.provided().filter(|provided| provided.is_closed);
            return provided.is_some_and(|provided| declared.iter().any(|name| !provided.names.contains(name)));
        }
        if !invocation.folder.is_empty() {
            return false;
        }
        let is_script =
            |table: &str| self.value.pointer(table).and_then(|table| table.get(invocation.program)).is_some();
        let named = if invocation.is_module { Some(invocation.program) } else { target(invocation) };
        let top = named.and_then(|name| name.split(['.', ':']).next());
        let has = |top: &str| {
            [self.folder.join("src"), self.folder.clone()]
                .iter()
                .any(|base| facts.app.module_at(base.join(top)).is_some())
        };
        let is_here = |top: &str| facts.app.has_folder(top) || facts.app.has_file(format!("{top}.py"));
        is_script("/project/scripts") || top.is_some_and(|top| has(top) && !is_here(top))
    }
}

/// The finding with the install command that brings the member.
fn installed_by(facts: &Facts<'_>, finding: Finding, name: &str) -> Finding {
    let finding = finding.help(format!(
        "install the member: `uv sync --package {name}`, or make it a dependency of the root and lock anew"
    ));
    let choice = match facts.builder() {
        BuilderKind::Nixpacks => facts.install_choices().last(),
        BuilderKind::Railpack => None,
    };
    let Some(choice) =
        choice.filter(|choice| facts.keyed(&choice.because).is_none() && choice.value.contains("uv sync"))
    else {
        return finding;
    };
    let command = choice.value.replacen("uv sync", &format!("uv sync --package {name}"), 1);
    let edit = set_key(&facts.config_path(), &["phases", "install", "cmds"], json!([command]));
    finding.fix(format!("install {name} with what it depends on"), vec![edit])
}
