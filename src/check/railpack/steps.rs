//! Steps that railpack.json adds to those of the provider, and what they begin with.

use std::collections::HashSet;

use crate::builder::RailpackAnswer;
use crate::builder::railpack::{Command, Layer, Plan, Step};
use crate::check::Check;
use crate::check::finding::{Findings, error, set_key};
use crate::project::{Project, Source};

use super::line::text_at;

pub(super) const NO_FILES: Check = error(
    "railpack-step-without-files",
    "A step that railpack.json adds begins with mise's tools alone, unless its `inputs` name another step: it has no file of the project and \
     nothing that was installed. A command of it that names a file of the project does not find it.",
)
.decides();

pub(super) const CHECKS: &[Check] = &[NO_FILES];

/// The provider's own.
const OWN: [&str; 2] = ["install", "build"];

pub(super) fn check(project: &Project, answer: &RailpackAnswer, findings: &mut Findings) {
    let Some(plan) = &answer.planned.plan else { return };
    for step in plan.steps.iter().filter(|step| !OWN.contains(&step.name.as_str()) && !has_project(plan, step)) {
        let what = format!("steps.{}.commands", step.name);
        let lines = step.commands.iter().filter_map(|command| Some((command, command.line()?)));
        let wanting = lines.filter_map(|(command, line)| Some((command, named_file(project, step, line)?)));
        let Some((command, file)) = wanting.into_iter().next() else { continue };
        let line = command.line().unwrap_or_default();
        let choices = answer.planned.choices.iter();
        let choice = choices.filter(|choice| choice.what == what).find(|choice| choice.value.contains(line));
        let Some(source @ Source::File { path, .. }) = choice.map(|choice| &choice.because) else { continue };
        findings.push(
            NO_FILES
                .found(format!("{file} is not there when the step {} runs `{line}`", step.name))
                .about(step.name.clone())
                .at(source.clone(), text_at(project, source))
                .help(r#"begin it where another step ends: "inputs": [{"step": "build"}]"#)
                .fix(
                    "begin with what build has made",
                    vec![set_key(path, &["steps", &step.name, "inputs"], serde_json::json!([{ "step": "build" }]))],
                ),
        );
    }
}

/// Whether a step, or one whose files it has, is given all of the project.
fn has_project(plan: &Plan, step: &Step) -> bool {
    let all = |layer: &Layer| layer.local && layer.include.iter().any(|path| path == ".");
    let (mut waiting, mut seen) = (vec![step], HashSet::new());
    while let Some(step) = waiting.pop() {
        let copies = step
            .commands
            .iter()
            .any(|command| matches!(command, Command::Copy { image, src, .. } if image.is_empty() && src == "."));
        if copies || step.inputs.iter().any(all) {
            return true;
        }
        let made_from = step.inputs.iter().filter(|layer| seen.insert(layer.step.clone()));
        waiting.extend(made_from.filter_map(|layer| plan.step(&layer.step)));
    }
    false
}

/// A file of the project that a command line names and the step does not copy.
fn named_file<'l>(project: &Project, step: &Step, line: &'l str) -> Option<&'l str> {
    let is_copied = |word: &str| {
        step.commands.iter().any(
            |command| matches!(command, Command::Copy { dest, .. } if std::path::Path::new(word).starts_with(dest)),
        )
    };
    let words = line.split(|c: char| c.is_whitespace() || "'\";&|()".contains(c));
    let mut names = words.map(|word| word.trim_start_matches("./")).filter(|word| !word.is_empty());
    names.find(|word| project.has_file(word) && !is_copied(word))
}
