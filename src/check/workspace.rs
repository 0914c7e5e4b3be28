//! Siblings in a repository, of which a deploy of one folder has nothing.

use super::facts::siblings::{beside, leaves};
use std::path::Path;

use super::facts::Facts;
use super::facts::siblings;
use super::finding::{Check, Finding, Findings, error};

pub(crate) const OUTSIDE: Check = error(
    "workspace-member-out-of-reach",
    "The folder is deployed alone, and a dependency of it is a sibling in the same repository: a workspace member, or a path that leads out of \
     the folder. The build sees neither the sibling nor the workspace's lock file. The name may be a stranger's on the package index: do \
     not install it from there. Deploy the repository's root, with a start command for this member.",
);

pub(super) const CHECKS: &[Check] = &[OUTSIDE];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let sources = facts.pyproject().into_iter().flat_map(|file| siblings::siblings(&facts.app, file));
    let pipenv = facts.manager() == Some("pipenv");
    let of_pipfile = pipenv.then(|| siblings::of_pipfile(&facts.app)).into_iter().flatten();
    for sibling in sources.chain(of_pipfile) {
        let where_ = match &sibling.found {
            Some(found) => format!("it is {}", found.display()),
            None => "it is not in the folder that is deployed".to_owned(),
        };
        let kind = if sibling.is_member { "a workspace member" } else { "a path outside of the folder" };
        let finding =
            OUTSIDE.found(format!("{} is {kind}, out of reach of a deploy of this folder: {where_}", sibling.name));
        findings.push(advised(finding.about(&sibling.name).at(sibling.source, &sibling.text)));
    }
    for entry in facts.requirements().packages.iter().filter(|entry| !entry.is_constraint) {
        let text = entry.written.trim();
        let path = text
            .trim_start_matches("-e ")
            .trim_start_matches("--editable ")
            .split(['[', ';'])
            .next()
            .unwrap_or_default();
        let path = path.rsplit("@ file:").next().unwrap_or(path).trim().trim_start_matches("file:");
        let is_here = || beside(&facts.app, entry, path).is_some();
        if path.starts_with("../") && leaves(Path::new(path)) && !is_here() {
            let finding = OUTSIDE.found(format!("{path} is outside of the folder that is deployed"));
            findings.push(advised(finding.about(path).at(entry.source(), text)));
        }
    }
}

fn advised(finding: Finding) -> Finding {
    finding.help(
        "deploy the workspace's root folder (no root directory in the service's settings) with a start command for this member, or build the sibling into this folder",
    )
}
