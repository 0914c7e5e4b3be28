//! From the draft to the plan.

use std::collections::{BTreeMap, HashSet};

use crate::plan::Choice;
use crate::project::Source;

use super::decode::Placed;
use super::draft::{Draft, MISE_STEP, StepDraft};
use super::mise;
use super::package::{Package, Unverified};
use super::plan::{Cache, Command, Deploy, Layer, Plan, Step};
use super::version::Rules;
use super::versions::Table;

pub(super) const APT_BUILD: &str = "packages:apt:build";
pub(super) const APT_RUNTIME: &str = "packages:apt:runtime";
const MISE_PATHS: [&str; 5] =
    ["/mise/shims", "/mise/installs", "/usr/local/bin/mise", "/etc/mise/config.toml", "/root/.local/state/mise"];
const MISE_VARIABLES: [(&str, &str); 5] = [
    ("MISE_DATA_DIR", "/mise"),
    ("MISE_CONFIG_DIR", "/mise"),
    ("MISE_CACHE_DIR", "/mise/cache"),
    ("MISE_SHIMS_DIR", "/mise/shims"),
    ("MISE_INSTALLS_DIR", "/mise/installs"),
];

/// The tools and what keeps track of them.
pub(super) fn mise_layer() -> Layer {
    Layer::of_paths(MISE_STEP, MISE_PATHS.map(str::to_owned).to_vec(), Vec::new())
}

/// The image that a step begins with, and the one that runs.
pub(super) fn images(rules: Rules) -> (String, String) {
    let tag = match rules {
        Rules::V0_15 => "mise-2025.12.1",
        Rules::V0_23 => "mise-2026.3.17",
        Rules::V0_37 => "mise-2026.8.6",
        Rules::V0_40 | Rules::V0_43 => "mise-2026.9.12",
    };
    let image = |name: &str| format!("ghcr.io/railwayapp/railpack-{name}:{tag}");
    (image("builder"), image("runtime"))
}

#[derive(Debug, Default)]
pub(super) struct Generated {
    pub(super) plan: Plan,
    pub(super) packages: Vec<Package>,
    pub(super) choices: Vec<Choice>,
    pub(super) unverified: Vec<Unverified>,
    pub(super) lost_packages: Vec<Placed<String>>,
}

pub(super) struct Generator<'a> {
    pub(super) table: &'a Table,
    pub(super) rules: Rules,
    pub(super) mise_files: &'a [String],
    pub(super) exclude: &'a [Placed<String>],
    pub(super) verbose: Option<&'a str>,
    /// Railpack's own release, as the running app is told.
    pub(super) release: &'a str,
}

impl Generator<'_> {
    pub(super) fn generate(&self, draft: &Draft) -> Generated {
        let mut made = Generated { lost_packages: draft.lost_apt.clone(), ..Generated::default() };
        self.resolve(draft, &mut made);
        let (builder, runtime) = images(self.rules);
        let mut caches = draft.caches.clone();
        let mut base = Layer::of_image(builder);
        if !draft.build_apt.is_empty() {
            made.plan.steps.push(apt_step(APT_BUILD, base, &draft.build_apt, &mut caches));
            choose_list(&mut made.choices, APT_BUILD, "packages", &draft.build_apt);
            base = Layer::of_step(APT_BUILD);
        }
        made.plan.steps.push(self.mise_step(draft, base, &made.packages));
        for step in &draft.steps {
            choose_step(&mut made.choices, step);
            made.plan.steps.push(built(step));
        }
        self.deploy(draft, &runtime, &mut caches, &mut made);
        made.plan.caches = caches.into_iter().map(|(name, cache)| (name, cache.value)).collect();
        let mut seen = HashSet::new();
        let secrets = draft.secrets.iter().filter(|secret| seen.insert(secret.value.clone()));
        made.plan.secrets = secrets.map(|secret| secret.value.clone()).collect();
        choose_list(&mut made.choices, "secrets", "", &draft.secrets);
        made.plan.exclude = self.exclude.iter().map(|pattern| pattern.value.clone()).collect();
        choose_list(&mut made.choices, "exclude", "", self.exclude);
        normalize(&mut made.plan);
        made
    }

    fn resolve(&self, draft: &Draft, made: &mut Generated) {
        for (name, tool) in &draft.tools {
            let resolved = self.table.resolve(name, &tool.version);
            if resolved.dated || resolved.unknown {
                made.unverified.push(Unverified {
                    tool: name.clone(),
                    asked: tool.version.clone(),
                    version: resolved.version.clone(),
                    known: !resolved.unknown,
                });
            }
            made.choices.push(Choice {
                what: format!("packages.{name}"),
                value: resolved.version.clone(),
                because: tool.because.clone(),
            });
            made.packages.push(Package {
                name: name.clone(),
                version: resolved.version,
                asked: tool.version.clone(),
                asker: tool.asker.clone(),
            });
        }
    }

    fn mise_step(&self, draft: &Draft, base: Layer, packages: &[Package]) -> Step {
        let mut step = Step { name: MISE_STEP.to_owned(), inputs: vec![base], ..Step::default() };
        if !draft.mise_has_work(self.mise_files) {
            return step;
        }
        step.variables.extend(MISE_VARIABLES.map(|(name, value)| (name.to_owned(), value.to_owned())));
        let own = draft.mise_variables.iter().map(|(name, value)| (name.clone(), value.value.clone()));
        step.variables.extend(own);
        if self.rules == Rules::V0_15 {
            step.variables.extend(self.settings_as_variables(draft));
        }
        if let Some(verbose) = self.verbose {
            step.variables.insert("MISE_VERBOSE".to_owned(), verbose.to_owned());
        }
        let tools: BTreeMap<String, String> =
            packages.iter().map(|package| (package.name.clone(), package.version.clone())).collect();
        let names: Vec<&str> = tools.keys().map(String::as_str).collect();
        let named = format!("install mise packages: {}", names.join(", "));
        // Its own name came with its settings: recorded plans of before 0.22.0 hold the old one.
        let asset = if self.rules == Rules::V0_15 { "mise.toml" } else { "generated-mise-toml" };
        step.assets.insert(asset.to_owned(), mise::generated(&tools, draft.uvx, draft.no_compile, self.rules));
        step.commands.push(Command::Path("/mise/shims".to_owned()));
        step.commands.extend(self.mise_files.iter().map(|file| Command::copy(file)));
        step.commands.push(Command::File {
            path: "/etc/mise/config.toml".to_owned(),
            asset: asset.to_owned(),
            mode: 0,
            name: "create mise config".to_owned(),
        });
        step.commands.push(Command::Exec { cmd: "mise install".to_owned(), name: named });
        step
    }

    /// Before mise's settings had a file they were variables.
    fn settings_as_variables(&self, draft: &Draft) -> Vec<(String, String)> {
        let mut settings =
            vec![("MISE_NODE_VERIFY", "false"), ("MISE_PARANOID", "1"), ("MISE_TRUSTED_CONFIG_PATHS", "/app")];
        if draft.uvx {
            settings.push(("MISE_PIPX_UVX", "true"));
        }
        if draft.no_compile {
            settings.push(("MISE_PYTHON_COMPILE", "false"));
        }
        settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }

    fn deploy(&self, draft: &Draft, runtime: &str, caches: &mut BTreeMap<String, Placed<Cache>>, made: &mut Generated) {
        let deploy = &draft.deploy;
        let own = deploy.base.as_ref().map(|base| base.value.clone());
        let mut base = own.unwrap_or_else(|| Layer::of_image(runtime));
        if let Some(base) = &deploy.base {
            choose(&mut made.choices, "deploy.base", &base.value.line(), &base.source);
        }
        if !deploy.apt.is_empty() {
            made.plan.steps.push(apt_step(APT_RUNTIME, base, &deploy.apt, caches));
            choose_list(&mut made.choices, APT_RUNTIME, "packages", &deploy.apt);
            base = Layer::of_step(APT_RUNTIME);
        }
        for input in &deploy.inputs {
            choose(&mut made.choices, "deploy.inputs", &input.value.line(), &input.source);
        }
        if let Some(start) = &deploy.start {
            choose(&mut made.choices, "deploy.startCommand", &start.value, &start.source);
        }
        for (name, value) in &deploy.variables {
            choose(&mut made.choices, &format!("deploy.variables.{name}"), &value.value, &value.source);
        }
        choose_list(&mut made.choices, "deploy", "paths", &deploy.paths);
        made.plan.deploy = Deploy {
            base,
            inputs: values(&deploy.inputs),
            start_command: deploy.start.as_ref().map(|start| start.value.clone()).unwrap_or_default(),
            variables: deploy.variables.iter().map(|(name, value)| (name.clone(), value.value.clone())).collect(),
            paths: values(&deploy.paths),
        };
        if self.rules >= Rules::V0_37 {
            made.plan.deploy.variables.insert("RAILPACK_VERSION".to_owned(), self.release.to_owned());
        }
    }
}

fn values<T: Clone>(list: &[Placed<T>]) -> Vec<T> {
    list.iter().map(|item| item.value.clone()).collect()
}

fn choose(choices: &mut Vec<Choice>, what: &str, value: &str, because: &Source) {
    choices.push(Choice { what: what.to_owned(), value: value.to_owned(), because: because.clone() });
}

fn choose_list(choices: &mut Vec<Choice>, what: &str, part: &str, list: &[Placed<String>]) {
    let what = if part.is_empty() { what.to_owned() } else { format!("{what}.{part}") };
    for item in list {
        choose(choices, &what, &item.value, &item.source);
    }
}

fn choose_step(choices: &mut Vec<Choice>, step: &StepDraft) {
    let what = |part: &str| format!("steps.{}.{part}", step.name);
    for input in &step.inputs {
        choose(choices, &what("inputs"), &input.value.line(), &input.source);
    }
    for command in &step.commands {
        choose(choices, &what("commands"), &command.value.shown(), &command.source);
    }
    for (name, value) in &step.variables {
        choose(choices, &what(&format!("variables.{name}")), &value.value, &value.source);
    }
    for (name, value) in &step.assets {
        choose(choices, &what(&format!("assets.{name}")), &value.value, &value.source);
    }
    choose_list(choices, &what("secrets"), "", &step.secrets);
    choose_list(choices, &what("caches"), "", &step.caches);
}

fn built(step: &StepDraft) -> Step {
    let texts = |texts: &BTreeMap<String, Placed<String>>| {
        texts.iter().map(|(name, value)| (name.clone(), value.value.clone())).collect()
    };
    Step {
        name: step.name.clone(),
        inputs: values(&step.inputs),
        commands: values(&step.commands),
        secrets: values(&step.secrets),
        assets: texts(&step.assets),
        variables: texts(&step.variables),
        caches: values(&step.caches),
    }
}

fn apt_step(
    name: &str,
    base: Layer,
    packages: &[Placed<String>],
    caches: &mut BTreeMap<String, Placed<Cache>>,
) -> Step {
    let mut names: Vec<&str> = packages.iter().map(|package| package.value.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let names = names.join(" ");
    for (cache, directory) in [("apt", "/var/cache/apt"), ("apt-lists", "/var/lib/apt/lists")] {
        let value = Cache { directory: directory.to_owned(), kind: "locked".to_owned() };
        caches.insert(cache.to_owned(), Placed { value, source: Source::Default("apt packages") });
    }
    Step {
        name: name.to_owned(),
        inputs: vec![base],
        commands: vec![Command::Exec {
            cmd: format!("sh -c 'apt-get update && apt-get install -y {names}'"),
            name: format!("install apt packages: {names}"),
        }],
        caches: vec!["apt".to_owned(), "apt-lists".to_owned()],
        ..Step::default()
    }
}

/// Drops inputs that name nothing, and the steps that the image does not need.
fn normalize(plan: &mut Plan) {
    for step in &mut plan.steps {
        step.inputs.retain(|layer| !layer.is_empty());
    }
    plan.deploy.inputs.retain(|layer| !layer.is_empty());
    let named = std::iter::once(&plan.deploy.base).chain(&plan.deploy.inputs).map(|layer| layer.step.clone());
    let mut waiting: Vec<String> = named.filter(|step| !step.is_empty()).collect();
    let mut needed: HashSet<String> = HashSet::new();
    while let Some(name) = waiting.pop() {
        if needed.insert(name.clone()) {
            let inputs = plan.steps.iter().filter(|step| step.name == name).flat_map(|step| &step.inputs);
            waiting.extend(inputs.map(|layer| layer.step.clone()).filter(|step| !step.is_empty()));
        }
    }
    if !needed.is_empty() {
        plan.steps.retain(|step| needed.contains(&step.name));
    }
}
