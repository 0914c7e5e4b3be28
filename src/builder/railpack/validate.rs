//! Whether a plan can be built at all.

use super::app::App;
use super::messages::{Level, Log};
use super::plan::{Layer, Plan};
use super::providers::{NAMES, capitalized};

/// What is asked beside the plan.
pub(super) struct Demands<'a> {
    /// Whether no start command is an error.
    pub(super) start: bool,
    /// What the provider says about start commands.
    pub(super) help: Option<&'a str>,
}

/// Says what is wrong; `false` when there is no plan for it.
pub(super) fn is_valid(plan: &Plan, app: &App<'_>, demands: &Demands<'_>, log: &mut Log) -> bool {
    if plan.steps.iter().all(|step| step.commands.is_empty()) {
        log.error(no_provider(app));
        return false;
    }
    if plan.deploy.start_command.is_empty() {
        let mut text =
            "No start command detected. Specify a start command: https://railpack.com/config/file#deploy".to_owned();
        if let Some(help) = demands.help {
            text.push_str("\n\n");
            text.push_str(help);
        }
        log.say(if demands.start { Level::Error } else { Level::Warn }, text);
        if demands.start {
            return false;
        }
    }
    if let Some(fault) = plan.steps.iter().find_map(|step| input_fault(&step.inputs, &step.name)) {
        log.error(fault);
        return false;
    }
    let base = &plan.deploy.base;
    if base.image.is_empty() && base.step.is_empty() {
        log.error("deploy.base is required");
        return false;
    }
    true
}

fn input_fault(inputs: &[Layer], step: &str) -> Option<String> {
    let Some(first) = inputs.first() else { return Some(format!("step `{step}` has no inputs")) };
    if first.image.is_empty() && first.step.is_empty() {
        return Some(format!("`{step}` inputs must be an image or step input\n\n{}", first.line()));
    }
    let is_filtered = !first.include.is_empty() || !first.exclude.is_empty();
    is_filtered
        .then(|| format!("the first input of `{step}` cannot have any includes or excludes.\n\n{}", first.line()))
}

fn no_provider(app: &App<'_>) -> String {
    let (folders, files) = app.listing();
    let last = folders.len() + files.len();
    let entries = folders.iter().map(|name| format!("{name}/")).chain(files.iter().cloned());
    let tree: String = entries
        .enumerate()
        .map(|(index, name)| format!("{} {name}\n", if index + 1 == last { "└──" } else { "├──" }))
        .collect();
    let languages: String = NAMES.iter().map(|name| format!("- {}\n", capitalized(name))).collect();
    format!(
        "Railpack could not determine how to build the app.\n\nThe following languages are supported:\n{languages}\n\
         The app contents that Railpack analyzed contains:\n\n./\n{tree}\n\
         Check out the docs for more information: https://railpack.com"
    )
}
