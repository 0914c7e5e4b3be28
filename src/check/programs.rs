//! Programs that the code starts by name.

use super::facts::Facts;
use super::facts::calls::{Called, called};
use super::facts::command::invocations;
use super::facts::start::Start;
use super::finding::{Check, Finding, Findings};
use super::system_needs::{self, PROGRAM};
use super::{nixpacks, railpack};
use crate::builder::BuilderKind;
use crate::catalog::base_commands::{BASE_COMMANDS, LOAD_LIBRARIES, NOT_SLIM};
use crate::catalog::{debian, nix_packages};
use crate::finding::Severity;
use crate::project::Source;

pub(super) const CHECKS: &[Check] = system_needs::CHECKS;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    by_command(facts, findings);
    for Called { program, module, line, text } in called(facts.reached()) {
        let (nix, apt) = (nix_packages::of_program(program), debian::of_program(program));
        let is_slim = match facts.builder() {
            BuilderKind::Nixpacks => false,
            BuilderKind::Railpack => true,
        };
        let in_image = BASE_COMMANDS.contains(&program) && !(is_slim && NOT_SLIM.contains(&program));
        let is_planned = [nix, apt].into_iter().flatten().any(|package| facts.plans(package));
        let by_pip = facts.requirements().of(program).next().is_some();
        let by_build = facts.commands().iter().any(|command| command.contains(program));
        if in_image || is_planned || by_pip || by_build || nix.or(apt).is_none() {
            continue;
        }
        let finding = PROGRAM
            .found(format!("{} starts {program}, which the image does not have", module.path.display()))
            .about(program)
            .at(facts.app.line(&module.path, Some(line)), text)
            .likely();
        let finding = elsewhere(facts, &[program, apt.unwrap_or(program)])
            .into_iter()
            .fold(finding, |finding, (at, line)| finding.at(at, line));
        findings.push(installed(facts, finding, program, nix, apt));
    }
}

/// Lists of Debian packages that Heroku, Binder and Streamlit's cloud read, and no builder here does.
const LISTS: &[&str] = &["Aptfile", "apt.txt", "packages.txt"];

/// The line of such a list that names a package.
fn elsewhere(facts: &Facts<'_>, names: &[&str]) -> Option<(Source, String)> {
    LISTS.iter().find_map(|list| {
        let text = facts.app.has_file(list).then(|| facts.app.read_text(list).ok())??;
        let (index, line) = text.lines().enumerate().find(|(_, line)| names.contains(&line.trim()))?;
        let builder = facts.builder();
        Some((facts.app.line(list, Some(index + 1)), format!("{}, which {builder} does not read", line.trim())))
    })
}

/// The finding with what installs the program.
fn installed(facts: &Facts<'_>, finding: Finding, program: &str, nix: Option<&str>, apt: Option<&str>) -> Finding {
    let package = apt.unwrap_or(program);
    match facts.builder() {
        BuilderKind::Nixpacks => nixpacks::packages::with_program(facts, finding, nix, package),
        BuilderKind::Railpack => railpack::packages::with_program(finding, program, package),
    }
}

/// Programs that commands of the build and of the start call, as far as Python's own tools do not bring them.
const BESIDE_PYTHON: &[&str] = &["bun", "java", "just", "make", "node", "npm", "npx", "pnpm", "yarn"];

fn by_command(facts: &Facts<'_>, findings: &mut Findings) {
    let starts = Start::all(facts);
    let build = facts.build_choices().map(|choice| (choice.value.as_str(), &choice.because, false));
    let start = starts.iter().map(|start| (start.command, start.source, true));
    let commands: Vec<_> = build.chain(start).collect();
    for (command, source, is_start) in commands {
        let all = invocations(command);
        let Some(program) = all.iter().map(|found| found.program).find(|program| BESIDE_PYTHON.contains(program))
        else {
            continue;
        };
        let nix = nix_packages::of_program(program);
        let apt = debian::of_program(program);
        let is_slim = is_start && facts.builder().has_runtime_image();
        let in_image = BASE_COMMANDS.contains(&program) && !(is_slim && NOT_SLIM.contains(&program));
        let is_planned = [nix, apt].into_iter().flatten().any(|package| facts.plans(package));
        // A project of another language brings its own; so may a step of the author's.
        let by_author = facts.app.has_file("package.json") || commands_mention(facts, "install", program);
        if in_image || is_planned || by_author {
            continue;
        }
        let when = if is_start { "the start" } else { "the build" };
        let finding = PROGRAM
            .found(format!("{when} calls {program}, which the image does not have"))
            .about(program)
            .severity(Severity::Error)
            .at(source.clone(), command);
        findings.push(installed(facts, finding, program, nix, apt));
    }
}

/// Whether a command installs the program, whatever by.
fn commands_mention(facts: &Facts<'_>, verb: &str, program: &str) -> bool {
    facts
        .commands()
        .iter()
        .any(|command| command.contains(verb) && command.contains(program) && !command.starts_with(program))
}

/// The programs of the base image that the app starts and that load libraries.
pub(super) fn of_the_image<'f>(facts: &'f Facts<'_>) -> Vec<&'f str> {
    let start = Start::of(facts);
    let started = start.map(|start| invocations(start.command)).unwrap_or_default();
    let started = started.into_iter().map(|invocation| invocation.program);
    let mut found: Vec<&str> =
        called(facts.reached()).into_iter().map(|called| called.program).chain(started).collect();
    found.retain(|program| LOAD_LIBRARIES.contains(program));
    found.sort_unstable();
    found.dedup();
    found
}
