//! From a project to its plan, layer by layer.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::project::{Project, Source};

use super::draft::{Draft, Traced, TracedList};
use super::error::PlanError;
use super::merge::{fill, merge, merge_all, pin, without_markers};
use super::options::Options;
use super::overlay::Overlay;
use super::plan::Plan;
use super::python::Provided;
use super::variables::Variables;
use super::{layers, procfile, providers, python};
use crate::builder::DeployOptions;
use crate::plan::{Choice, Warning};

/// A plan as Nixpacks makes it, and why.
#[derive(Debug, Clone)]
pub(super) struct Made {
    pub(super) plan: Plan,
    pub(super) choices: Vec<Choice>,
    pub(super) providers: Vec<String>,
    pub(super) warnings: Vec<Warning>,
    pub(super) root: PathBuf,
}

/// Plans the folder, or the only folder in it where the folder itself gives no phases.
pub(super) fn make(
    project: &Project,
    deploy: &DeployOptions,
    options: &Options,
    overlay: &Overlay,
) -> Result<Made, PlanError> {
    let mut seen = HashSet::new();
    let mut current = project.clone();
    let mut warnings = Vec::new();
    loop {
        let made = make_here(&current, deploy, options, overlay, &mut warnings)?;
        if !made.plan.phases.as_ref().is_none_or(std::collections::BTreeMap::is_empty) {
            return Ok(made);
        }
        let [only] = &current.folders()[..] else { return Ok(made) };
        seen.insert(current.root().to_owned());
        let because = current.file(only);
        current = enter(&current, only)?;
        if seen.contains(current.root()) {
            return Err(PlanError::Panics {
                message: "thread 'main' has overflowed its stack".to_owned(),
                place: "src/nixpacks/plan/generator.rs",
                because,
            });
        }
    }
}

fn enter(project: &Project, dir: &Path) -> Result<Project, PlanError> {
    // Nixpacks carries the folder's name on as text.
    if dir.to_str().is_none() {
        let missing = std::io::Error::from_raw_os_error(2).to_string();
        return Err(PlanError::Refused { messages: vec![NO_FOLDER.to_owned(), missing], because: project.file(dir) });
    }
    project.enter(dir).map_err(|error| {
        let messages = vec![NO_FOLDER.to_owned(), error.what.clone()];
        PlanError::Input { error, messages }
    })
}

const NO_FOLDER: &str = "Failed to read app source directory";

fn make_here(
    project: &Project,
    deploy: &DeployOptions,
    options: &Options,
    overlay: &Overlay,
    warnings: &mut Vec<Warning>,
) -> Result<Made, PlanError> {
    let given = Variables::from_deploy(deploy);
    let config = options.config.as_deref().or(overlay.config.as_deref());
    let file = layers::from_file(project, &given, config)?;
    let above = merge_all([file, layers::from_variables(&given), command_line(deploy, options, overlay)]);
    let vars = given.with(above.variables.as_ref());
    let names = chosen(project, above.providers.as_ref())?;
    let mut choices = Vec::new();
    let provided = provide(project, &vars, &names, &mut choices, warnings)?;
    let procfile = procfile::plan(project)?;
    let mut draft = merge_all([provided, procfile, above]);
    if !vars.all().is_empty() {
        draft.variables.get_or_insert_default().extend(vars.all().clone());
    }
    pin(&mut draft, vars.truthy("DEBIAN"));
    choices.extend(draft.choices());
    Ok(Made {
        plan: draft.plan(),
        choices,
        providers: names.into_iter().map(|name| name.text).collect(),
        warnings: std::mem::take(warnings),
        root: project.root().to_owned(),
    })
}

/// `--json-plan` below the other flags; the platform's own values between the two.
pub(super) fn command_line(deploy: &DeployOptions, options: &Options, overlay: &Overlay) -> Draft {
    let flags = layers::from_flags(deploy, options);
    let json =
        options.json_plan.clone().map(|plan| Draft::from_plan(plan, &|_| Source::Flag("--json-plan".to_owned())));
    match (overlay.layer.clone(), json) {
        (None, None) => flags,
        (platform, json) => merge_all(platform.into_iter().chain(json).chain([flags])),
    }
}

fn chosen(project: &Project, asked: Option<&TracedList>) -> Result<Vec<Traced>, PlanError> {
    let detected = providers::detect(project)?.map_or_else(
        || TracedList::empty(Source::Default("no provider matches")),
        |(name, source)| TracedList::of(&source, [name]),
    );
    let asked = asked.cloned().unwrap_or_else(|| TracedList::of(&Source::Default("detection"), ["..."]));
    Ok(fill(Some(detected), Some(asked)).map(without_markers).map_or_else(Vec::new, |list| list.items))
}

fn provide(
    project: &Project,
    vars: &Variables,
    names: &[Traced],
    choices: &mut Vec<Choice>,
    warnings: &mut Vec<Warning>,
) -> Result<Draft, PlanError> {
    let mut plan = Draft::default();
    let mut metadata = Vec::new();
    for (index, name) in names.iter().enumerate() {
        if name.text != "python" {
            return Err(refuse(names, name));
        }
        choices.push(Choice { what: "provider".to_owned(), value: name.text.clone(), because: name.source.clone() });
        let Provided { plan: mut own, metadata: tags, choices: why, warnings: said } = python::plan(project, vars)?;
        choices.extend(why);
        warnings.extend(said);
        if index > 0 {
            own = prefixed(own, &name.text);
        }
        metadata.push(tags);
        plan = merge(own, plan);
    }
    if let Some(first) = names.first() {
        let metadata = Traced::new(metadata.join(","), first.source.clone());
        plan.variables.get_or_insert_default().insert("NIXPACKS_METADATA".to_owned(), metadata);
    }
    Ok(plan)
}

fn refuse(names: &[Traced], name: &Traced) -> PlanError {
    if providers::is_known(&name.text) {
        let names = names.iter().map(|name| name.text.clone()).collect();
        return PlanError::OtherProvider { names, because: name.source.clone() };
    }
    PlanError::refused(format!("Provider {} not found", name.text), name.source.clone())
}

/// The phases of a second provider carry its name.
fn prefixed(mut plan: Draft, provider: &str) -> Draft {
    let phases = plan.phases.take().unwrap_or_default().into_iter().map(|(name, mut phase)| {
        if let Some(list) = phase.lists.get_mut(&super::draft::Key::DependsOn) {
            for item in &mut list.items {
                item.text = format!("{provider}:{}", item.text);
            }
        }
        (format!("{provider}:{name}"), phase)
    });
    plan.phases = Some(phases.collect());
    plan
}
