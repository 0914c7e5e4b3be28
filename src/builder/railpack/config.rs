//! What the user configures: options, variables and railpack.json, each laid over the one before it.

use std::collections::BTreeMap;

use crate::project::hujson::{self, Node};
use crate::project::{Project, Source};

use super::app::App;
use super::decode::{At, Filter, Placed, Texts};
use super::environment::Environment;
use super::gojson::go_quoted;
use super::messages::{Level, Log};
use super::options::Options;
use super::plan::{Cache, Command, Layer, SCHEMA};
use crate::builder::DeployOptions;

/// The file in the project's root that configures Railpack; another is read where it is named.
pub const CONFIG_FILE: &str = "railpack.json";

type List<T> = Option<Vec<Placed<T>>>;

/// Everything the user asks for. A list that is absent asks for nothing, an empty one for nothing to be there.
#[derive(Debug, Clone, Default)]
pub(super) struct Config {
    pub(super) provider: Option<Placed<String>>,
    pub(super) build_apt: List<String>,
    pub(super) steps: BTreeMap<String, StepConfig>,
    pub(super) deploy: DeployConfig,
    pub(super) packages: Texts,
    pub(super) caches: BTreeMap<String, Placed<Cache>>,
    pub(super) secrets: List<String>,
    pub(super) exclude: List<String>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct StepConfig {
    /// Where it stands.
    pub(super) source: Option<Source>,
    pub(super) inputs: List<Layer>,
    pub(super) commands: List<Command>,
    pub(super) secrets: List<String>,
    pub(super) assets: Texts,
    pub(super) variables: Texts,
    pub(super) caches: List<String>,
    pub(super) outputs: List<Filter>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct DeployConfig {
    pub(super) apt: List<String>,
    pub(super) base: Option<Placed<Layer>>,
    pub(super) inputs: List<Layer>,
    pub(super) start: Option<Placed<String>>,
    pub(super) variables: Texts,
    pub(super) paths: List<String>,
}

/// All of it, merged. The names of the variables are secrets whatever the file says.
///
/// # Errors
/// The configuration file is missing though named, or cannot be read: in Railpack's own words.
pub(super) fn read(
    app: &App<'_>,
    given: &DeployOptions,
    options: &Options,
    env: &Environment,
    log: &mut Log,
) -> Result<Config, String> {
    let mut config = from_command_line(given);
    let from_env = from_environment(env);
    let names = from_env.secrets.clone().unwrap_or_default();
    config.lay_over(from_env);
    config.lay_over(from_file(app, options, env, log)?);
    let mut secrets: Vec<Placed<String>> = Vec::new();
    for secret in names.into_iter().chain(config.secrets.take().unwrap_or_default()) {
        if !secrets.iter().any(|known| known.value == secret.value) {
            secrets.push(secret);
        }
    }
    config.secrets = Some(secrets);
    Ok(config)
}

fn from_command_line(given: &DeployOptions) -> Config {
    let mut config = Config::default();
    if let Some(line) = given.build_cmd.as_deref().filter(|line| !line.is_empty()) {
        config.steps.insert("build".to_owned(), StepConfig::of_line(line, &Source::Flag("--build-cmd".to_owned())));
    }
    let start = given.start_cmd.clone().filter(|line| !line.is_empty());
    config.deploy.start = start.map(|value| Placed { value, source: Source::Flag("--start-cmd".to_owned()) });
    config
}

fn from_environment(env: &Environment) -> Config {
    let mut config = Config::default();
    for (step, variable) in [("install", "INSTALL_CMD"), ("build", "BUILD_CMD")] {
        if let Some((line, name)) = env.config(variable) {
            config.steps.insert(step.to_owned(), StepConfig::of_line(line, &Source::Variable(name)));
        }
    }
    config.deploy.start =
        env.config("START_CMD").map(|(line, name)| Placed { value: line.to_owned(), source: Source::Variable(name) });
    if let Some((packages, name)) = env.list("PACKAGES") {
        let placed = |version: &str| Placed { value: version.to_owned(), source: Source::Variable(name.clone()) };
        config.packages =
            packages.into_iter().map(named_version).map(|(tool, v)| (tool.to_owned(), placed(v))).collect();
    }
    let list = |variable| {
        let (values, name) = env.list(variable)?;
        let placed = |value: &str| Placed { value: value.to_owned(), source: Source::Variable(name.clone()) };
        Some(values.into_iter().map(placed).collect())
    };
    config.build_apt = list("BUILD_APT_PACKAGES");
    config.deploy.apt = list("DEPLOY_APT_PACKAGES");
    let secret = |name: &str| Placed { value: name.to_owned(), source: Source::Variable(name.to_owned()) };
    config.secrets = Some(env.names().map(secret).collect());
    config
}

/// `name@version`; without a version, the latest.
pub(super) fn named_version(text: &str) -> (&str, &str) {
    let mut parts = text.split('@');
    let name = parts.next().unwrap_or_default();
    (name, parts.next().unwrap_or("latest"))
}

fn from_file(app: &App<'_>, options: &Options, env: &Environment, log: &mut Log) -> Result<Config, String> {
    let option = options.config_file.as_deref().filter(|name| !name.is_empty());
    let variable = env.config("CONFIG_FILE").map(|(name, _)| name);
    let name = variable.or(option).unwrap_or(CONFIG_FILE);
    let absolute = clean(&format!("{}/{name}", app.project.root().display()));
    // Go joins paths, and one that begins at the root lies in the project all the same.
    let inside = name.trim_start_matches('/');
    if !app.has(inside) {
        if name == CONFIG_FILE {
            return Ok(Config::default());
        }
        return Err(format!("config file {} not found", go_quoted(&absolute)));
    }
    match decode(app.project, inside, &absolute) {
        Ok(config) => {
            log.info(format!("Using config file `{name}`"));
            log.warn("The config file format is not yet finalized and subject to change.");
            Ok(config)
        }
        Err(fault) => {
            let schema = format!("Use the following schema to validate your config file: {SCHEMA}");
            log.say(Level::Warn, format!("Failed to read config file `{name}`\n{schema}\n"));
            Err(fault)
        }
    }
}

/// A path as Go cleans it: no empty parts, no `.`, and `..` where it can be followed.
pub(super) fn clean(path: &str) -> String {
    let rooted = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        match (part, parts.last()) {
            ("..", Some(last)) if *last != ".." => drop(parts.pop()),
            ("..", None) if rooted => {}
            _ => parts.push(part),
        }
    }
    let joined = parts.join("/");
    match (rooted, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_owned(),
        (false, false) => joined,
    }
}

fn decode(project: &Project, name: &str, absolute: &str) -> Result<Config, String> {
    let bytes = project.read(name).map_err(|fault| format!("read {absolute}: {}", fault.what))?;
    let document = hujson::parse(&bytes)?;
    let place = |line: usize| project.line(name, Some(line));
    let at = At::root(&document, "Config", &place);
    let mut config = Config::default();
    config.take(&at, &document.root).map_err(|fault| format!("error reading {absolute} as JSON: {fault}"))?;
    Ok(config)
}

impl Config {
    fn take(&mut self, at: &At<'_>, node: &Node) -> Result<(), String> {
        for (name, value) in at.members(node, "config.Config")? {
            match name.to_ascii_lowercase().as_str() {
                "provider" => self.provider = at.child("provider").text(value)?,
                "buildaptpackages" => self.build_apt = at.child("buildAptPackages").texts_list(value)?,
                "steps" => {
                    let at = at.child("steps");
                    for (name, step) in at.members(value, "map[string]*config.StepConfig")? {
                        self.steps.insert(name.clone(), StepConfig::decode(&at.nameless(), step)?);
                    }
                }
                "deploy" => self.deploy.take(&at.child("deploy"), value)?,
                "packages" => at.child("packages").texts(value, &mut self.packages)?,
                "caches" => {
                    let at = at.child("caches");
                    for (name, cache) in at.members(value, "map[string]*plan.Cache")? {
                        let placed = Placed { value: at.child(name).cache(cache)?, source: at.place(cache) };
                        self.caches.insert(name.clone(), placed);
                    }
                }
                "secrets" => self.secrets = at.child("secrets").texts_list(value)?,
                "exclude" => self.exclude = at.child("exclude").texts_list(value)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn lay_over(&mut self, other: Self) {
        replace(&mut self.provider, other.provider);
        replace(&mut self.build_apt, other.build_apt);
        for (name, step) in other.steps {
            self.steps.entry(name).or_default().lay_over(step);
        }
        replace(&mut self.deploy.apt, other.deploy.apt);
        replace(&mut self.deploy.base, other.deploy.base);
        replace(&mut self.deploy.inputs, other.deploy.inputs);
        replace(&mut self.deploy.start, other.deploy.start.filter(|start| !start.value.is_empty()));
        self.deploy.variables.extend(other.deploy.variables);
        replace(&mut self.deploy.paths, other.deploy.paths);
        self.packages.extend(other.packages);
        self.caches.extend(other.caches);
        replace(&mut self.secrets, other.secrets);
        replace(&mut self.exclude, other.exclude);
    }
}

fn replace<T>(old: &mut Option<T>, new: Option<T>) {
    if new.is_some() {
        *old = new;
    }
}

impl StepConfig {
    /// The project and a line for the shell, in place of what a step does.
    fn of_line(line: &str, source: &Source) -> Self {
        let placed = |value| Placed { value, source: source.clone() };
        Self {
            source: Some(source.clone()),
            commands: Some(vec![placed(Command::copy(".")), placed(Command::shell(line, line))]),
            secrets: Some(vec![Placed { value: "*".to_owned(), source: source.clone() }]),
            ..Self::default()
        }
    }

    fn decode(at: &At<'_>, node: &Node) -> Result<Self, String> {
        let mut step = Self { source: Some(at.place(node)), ..Self::default() };
        let members = at.members(node, "config.StepConfig")?;
        let named = |wanted: &'static str| {
            members.iter().filter(move |(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value)
        };
        for value in named("deployOutputs") {
            step.outputs = at.child("deployOutputs").list(value, "[]plan.Filter", At::filter)?;
        }
        for (name, value) in members {
            match name.to_ascii_lowercase().as_str() {
                "inputs" => step.inputs = at.child("inputs").list(value, "[]plan.Layer", At::layer)?,
                "secrets" => step.secrets = at.child("secrets").texts_list(value)?,
                "caches" => step.caches = at.child("caches").texts_list(value)?,
                "assets" => at.child("assets").texts(value, &mut step.assets)?,
                "variables" => at.child("variables").texts(value, &mut step.variables)?,
                "name" => drop(at.child("name").text(value)?),
                _ => {}
            }
        }
        for value in named("commands") {
            let at = at.child("commands");
            let commands = at.list(value, "[]json.RawMessage", |at, node| Ok(Some(Some(at.command(node)))))?;
            step.commands = commands.map(|commands| {
                let known = commands.into_iter().filter_map(|c| Some(Placed { value: c.value?, source: c.source }));
                known.collect()
            });
        }
        Ok(step)
    }

    fn lay_over(&mut self, other: Self) {
        replace(&mut self.source, other.source);
        replace(&mut self.inputs, other.inputs);
        replace(&mut self.commands, other.commands);
        replace(&mut self.secrets, other.secrets);
        self.assets.extend(other.assets);
        self.variables.extend(other.variables);
        replace(&mut self.caches, other.caches);
        replace(&mut self.outputs, other.outputs);
    }
}

impl DeployConfig {
    fn take(&mut self, at: &At<'_>, node: &Node) -> Result<(), String> {
        for (name, value) in at.members(node, "config.DeployConfig")? {
            match name.to_ascii_lowercase().as_str() {
                "aptpackages" => self.apt = at.child("aptPackages").texts_list(value)?,
                "base" => {
                    let base = at.child("base").layer(value)?;
                    self.base = base.map(|layer| Placed { value: layer, source: at.place(value) });
                }
                "inputs" => self.inputs = at.child("inputs").list(value, "[]plan.Layer", At::layer)?,
                "startcommand" => self.start = at.child("startCommand").text(value)?,
                "variables" => at.child("variables").texts(value, &mut self.variables)?,
                "paths" => self.paths = at.child("paths").texts_list(value)?,
                _ => {}
            }
        }
        Ok(())
    }
}
