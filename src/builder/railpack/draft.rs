//! The plan while it is made: every value with its place.

use std::collections::BTreeMap;

use crate::project::Source;

use super::config::{Config, StepConfig};
use super::decode::{Placed, Texts};
use super::messages::{Level, Log};
use super::mise;
use super::plan::{Cache, Command, Layer};
use super::version::Rules;
use super::versions::Table;

pub(super) const MISE_STEP: &str = "packages:mise";
const PACKAGES_DOCS: &str = "/guides/installing-packages";

/// A step that runs commands.
#[derive(Debug, Clone, Default)]
pub(super) struct StepDraft {
    pub(super) name: String,
    pub(super) inputs: Vec<Placed<Layer>>,
    pub(super) commands: Vec<Placed<Command>>,
    pub(super) secrets: Vec<Placed<String>>,
    pub(super) assets: Texts,
    pub(super) variables: Texts,
    pub(super) caches: Vec<Placed<String>>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct DeployDraft {
    pub(super) base: Option<Placed<Layer>>,
    pub(super) inputs: Vec<Placed<Layer>>,
    pub(super) start: Option<Placed<String>>,
    pub(super) variables: Texts,
    pub(super) paths: Vec<Placed<String>>,
    pub(super) apt: Vec<Placed<String>>,
}

/// A tool that mise installs.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    /// What is asked for.
    pub(super) version: String,
    /// What asks, in Railpack's own words.
    pub(super) asker: String,
    pub(super) because: Source,
}

#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) steps: Vec<StepDraft>,
    pub(super) deploy: DeployDraft,
    pub(super) caches: BTreeMap<String, Placed<Cache>>,
    pub(super) secrets: Vec<Placed<String>>,
    pub(super) tools: BTreeMap<String, Tool>,
    /// Versions of the build before.
    previous: BTreeMap<String, String>,
    pub(super) build_apt: Vec<Placed<String>>,
    /// Packages of the image that runs which a configured list has taken the place of.
    pub(super) lost_apt: Vec<Placed<String>>,
    pub(super) mise_variables: Texts,
    /// Whether mise's pipx shall use uv.
    pub(super) uvx: bool,
    /// Whether mise shall not compile Python.
    pub(super) no_compile: bool,
}

impl StepDraft {
    /// A step that every secret's change makes run again.
    pub(super) fn new(name: &str, source: &Source) -> Self {
        let every = Placed { value: "*".to_owned(), source: source.clone() };
        Self { name: name.to_owned(), secrets: vec![every], ..Self::default() }
    }

    pub(super) fn run(&mut self, command: Command, source: &Source) {
        self.commands.push(Placed { value: command, source: source.clone() });
    }

    pub(super) fn set(&mut self, variables: &[(&str, &str)], source: &Source) {
        let placed = |value: &str| Placed { value: value.to_owned(), source: source.clone() };
        self.variables.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), placed(value))));
    }

    fn apply(&mut self, config: &StepConfig) {
        self.inputs = spread(config.inputs.as_ref(), &self.inputs, |layer| layer.spread);
        self.commands = spread(config.commands.as_ref(), &self.commands, Command::is_spread);
        self.secrets = spread_texts(config.secrets.as_ref(), &self.secrets);
        self.caches = spread_texts(config.caches.as_ref(), &self.caches);
        self.variables.extend(config.variables.clone());
        self.assets.extend(config.assets.clone());
    }
}

/// The configured list with `...` replaced by the generated one; without a configured list, the generated one.
fn spread<T: Clone>(
    config: Option<&Vec<Placed<T>>>,
    made: &[Placed<T>],
    is_spread: impl Fn(&T) -> bool,
) -> Vec<Placed<T>> {
    let Some(config) = config else { return made.to_vec() };
    let expanded = config.iter().map(|item| if is_spread(&item.value) { made.to_vec() } else { vec![item.clone()] });
    expanded.flatten().collect()
}

fn spread_texts(config: Option<&Vec<Placed<String>>>, made: &[Placed<String>]) -> Vec<Placed<String>> {
    spread(config, made, |text| text == "...")
}

fn has_spread(list: &[Placed<String>]) -> bool {
    list.iter().any(|item| item.value == "...")
}

impl Draft {
    /// Asks for a tool unless somebody has; the version of the build before stands in for the default.
    pub(super) fn tool(&mut self, name: &str, version: &str, because: Source) {
        if self.tools.contains_key(name) {
            return;
        }
        let before = self.previous.get(name).filter(|before| !before.is_empty() && *before != version);
        let tool = match before {
            Some(before) => Tool {
                version: before.trim().to_owned(),
                asker: "previous installed version".to_owned(),
                because: Source::Flag("--previous".to_owned()),
            },
            None => Tool { version: version.to_owned(), asker: "railpack default".to_owned(), because },
        };
        self.tools.insert(name.to_owned(), tool);
    }

    /// Asks a tool that is there for another version.
    pub(super) fn version(&mut self, name: &str, version: &str, asker: &str, because: Source) {
        if let Some(tool) = self.tools.get_mut(name) {
            *tool = Tool { version: version.trim().to_owned(), asker: asker.to_owned(), because };
        }
    }

    /// Versions of the previous build. They do not count for tools that are configured already.
    pub(super) fn remember(&mut self, previous: &[String]) {
        let pairs = previous.iter().map(|text| super::config::named_version(text));
        self.previous.extend(pairs.map(|(name, version)| (name.to_owned(), version.to_owned())));
    }

    /// The packages that the user configures.
    pub(super) fn configured_tools(&mut self, config: &Config) {
        for (name, version) in &config.packages {
            self.tool(name, &version.value, version.source.clone());
            self.version(name, &version.value, "custom config", version.source.clone());
        }
    }

    /// What the project's own files ask of mise, for these tools.
    pub(super) fn tools_from_files(&mut self, names: &[&str], asked: &mise::Asked, table: &Table, log: &mut Log) {
        if let Some(fault) = &asked.fault {
            log.warn(format!("Failed to get package versions from mise: failed to get package versions: {fault}"));
            return;
        }
        for (tool, (versions, _)) in &asked.tools {
            if versions.len() > 1 {
                let all: Vec<String> =
                    versions.iter().map(|version| table.resolve(tool, &version.value).version).collect();
                let (first, all) = (all[0].clone(), all.join(" "));
                log.warn(format!("Multiple versions of tool '{tool}' found: [{all}]. Using the first one: {first}"));
            }
        }
        for name in names {
            if let Some((versions, kind)) = asked.tools.get(*name) {
                let version = table.resolve(name, &versions[0].value).version;
                self.version(name, &version, kind, versions[0].source.clone());
            }
        }
    }

    pub(super) fn mise_has_work(&self, files: &[String]) -> bool {
        !self.tools.is_empty() || !files.is_empty()
    }

    pub(super) fn step(&mut self, name: &str) -> Option<&mut StepDraft> {
        self.steps.iter_mut().find(|step| step.name == name)
    }

    /// Lays the user's configuration over what the provider made.
    pub(super) fn apply(&mut self, config: &Config, rules: Rules, log: &mut Log) {
        self.configured_tools(config);
        self.apply_build_apt(config, rules, log);
        self.caches.extend(config.caches.clone());
        self.secrets = spread_texts(config.secrets.as_ref(), &self.secrets);
        let deploy = &config.deploy;
        // 0.23.0 reads it and passes over it.
        if let Some(base) = deploy.base.as_ref().filter(|base| !base.value.is_empty() && rules >= Rules::V0_37) {
            self.deploy.base = Some(base.clone());
        }
        if let Some(start) = &deploy.start {
            self.deploy.start = Some(start.clone());
        }
        if deploy.apt.as_ref().is_some_and(|list| !has_spread(list)) && rules >= Rules::V0_37 {
            log.suggest("Add `...` to `deploy.aptPackages` to retain Railpack packages", Some(PACKAGES_DOCS));
        }
        let made = std::mem::take(&mut self.deploy.apt);
        self.deploy.apt = spread_texts(deploy.apt.as_ref(), &made);
        let is_kept = |package: &Placed<String>| self.deploy.apt.iter().any(|kept| kept.value == package.value);
        self.lost_apt = made.into_iter().filter(|package| !is_kept(package)).collect();
        self.deploy.inputs = spread(deploy.inputs.as_ref(), &self.deploy.inputs, |layer| layer.spread);
        self.deploy.paths = spread_texts(deploy.paths.as_ref(), &self.deploy.paths);
        self.deploy.variables.extend(deploy.variables.clone());
        let replaced = deploy.inputs.as_ref().is_some_and(|inputs| !inputs.iter().any(|layer| layer.value.spread));
        for (name, step) in &config.steps {
            self.apply_step(name, step, replaced, rules, log);
        }
    }

    fn apply_build_apt(&mut self, config: &Config, rules: Rules, log: &mut Log) {
        let Some(configured) = &config.build_apt else { return };
        if rules >= Rules::V0_37 {
            if has_spread(configured) {
                self.build_apt = spread_texts(Some(configured), &self.build_apt);
                return;
            }
            let ends = "`buildAptPackages` without a `...` entry will replace Railpack packages in the future";
            log.say(Level::Deprecation, ends);
            log.suggest("Add `...` to `buildAptPackages` to retain Railpack packages", Some(PACKAGES_DOCS));
        }
        // Before, `...` is the name of a package.
        self.build_apt.extend(configured.iter().cloned());
    }

    fn apply_step(&mut self, name: &str, config: &StepConfig, replaced: bool, rules: Rules, log: &mut Log) {
        let source = config.source.clone().unwrap_or(Source::Default("a configured step"));
        if name == MISE_STEP {
            log.warn_at_once(format!("Step `{name}` exists, but it is not a command step. Skipping..."));
            return;
        }
        if self.step(name).is_none() {
            let mut step = StepDraft::new(name, &source);
            step.inputs.push(Placed { value: Layer::of_step(MISE_STEP), source: source.clone() });
            self.steps.push(step);
        }
        if let Some(step) = self.step(name) {
            step.apply(config);
        }
        let of_step = |layer: &&Placed<Layer>| layer.value.step == name;
        let outputs = match &config.outputs {
            Some(outputs) => outputs.clone(),
            None if rules >= Rules::V0_37 && (replaced || self.deploy.inputs.iter().any(|layer| of_step(&layer))) => {
                return;
            }
            None => {
                let all = super::decode::Filter { include: vec![".".to_owned()], exclude: Vec::new() };
                vec![Placed { value: all, source }]
            }
        };
        for output in outputs {
            let covers = |layer: &Placed<Layer>, path: &String| {
                layer.value.include.iter().any(|included| included == path || included == ".")
            };
            let is_covered = |path: &String| self.deploy.inputs.iter().filter(of_step).any(|layer| covers(layer, path));
            if !output.value.include.iter().any(is_covered) {
                let layer = Layer::of_paths(name, output.value.include, output.value.exclude);
                self.deploy.inputs.push(Placed { value: layer, source: output.source });
            }
        }
    }
}
