//! The layers over the provider's plan: configuration file, variables, command line.

use std::path::Path;

use crate::project::{InputError, KeyLines, Project, Source};

use super::draft::{Draft, DraftStart, Key, TracedList, phase_lists};
use super::error::PlanError;
use super::error::read;
use super::options::Options;
use super::saved::{plan_from_json, plan_from_toml};
use super::variables::Variables;
use crate::builder::DeployOptions;

/// The names of its configuration, in the order in which it looks for them.
pub const CONFIG_FILES: [&str; 2] = ["nixpacks.toml", "nixpacks.json"];

/// The plan of the configuration file; empty when there is none.
pub(super) fn from_file(project: &Project, vars: &Variables, config: Option<&Path>) -> Result<Draft, PlanError> {
    let named = match (config, vars.config("CONFIG_FILE")) {
        (Some(path), _) => Some(path.to_string_lossy().into_owned()),
        (None, Some(named)) if project.has_file(&named.text) => Some(named.text),
        (None, Some(named)) => {
            let message = format!("Config file {} does not exist", named.text);
            return Err(PlanError::refused(message, named.source));
        }
        (None, None) => CONFIG_FILES.iter().find(|name| project.has_file(name)).map(|&name| name.to_owned()),
    };
    let Some(name) = named else { return Ok(Draft { phases: None, ..Draft::default() }) };
    let text =
        read(project, &name).map_err(|error| error.context(format!("Failed to read Nixpacks config file `{name}`")))?;
    let (plan, lines) = match Path::new(&name).extension().and_then(|ext| ext.to_str()) {
        Some("toml") => (plan_from_toml(&text), KeyLines::toml(&text)),
        Some("json") => (plan_from_json(&text), KeyLines::json(&text)),
        _ => return Err(PlanError::refused(format!("Unknown file type: {name}"), project.file(&name))),
    };
    let plan = plan.map_err(|(line, what)| {
        let context = format!("Failed to parse Nixpacks config file `{name}`");
        let messages = vec![context, what.clone()];
        PlanError::Input { error: InputError::at(project.place(&name), line, what), messages }
    })?;
    Ok(Draft::from_plan(plan, &|path| project.line(&name, locate(&lines, path))))
}

/// The line of a key in whichever of its names the file uses.
pub(super) fn locate(lines: &KeyLines, path: &[&str]) -> Option<usize> {
    let aliases = path.get(2).and_then(|name| phase_lists().find(|names| names[0] == *name));
    let written = aliases.into_iter().flatten().find(|alias| lines.contains(&[&path[..2], &[**alias]].concat()));
    match written {
        Some(alias) => lines.line(&[&path[..2], &[*alias], &path[3..]].concat()),
        None => lines.line(path),
    }
}

/// The plan of the `NIXPACKS_*` variables.
pub(super) fn from_variables(vars: &Variables) -> Draft {
    let mut draft = Draft { phases: Some([].into()), ..Draft::default() };
    for (name, key, words) in [
        ("PKGS", Key::NixPkgs, split_words as fn(&str) -> Vec<String>),
        ("APT_PKGS", Key::AptPkgs, split_words),
        // Nixpacks splits this one at single spaces alone: two in a row give an empty name.
        ("LIBS", Key::NixLibs, |text| text.split(' ').map(str::to_owned).collect()),
    ] {
        if let Some(found) = vars.config(name) {
            let items = words(&found.text).into_iter().chain(["...".to_owned()]);
            draft.phase("setup").set(key, TracedList::of(&found.source, items));
        }
    }
    for (phase, after, cmd, cache) in [
        ("install", "setup", "INSTALL_CMD", "INSTALL_CACHE_DIRS"),
        ("build", "install", "BUILD_CMD", "BUILD_CACHE_DIRS"),
    ] {
        let Some(cmd) = vars.config(cmd) else { continue };
        let phase = draft.phase(phase);
        phase.set(Key::Cmds, TracedList::of(&cmd.source, [cmd.text]));
        phase.set(Key::DependsOn, TracedList::of(&Source::Default("the usual order of phases"), [after]));
        if let Some(dirs) = vars.config(cache) {
            let mut names = split_words(&dirs.text);
            names.sort();
            names.dedup();
            if !names.is_empty() {
                phase.set(Key::CacheDirectories, TracedList::of(&dirs.source, names));
            }
        }
    }
    draft.start = vars.config("START_CMD").map(|cmd| DraftStart::with_cmd(cmd.text, cmd.source));
    draft
}

fn split_words(text: &str) -> Vec<String> {
    text.split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The plan of the command line's `--pkgs`, `--libs`, `--apt` and the three commands.
pub(super) fn from_flags(deploy: &DeployOptions, options: &Options) -> Draft {
    let mut draft = Draft::default();
    if !(options.pkgs.is_empty() && options.libs.is_empty() && options.apt.is_empty()) {
        let setup = draft.phase("setup");
        // Any one of the three sets all, and drops the overlays of the layers below.
        setup.set(Key::NixOverlays, TracedList::empty(Source::Flag("--pkgs".to_owned())));
        for (flag, key, items) in [
            ("--pkgs", Key::NixPkgs, &options.pkgs),
            ("--apt", Key::AptPkgs, &options.apt),
            ("--libs", Key::NixLibs, &options.libs),
        ] {
            let items = items.iter().map(String::as_str).chain(["..."]);
            setup.set(key, TracedList::of(&Source::Flag(flag.to_owned()), items));
        }
    }
    for (phase, after, flag, cmd) in [
        ("install", "setup", "--install-cmd", &options.install_cmd),
        ("build", "install", "--build-cmd", &deploy.build_cmd),
    ] {
        if let Some(cmd) = cmd {
            let phase = draft.phase(phase);
            phase.set(Key::Cmds, TracedList::of(&Source::Flag(flag.to_owned()), [cmd.as_str()]));
            phase.set(Key::DependsOn, TracedList::of(&Source::Default("the usual order of phases"), [after]));
        }
    }
    draft.start =
        deploy.start_cmd.as_ref().map(|cmd| DraftStart::with_cmd(cmd, Source::Flag("--start-cmd".to_owned())));
    draft
}
