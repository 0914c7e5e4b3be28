//! Plans made by an installed `nixpacks`, for the languages that we do not plan ourselves.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

use crate::project::{Project, Source};

use super::derive::command_line;
use super::overlay::Overlay;
use super::{Derived, Options, Plan, PlanError, saved, variables};
use crate::builder::DeployOptions;
use crate::plan::{Choice, Warning};

/// Exit status of a Rust program that panicked.
const PANICKED: i32 = 101;

/// Asks the program `nixpacks` for the plan. The outer error says that it could not be asked.
///
/// Values of variables go through its environment, since others on the machine can read a command line.
pub fn derive(
    nixpacks: &Path,
    project: &Project,
    given: &DeployOptions,
    options: &Options,
) -> Result<std::result::Result<Derived, PlanError>> {
    let (deploy, overlay) = match super::platform(project, given) {
        Ok(platform) => platform,
        Err(error) => return Ok(Err(error)),
    };
    let output = run(nixpacks, project, given, options, &overlay)?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    let because = Source::Default("said by nixpacks itself");
    if !output.status.success() {
        return match output.status.code() {
            Some(PANICKED) => Ok(Err(panic_in(&stderr, because))),
            Some(1) => Ok(Err(PlanError::Refused { messages: messages(&stderr), because })),
            _ => bail!("{} ended with {}: {}", nixpacks.display(), output.status, stderr.trim()),
        };
    }
    let stdout = String::from_utf8(output.stdout).context("nixpacks printed a plan that is not UTF-8")?;
    let plan = saved::plan_from_json(&stdout)
        .map_err(|(_, what)| anyhow::anyhow!("nixpacks printed a plan that cannot be read: {what}"))?;
    let warnings = stderr.lines().map(|line| Warning { message: line.to_owned(), source: because.clone() }).collect();
    let choices = vec![Choice { what: "planner".to_owned(), value: nixpacks.display().to_string(), because }];
    Ok(Ok(Derived {
        providers: providers(&plan),
        plan,
        nixpacks: None,
        choices,
        warnings,
        root: project.root().to_owned(),
        config: options.config.clone(),
        deploy,
    }))
}

fn run(
    nixpacks: &Path,
    project: &Project,
    given: &DeployOptions,
    options: &Options,
    overlay: &Overlay,
) -> Result<Output> {
    let vars = variables::given(given);
    let mut command = Command::new(nixpacks);
    command.args(["plan", "--format", "json"]).env("RUST_BACKTRACE", "0").env("NO_COLOR", "1").stdin(Stdio::null());
    for (name, value) in &vars {
        // A name that the program would not read back whole, or an empty one, cannot be an environment variable's.
        if variables::is_name(name) && !value.contains('\0') {
            command.env(name, value).arg("--env").arg(name);
        } else {
            command.arg("--env").arg(format!("{name}={value}"));
        }
    }
    if let Some(config) = options.config.as_ref().or(overlay.config.as_ref()) {
        command.arg(flag("--config", config));
    }
    let commands = Options { pkgs: Vec::new(), libs: Vec::new(), apt: Vec::new(), ..options.clone() };
    let plan = command_line(given, &commands, overlay);
    if plan.phases.is_some() || plan.start.is_some() {
        command.arg(flag("--json-plan", plan.plan().to_json()));
    }
    for (name, values) in [("--pkgs", &options.pkgs), ("--libs", &options.libs), ("--apt", &options.apt)] {
        command.args(values.iter().map(|value| flag(name, value)));
    }
    command.arg("--").arg(project.root());
    command.output().with_context(|| format!("cannot run {}", nixpacks.display()))
}

/// `--name=value` in one word, so that a value may begin with a dash.
fn flag(name: &str, value: impl Into<std::ffi::OsString>) -> std::ffi::OsString {
    let mut word = std::ffi::OsString::from(format!("{name}="));
    word.push(value.into());
    word
}

/// `Error: outermost`, then `Caused by:` and a line each, indented and numbered if there are several.
fn messages(stderr: &str) -> Vec<String> {
    let text = stderr.find("Error: ").map_or(stderr, |at| &stderr[at + "Error: ".len()..]);
    let (first, causes) = text.split_once("\n\nCaused by:\n").unwrap_or((text, ""));
    let cause = |line: &str| {
        let line = line.trim();
        let numbered = line.split_once(": ").filter(|(number, _)| number.parse::<u32>().is_ok());
        numbered.map_or(line, |(_, rest)| rest).to_owned()
    };
    let causes = causes.lines().map(cause).filter(|line| !line.is_empty());
    std::iter::once(first.trim().to_owned()).chain(causes).collect()
}

fn panic_in(stderr: &str, because: Source) -> PlanError {
    let message = stderr.lines().skip_while(|line| !line.contains("panicked at")).nth(1).unwrap_or(stderr.trim());
    PlanError::Panics { message: message.to_owned(), place: "own code", because }
}

/// The providers' names, from what the plan says of itself: each is followed by tags of its own.
fn providers(plan: &Plan) -> Vec<String> {
    let metadata = plan.variables.as_ref().and_then(|vars| vars.get("NIXPACKS_METADATA"));
    let names = metadata.map_or("", String::as_str).split(',');
    names.filter(|name| super::providers::is_known(name)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_of_the_program_is_taken_apart() {
        let text = "Error: Reading Procfile\n\nCaused by:\n    mapping values are not allowed at line 1 column 13\n";
        assert_eq!(messages(text), ["Reading Procfile", "mapping values are not allowed at line 1 column 13"]);
        let text = "a warning\nError: a\n\nCaused by:\n    0: b\n    1: c\n";
        assert_eq!(messages(text), ["a", "b", "c"]);
    }

    #[test]
    fn providers_are_told_from_their_tags() {
        let plan = Plan::from_json(r#"{"variables":{"NIXPACKS_METADATA":"node,python,django,postgres"}}"#).unwrap();
        assert_eq!(providers(&plan), ["node", "python"]);
    }
}
