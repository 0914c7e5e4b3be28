//! railpack.json and the variables beside it, and what they take away without saying so.

use std::path::Path;

use crate::builder::RailpackAnswer;
use crate::builder::railpack::{CONFIG_FILE, Command, Layer, Level, Plan, Version};
use crate::check::Check;
use crate::check::finding::{Findings, add_item, error, remove_key, replace_line, set_key, warning};
use crate::finding::Edit;
use crate::plan::Choice;
use crate::project::hujson::{self, Node, Value};
use crate::project::{Project, Source};

use super::line::text_at;

pub(crate) const INVALID_CONFIG: Check = error(
    "railpack-invalid-config",
    "railpack.json does not parse, a value in it has another type than Railpack wants, or the file that was named is not there. Railpack stops \
     before it plans anything.",
);
const UNKNOWN_KEY: Check = warning(
    "railpack-unknown-key",
    "Railpack passes over a key of railpack.json that it does not know, without a word.",
);
pub(crate) const UNKNOWN_PROVIDER: Check = error(
    "railpack-unknown-provider",
    "`provider` of railpack.json names none that Railpack has. It warns and then plans without any, so nothing is installed.",
);
const STRING_COMMAND: Check = error(
    "railpack-string-command",
    "A command that is written as a string is run by the shell as it is. The short forms `PATH:`, `COPY:` and `RUN:` of the manual are not \
     recognised: the shell looks for a program of that name.",
);
pub(crate) const QUOTE: Check = error(
    "railpack-quote-in-command",
    "Railpack puts a command that is written as a string between single quotes and does not escape those in it, so the first one ends the \
     command. In railpack.json it takes the string as it is written, so JSON's escapes reach the shell, those of double quotes too. \
     {\"cmd\": \"…\"} is decoded, and split into words.",
);
pub(crate) const NO_VENV: Check = error(
    "railpack-install-makes-no-venv",
    "The image that runs takes /app/.venv of the build. An install command of one's own replaces the one that makes it, what it installs beside \
     mise's Python is left behind, and the build ends with `\"/app/.venv\": not found`.",
)
.decides();
const NO_MISE: Check = error(
    "railpack-inputs-leave-python-out",
    "deploy.inputs without `...` replaces all that the image that runs takes of the build. Without the step packages:mise there is no Python in it.",
)
.decides();

pub(super) const CHECKS: &[Check] =
    &[INVALID_CONFIG, UNKNOWN_KEY, UNKNOWN_PROVIDER, STRING_COMMAND, QUOTE, NO_VENV, NO_MISE];

/// As the manual writes them; Go takes them in any case.
const KEYS: &[&str] =
    &["$schema", "provider", "buildAptPackages", "steps", "deploy", "packages", "caches", "secrets", "exclude"];
const DEPLOY_KEYS: &[&str] = &["aptPackages", "base", "inputs", "startCommand", "variables", "paths"];
/// Those that older releases do not read.
const NEW_KEYS: &[&str] = &["exclude", "deploy.base"];
const STEP_KEYS: &[&str] = &["name", "inputs", "commands", "secrets", "assets", "variables", "caches", "deployOutputs"];

pub(super) fn check(project: &Project, answer: &RailpackAnswer, findings: &mut Findings) {
    keys(project, answer.planned.version, findings);
    provider(project, answer, findings);
    let planned = &answer.planned;
    let Some(plan) = &planned.plan else { return };
    commands(project, plan, &planned.choices, findings);
    left_out(project, plan, &planned.choices, findings);
    left_behind(project, plan, &planned.choices, findings);
}

/// Whether a fault of the planner speaks of its configuration.
pub(super) fn is_of_config(fault: &str) -> bool {
    fault.starts_with("hujson: ")
        || fault.starts_with("error reading ") && fault.contains(" as JSON: ")
        || fault.starts_with("config file ")
}

/// The place that such a fault names.
pub(super) fn place_of(project: &Project, fault: &str) -> Source {
    let line = fault.split_once("line ").and_then(|(_, rest)| rest.split(',').next()?.parse().ok());
    project.line(CONFIG_FILE, line)
}

fn keys(project: &Project, version: Version, findings: &mut Findings) {
    let Some(bytes) = project.has_file(CONFIG_FILE).then(|| project.read(Path::new(CONFIG_FILE)).ok()).flatten() else {
        return;
    };
    let Ok(document) = hujson::parse(&bytes) else { return };
    let mut unknown = |at: &str, name: &str, node: &Node, known: &[&str]| {
        let whole = if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
        if !version.takes_all_of_config() && NEW_KEYS.iter().any(|new| new.eq_ignore_ascii_case(&whole)) {
            let finding = UNKNOWN_KEY.found(format!("Railpack {version} passes over `{whole}`")).about(whole);
            findings.push(finding.at(project.line(CONFIG_FILE, Some(node.line)), ""));
        } else if !known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            findings.push(
                UNKNOWN_KEY
                    .found(format!("Railpack knows no key `{whole}`"))
                    .about(whole)
                    .at(project.line(CONFIG_FILE, Some(node.line)), "")
                    .help(format!("known here: {}", known.join(", "))),
            );
        }
    };
    for (name, node) in members(&document.root) {
        unknown("", name, node, KEYS);
        match name.to_ascii_lowercase().as_str() {
            "deploy" => members(node).iter().for_each(|(name, node)| unknown("deploy", name, node, DEPLOY_KEYS)),
            "steps" => {
                for (step, node) in members(node) {
                    members(node)
                        .iter()
                        .for_each(|(name, node)| unknown(&format!("steps.{step}"), name, node, STEP_KEYS));
                }
            }
            _ => {}
        }
    }
}

fn members(node: &Node) -> &[(String, Node)] {
    match &node.value {
        Value::Map(members) => members,
        _ => &[],
    }
}

fn provider(project: &Project, answer: &RailpackAnswer, findings: &mut Findings) {
    let unknown = answer
        .planned
        .messages
        .iter()
        .find(|message| message.level == Level::Warn && message.text.starts_with("Provider `"));
    if let Some(message) = unknown.filter(|_| answer.planned.provider.is_none()) {
        let text = project.read_text(CONFIG_FILE).unwrap_or_default();
        let at = text.lines().position(|line| line.contains("\"provider\""));
        let line = at.and_then(|at| text.lines().nth(at)).unwrap_or_default();
        findings.push(
            UNKNOWN_PROVIDER
                .found(message.text.clone())
                .at(project.line(CONFIG_FILE, at.map(|at| at + 1)), line)
                .help("leave `provider` out, or name `python`"),
        );
    }
}

/// What chose a command of a step.
fn chosen<'a>(choices: &'a [Choice], step: &str, shown: &str) -> Option<&'a Source> {
    let what = format!("steps.{step}.commands");
    choices.iter().rfind(|choice| choice.what == what && choice.value == shown).map(|choice| &choice.because)
}

fn commands(project: &Project, plan: &Plan, choices: &[Choice], findings: &mut Findings) {
    for step in &plan.steps {
        for command in &step.commands {
            // Only a command that the user writes as a string has the text for its name.
            let Command::Exec { cmd, name } = command else { continue };
            if *cmd != format!("sh -c '{name}'") {
                continue;
            }
            let Some(source) = chosen(choices, &step.name, name) else { continue };
            let line = text_at(project, source);
            if let Some(form) = ["PATH:", "COPY:", "RUN:"].into_iter().find(|form| name.starts_with(form)) {
                let better = in_place_of(name, source, &line, |command| long_form(form, command));
                findings.push(
                    STRING_COMMAND
                        .found(format!("`{name}` of the step {} is run by the shell as it is", step.name))
                        .about(form)
                        .at(source.clone(), &line)
                        .help(r#"write {"path": "…"}, {"src": "…", "dest": "…"} or the command alone"#)
                        .fix("write it in the form that Railpack reads", better),
                );
                continue;
            }
            let in_file = matches!(source, Source::File { .. });
            let mistaken = if name.contains('\'') {
                format!("the quotes in `{name}` end the command early")
            } else if in_file && name.contains('\\') {
                format!("the shell is given the escapes in `{name}` as they are written")
            } else {
                continue;
            };
            let finding = QUOTE.found(mistaken).about(name.clone()).at(source.clone(), &line);
            findings.push(match in_file {
                true => finding
                    .help(r#"write it as {"cmd": "sh -c \"…\""}, or put the command into a script and run that"#)
                    .fix("write it as words", in_place_of(name, source, &line, |command| Some(as_words(command)))),
                false => finding.help("use double quotes inside, or put the command into a script and run that"),
            });
        }
    }
}

/// The JSON that a short form of the manual stands for; none where it does not say all that the long one needs.
fn long_form(form: &str, command: &str) -> Option<serde_json::Value> {
    let rest = command.strip_prefix(form)?.trim();
    match (form, rest.split_whitespace().collect::<Vec<_>>().as_slice()) {
        ("PATH:", [path]) => Some(serde_json::json!({ "path": path })),
        ("COPY:", [both]) => Some(serde_json::json!({ "src": both, "dest": both })),
        ("COPY:", [src, dest]) => Some(serde_json::json!({ "src": src, "dest": dest })),
        ("RUN:", [_, ..]) => Some(serde_json::json!(rest)),
        _ => None,
    }
}

/// The command as words for the shell. Railpack decodes `cmd`, and BuildKit splits it as a shell does, without reading `$`.
fn as_words(command: &str) -> serde_json::Value {
    let escaped = command.replace('\\', "\\\\").replace('"', "\\\"");
    serde_json::json!({ "cmd": format!("sh -c \"{escaped}\"") })
}

/// Another value in place of a string that stands once in its line; `written` is what stands between its quotes.
fn in_place_of(
    written: &str,
    source: &Source,
    line: &str,
    value: impl FnOnce(&str) -> Option<serde_json::Value>,
) -> Vec<Edit> {
    let Source::File { path, line: Some(number) } = source else { return Vec::new() };
    let opened = format!("\"{written}");
    let Some((before, _)) = line.split_once(&opened).filter(|(_, rest)| !rest.contains(&opened)) else {
        return Vec::new();
    };
    let mut strings = serde_json::Deserializer::from_str(&line[before.len()..]).into_iter::<String>();
    let Some(Ok(text)) = strings.next() else { return Vec::new() };
    let after = &line[before.len() + strings.byte_offset()..];
    let better = value(&text).map(|value| format!("{before}{value}{after}"));
    better.map(|text| replace_line(path, *number, line, text)).into_iter().collect()
}

/// What makes a virtual environment in /app.
const MAKES_VENV: [&str; 6] = [".venv", "uv sync", "poetry install", "pdm install", "pdm sync", "pipenv"];

/// What an install step of the author's own puts beside mise's Python, where no manifest has Railpack make a virtual environment.
fn left_behind(project: &Project, plan: &Plan, choices: &[Choice], findings: &mut Findings) {
    let takes_venv = |layer: &Layer| layer.include.iter().any(|path| path == "/app/.venv");
    let Some(step) = plan.step("install").filter(|_| !plan.deploy.inputs.iter().any(takes_venv)) else { return };
    let lines = || step.commands.iter().filter_map(Command::line);
    if lines().any(|line| MAKES_VENV.iter().any(|word| line.contains(word))) {
        return;
    }
    let Some(line) = lines().find(|line| line.contains("pip install")) else { return };
    let choice = choices.iter().rfind(|choice| choice.what == "steps.install.commands" && choice.value.contains(line));
    let Some(because) = choice.map(|choice| &choice.because).filter(|because| !matches!(because, Source::Default(_)))
    else {
        return;
    };
    let finding = NO_VENV
        .found(format!(
            "what `{line}` installs is left behind: it lies beside mise's Python, and the image that runs takes /app"
        ))
        .about(line)
        .at(because.clone(), text_at(project, because))
        .likely()
        .help("begin with `python -m venv /app/.venv` and {\"path\": \"/app/.venv/bin\"}");
    let Source::File { path, .. } = because else {
        findings.push(finding);
        return;
    };
    let written = plan.to_value();
    let steps = written["steps"].as_array().into_iter().flatten();
    let own = steps.filter(|step| step["name"] == "install").flat_map(|step| step["commands"].as_array()).flatten();
    let mut commands: Vec<serde_json::Value> = Vec::new();
    for command in own {
        let name = command["customName"].as_str();
        let is_string = name.is_some_and(|name| command["cmd"] == format!("sh -c '{name}'"));
        let is_first = command["cmd"].as_str().is_some_and(|cmd| cmd.contains(line))
            && !commands.iter().any(|known| known["path"] == "/app/.venv/bin");
        if is_first {
            commands.extend(["python -m venv /app/.venv".into(), serde_json::json!({ "path": "/app/.venv/bin" })]);
        }
        commands.push(name.filter(|_| is_string).map_or_else(|| command.clone(), Into::into));
    }
    let edit = set_key(path, &["steps", "install", "commands"], commands);
    findings.push(finding.fix("install into /app/.venv", vec![edit]));
}

/// What the image that runs is not given.
fn left_out(project: &Project, plan: &Plan, choices: &[Choice], findings: &mut Findings) {
    let inputs = &plan.deploy.inputs;
    let takes_venv = inputs.iter().any(|layer| layer.include.iter().any(|path| path == "/app/.venv"));
    let lines = plan.steps.iter().filter(|step| step.name == "install" || step.name == "build");
    let lines: Vec<&str> = lines
        .flat_map(|step| &step.commands)
        .filter_map(|command| match command {
            Command::Exec { cmd, .. } => Some(cmd.as_str()),
            _ => None,
        })
        .collect();
    if takes_venv && !lines.iter().any(|line| MAKES_VENV.iter().any(|word| line.contains(word))) {
        let own = choices.iter().rfind(|choice| {
            choice.what == "steps.install.commands" && lines.iter().any(|line| line.contains(&choice.value))
        });
        let finding = NO_VENV
            .found("the install command makes no /app/.venv, and the image that runs takes it")
            .about("/app/.venv");
        let finding = match own.map(|choice| (choice, &choice.because)) {
            Some((choice, because @ Source::File { path, .. })) => finding
                .at(because.clone(), &choice.value)
                .fix("let Railpack install", vec![remove_key(path, &["steps", "install", "commands"])]),
            Some((choice, because)) => finding.at(because.clone(), &choice.value),
            None => finding.at(project.file("."), ""),
        };
        findings.push(finding.help(
            "begin with `python -m venv /app/.venv`; /app/.venv/bin is not on PATH by itself, so go on with /app/.venv/bin/pip",
        ));
    }
    let is_replaced =
        |choice: &&Choice| choice.what == "deploy.inputs" && !matches!(choice.because, Source::Default(_));
    if let Some(choice) = choices.iter().find(is_replaced)
        && !inputs.iter().any(|layer| {
            layer.step == "packages:mise"
                || layer.include.iter().any(|path| path == "." && layer.step.starts_with("packages"))
        })
        && plan.step("packages:mise").is_some_and(|step| !step.commands.is_empty())
    {
        let finding = NO_MISE
            .found("deploy.inputs takes nothing of packages:mise, so the image that runs has no Python")
            .about("packages:mise")
            .at(choice.because.clone(), text_at(project, &choice.because));
        findings.push(match &choice.because {
            Source::File { path, .. } => {
                finding.fix("take what Railpack takes, too", vec![add_item(path, &["deploy", "inputs"], "...", true)])
            }
            _ => finding.help("begin deploy.inputs with \"...\", or add what it takes of packages:mise"),
        });
    }
}
