//! Variables that the code cannot do without, and that nobody gives.

use super::facts::ignored::hiding;
use std::collections::HashSet;

use super::Unset;
use super::facts::Facts;
use super::facts::environment::Read;
use super::facts::expanded::expanded;
use super::facts::requirements::is_used;
use super::facts::start::Start;
use super::finding::{Check, Findings, warning};
use crate::finding::{Diagnosis, Severity};
use crate::log::pattern::Pattern;
use crate::project::Source;

pub(crate) const MISSING: Check = warning(
    "missing-env-var",
    "The code reads an environment variable without anything in its place, and nobody gives it. A .env file stays on the laptop, for good \
     reason: set it among the service's variables on the platform, and with --env for a rehearsal.",
);

pub(super) const CHECKS: &[Check] = &[MISSING];

/// More places than these tell nothing new.
const MOST: usize = 30;

/// What wants a variable that nobody gives: the code, in the order in which it reads, and the commands of the start.
pub(super) fn missing(facts: &Facts<'_>) -> Vec<Unset> {
    let read = |read: &Read| Unset {
        name: read.name.clone(),
        source: facts.app.line(&read.path, Some(read.line)),
        text: read.text.clone(),
    };
    let by_start = expanded(facts).into_iter().map(|(name, source, text)| Unset { name, source, text });
    unset(facts, dotenv(facts).as_ref()).map(read).chain(by_start).collect()
}

/// The reads of variables that nobody gives.
pub(super) fn missing_reads<'s>(facts: &'s Facts<'_>) -> Vec<&'s Read> {
    unset(facts, dotenv(facts).as_ref()).collect()
}

fn unset<'s>(facts: &'s Facts<'_>, file: Option<&DotEnv>) -> impl Iterator<Item = &'s Read> {
    let given = given(facts, file);
    facts.environment().reads.iter().filter(move |read| !given(&read.name))
}

/// Says of a name whether the plan, the start, its script or a deployed .env file that is read gives a value.
fn given(facts: &Facts<'_>, file: Option<&DotEnv>) -> impl Fn(&str) -> bool {
    let starts = Start::all(facts);
    let script = facts.script_text();
    let reads_file = facts.environment().reads_file;
    move |name: &str| {
        facts.variable(name).is_some()
            || starts.iter().any(|start| start.command.contains(&format!("{name}=")))
            || script.contains(&format!("{name}="))
            || reads_file && file.is_some_and(|file| file.is_deployed && file.names.contains(name))
    }
}

/// Whether something sets a variable of the app.
pub(super) fn is_set(facts: &Facts<'_>, name: &str) -> bool {
    given(facts, dotenv(facts).as_ref())(name)
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    in_requirements(facts, findings);
    let file = dotenv(facts);
    let missing = missing(facts);
    let Some(first) = missing.first() else { return };
    // Those that are read at the start come first.
    let at_start = unset(facts, file.as_ref()).next().is_some_and(|read| read.at_start);
    let is_expanded = !expanded(facts).is_empty();
    let mut names: Vec<&str> = Vec::new();
    for unset in missing.iter().take(MOST) {
        if !names.contains(&unset.name.as_str()) {
            names.push(&unset.name);
        }
    }
    let verb = if names.len() == 1 { "is" } else { "are" };
    let finding = MISSING
        .found(format!(
            "{} {verb} read without a default, and nothing sets {}",
            listed(&names),
            if names.len() == 1 { "it" } else { "them" }
        ))
        .about(first.name.as_str())
        .severity(if at_start || is_expanded { Severity::Warning } else { Severity::Note });
    let finding =
        missing.iter().take(MOST).fold(finding, |finding, unset| finding.at(unset.source.clone(), &unset.text));
    let local = file.as_ref().filter(|file| !file.is_deployed && names.iter().any(|name| file.names.contains(*name)));
    let kept_out = local.map(|_| ": .env is not deployed").unwrap_or_default();
    findings.push(finding.help(to_set(&names, kept_out)));
}

/// What stands before the options that give variables to a rehearsal.
const FOR_A_REHEARSAL: &str = "; for a rehearsal: ";

/// What to do where variables are missing, whoever found them.
pub(crate) fn to_set(names: &[&str], kept_out: &str) -> String {
    let options = names.iter().take(3).map(|name| format!("--env {name}=…")).collect::<Vec<_>>().join(" ");
    format!("set {} among the service's variables{kept_out}{FOR_A_REHEARSAL}{options}", listed(names))
}

/// The options that a diagnosis of missing variables says to rehearse with.
pub(crate) fn rehearsal_options(diagnosis: &Diagnosis) -> Option<&str> {
    (diagnosis.rule == MISSING.id)
        .then(|| diagnosis.help.as_deref()?.split_once(FOR_A_REHEARSAL))?
        .map(|(_, options)| options)
}

static EXPANDED: Pattern = Pattern::ascii(r"\$\{([A-Z][A-Z0-9_]*)\}");

/// Variables that pip puts into the lines of requirements.txt, a private index's token above all. One that is not set stays text.
fn in_requirements(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() || !is_used(facts) {
        return;
    }
    for (path, _) in &facts.requirements().files {
        let Ok(text) = facts.project.read_text(path) else { continue };
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with('#')) {
            let names = EXPANDED.regex().into_iter().flat_map(|pattern| pattern.captures_iter(line));
            for name in names.filter_map(|found| found.get(1)).map(|name| name.as_str()) {
                if facts.variable(name).is_some() {
                    continue;
                }
                let finding = MISSING
                    .found(format!("{} asks for {name}, and nothing sets it", path.display()))
                    .about(name)
                    .at(Source::line(path, index + 1), line);
                findings.push(finding.help(format!(
                    "set {name} among the service's variables, so that the build has it; for a rehearsal: --env {name}=…"
                )));
            }
        }
    }
}

/// Names in a sentence.
pub(super) fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [others @ .., last] => format!("{} and {last}", others.join(", ")),
    }
}

struct DotEnv {
    names: HashSet<String>,
    is_deployed: bool,
}

/// The names in the project's .env file.
fn dotenv(facts: &Facts<'_>) -> Option<DotEnv> {
    let app = &facts.app;
    let text = app.has_file(".env").then(|| app.read_text(".env").ok())??;
    let name = |line: &str| {
        let (name, _) = line.trim_start().trim_start_matches("export ").split_once('=')?;
        Some(name.trim().to_owned())
    };
    let names = text.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(name).collect();
    Some(DotEnv { names, is_deployed: hiding(app, ".env").is_none() })
}
