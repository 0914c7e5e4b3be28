//! A .env file that is deployed, and whose readers let it beat the platform's variables.

use super::facts::Facts;
use super::facts::code::Statement;
use super::facts::ignored::hiding;
use super::facts::start::Start;
use super::finding::{Check, Finding, Findings, remove_line, warning};
use super::server::PORT;
use crate::finding::Severity;
use crate::log::pattern::Pattern;
use crate::project::Source;

const BY_HONCHO: Check = warning(
    "honcho-env-file-wins",
    "honcho puts what a .env file says in the place of variables that are set already, PORT among them (honcho 2.0.0). A .env that is \
     deployed beats the platform's variables; most other readers of such a file let those stand.",
);
const BY_OVERRIDE: Check = warning(
    "env-file-overrides",
    "python-dotenv, environs and django-environ let a variable stand that is set already. Told to override (`load_dotenv(override=True)`), they put what the \
     file says in its place, so that a .env file that is deployed beats the platform's variables.",
);

pub(crate) const ALONE: Check = warning(
    "env-file-alone",
    "`dotenv_values` of python-dotenv gives what a file says and looks at no variable. A .env file that is not deployed gives nothing, whatever the service's variables \
     say.",
);

pub(super) const CHECKS: &[Check] = &[BY_HONCHO, BY_OVERRIDE, ALONE];

const NAME: &str = ".env";
const PORT_NAME: &str = "PORT";

/// A line of the file that sets a variable.
struct Assigned {
    name: String,
    value: String,
    number: usize,
    line: String,
}

/// What a deployed file sets.
struct EnvFile {
    assigned: Vec<Assigned>,
    /// Of those, what the platform is known to set as well.
    beaten: Vec<usize>,
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(file) = read(facts) else { return alone(facts, findings) };
    for start in Start::all(facts).iter().filter(|start| is_honcho(start.command)) {
        let finding = file.told(facts, &BY_HONCHO, "since honcho reads it").at(start.source.clone(), start.command);
        findings.push(
            finding.help("keep .env out of the deploy, or have honcho read another file: `honcho -e FILE start`"),
        );
    }
    let Some((source, statement)) = overriding(facts) else { return };
    if let Some(port) = file.beaten().find(|one| one.name == PORT_NAME && facts.variable(PORT_NAME) != Some(&one.value))
    {
        let finding = PORT
            .found(format!("what reads PORT is told {}, whatever the platform says: .env beats it", port.value))
            .about(&port.value)
            .at(Source::line(facts.app.place(NAME), port.number), &port.line)
            .at(source, &statement.text);
        let edits = vec![remove_line(&facts.app.place(NAME), port.number, &port.line)];
        findings.push(finding.fix("leave PORT to the platform", edits));
        return;
    }
    let finding = file.told(facts, &BY_OVERRIDE, "since the code has it override").at(source, &statement.text);
    findings
        .push(finding.help("keep .env out of the deploy, or leave the override out: what is set already stands then"));
}

impl EnvFile {
    fn beaten(&self) -> impl Iterator<Item = &Assigned> {
        self.beaten.iter().map(|index| &self.assigned[*index])
    }

    /// That it beats the platform, at the first line that is known to.
    fn told(&self, facts: &Facts<'_>, check: &Check, why: &str) -> Finding {
        let names = self.beaten().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
        let finding = match self.beaten.is_empty() {
            true => {
                check.found(format!("what .env sets beats the platform's variables, {why}")).severity(Severity::Note)
            }
            false => check.found(format!("{names} of .env beats what the platform sets, {why}")),
        };
        let first = self.beaten().next().or(self.assigned.first());
        let (number, name) = first.map_or((1, ""), |one| (one.number, one.name.as_str()));
        // The value is nobody's business.
        finding.about(NAME).at(Source::line(facts.app.place(NAME), number), format!("{name}=…"))
    }
}

/// The file, where it is deployed and sets anything.
fn read(facts: &Facts<'_>) -> Option<EnvFile> {
    if !facts.app.has_file(NAME) || hiding(&facts.app, NAME).is_some() {
        return None;
    }
    let text = facts.app.read_text(NAME).ok()?;
    let assigned = |(index, line): (usize, &str)| {
        let bare = line.trim().trim_start_matches("export ");
        let (name, value) = bare.split_once('=').filter(|_| !bare.starts_with('#'))?;
        let value = value.trim().trim_matches(['"', '\'']).to_owned();
        Some(Assigned { name: name.trim().to_owned(), value, number: index + 1, line: line.to_owned() })
    };
    let assigned: Vec<Assigned> = text.lines().enumerate().filter_map(assigned).collect();
    let is_given = |one: &Assigned| one.name == PORT_NAME || facts.variable(&one.name).is_some();
    let beaten = (0..assigned.len()).filter(|index| is_given(&assigned[*index])).collect();
    (!assigned.is_empty()).then_some(EnvFile { assigned, beaten })
}

static VALUES: Pattern = Pattern::new(r#"^([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*(?:dotenv\.)?dotenv_values\(([^()]*)\)$"#);
static TAKEN: Pattern = Pattern::new(r#"\b([A-Za-z_]\w*)\[\s*["'](\w+)["']\s*\]"#);

/// What the code takes out of a file that is not there.
fn alone(facts: &Facts<'_>, findings: &mut Findings) {
    for module in facts.loaded() {
        let statements = &module.code.statements;
        for (statement, found) in statements.iter().filter_map(|one| Some((one, VALUES.captures(&one.text)?))) {
            if NAMED.captures(&found[2]).is_some_and(|named| &named[1] != NAME) {
                continue;
            }
            let takes = |text: &str| {
                TAKEN.captures_iter(text).find(|taken| taken[1] == found[1]).map(|taken| taken[2].to_owned())
            };
            let taken = statements.iter().find_map(|one| Some((one, takes(&one.text)?)));
            let Some((by, name)) = taken.filter(|(by, _)| !module.code.is_conditional(by)) else { continue };
            let finding = ALONE
                .found(format!(
                    "{name} is taken from .env alone, which is not deployed, and no variable takes its place"
                ))
                .about(&name)
                .at(facts.app.line(&module.path, Some(by.line)), &by.text)
                .at(facts.app.line(&module.path, Some(statement.line)), &statement.text);
            let merged = format!("{} = {{**dotenv_values({}), **os.environ}}", &found[1], &found[2]);
            findings
                .push(finding.help(format!(
                    "write `{merged}` (with `import os`), and set {name} among the service's variables"
                )));
        }
    }
}

/// Whether a command lets honcho read the file.
fn is_honcho(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    let calls = words.iter().any(|word| word.rsplit('/').next() == Some("honcho"))
        && words.iter().any(|word| matches!(*word, "start" | "run"));
    calls && !words.iter().any(|word| *word == "-e" || word.starts_with("--env"))
}

static OVERRIDES: Pattern = Pattern::new(
    r"(?:load_dotenv|read_env|read_dotenv)\(.*\b(?:override|overwrite)\s*=\s*True|environ\.update\(\s*(?:\w+\.)?dotenv_values\(",
);
/// The name of a file in the call, which is .env where there is none.
static NAMED: Pattern = Pattern::new(r#"["'](?:[^"']*/)?([^"'/]+)["']"#);

/// The statement that has the file override what is set.
fn overriding<'f>(facts: &'f Facts<'_>) -> Option<(Source, &'f Statement)> {
    facts.loaded().find_map(|module| {
        let is_it = |statement: &&Statement| {
            let of_the_file = NAMED.captures(&statement.text).is_none_or(|named| &named[1] == NAME);
            // That the file is there is no condition: it is.
            let is_open = |head: &str| {
                !head.starts_with("if ") || ["exists(", "is_file(", "__name__"].iter().any(|sign| head.contains(sign))
            };
            OVERRIDES.is_match(&statement.text) && of_the_file && module.code.heads_around(statement).all(is_open)
        };
        let statement = module.code.statements.iter().find(is_it)?;
        Some((facts.app.line(&module.path, Some(statement.line)), statement))
    })
}
