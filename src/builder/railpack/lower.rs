//! From Railpack's plan to the one that is run, as its BuildKit frontend does it (`buildkit/build_llb/build_graph.go` and
//! `buildkit/convert.go` of 0.37): commands are words and no shell reads them, every step begins with the files of its
//! first input, and the image that runs holds only what `deploy.inputs` take.

mod copies;
mod taken;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};

use self::copies::Copies;
use super::answer::RailpackAnswer;
use super::environment::Environment;
use super::generate::{APT_BUILD, APT_RUNTIME, images};
use super::gojson::go_quoted;
use super::{Command, Layer, Package, Plan, Planned, Rules, Step, Version, railpack_box};
use crate::builder::DeployOptions;
use crate::builder::buildable::{Buildable, Refused};
use crate::catalog::base_image::DEBIAN_LIBRARIES;
use crate::plan::{self, Action, Apt, Image, Installs, PackageList, SETUP, Shell, Start, Tool, Vars};

/// What the platform runs first.
const PREPARE: &str = "railpack prepare";
/// What it runs then.
const BUILD: &str = "railpack build";
const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const MISE: &str = "packages:mise";
const VENV: &str = "/app/.venv";
/// What BuildKit does for a file of the plan's own: its folder is made, from the root on.
const WRITTEN: &str = r#"cd / && mkdir -p -- "$(dirname -- "$1")" && printf %s "$2" > "$1" && chmod -- "$3" "$1""#;

/// The plan as it is run, or what Railpack says in its place.
pub fn buildable(answer: &RailpackAnswer) -> Result<Buildable, Refused> {
    let planned = &answer.planned;
    let Some(plan) = &planned.plan else {
        let other = planned.provider.map(|name| format!("a project of {name}: only Python's plans are run here"));
        let said = planned.fault().map(str::to_owned).or(other).unwrap_or_default();
        return refused(PREPARE, said.lines().map(str::to_owned).collect());
    };
    if let Some(fault) = planned.unresolved() {
        return refused(PREPARE, vec![fault]);
    }
    if plan.deploy.start_command.is_empty() {
        let said = planned.messages.iter().find(|message| message.text.starts_with("No start command"));
        return refused(PREPARE, said.iter().flat_map(|message| message.text.lines()).map(str::to_owned).collect());
    }
    let lowered = lower(plan, planned, answer).or_else(|fault| refused(BUILD, vec![fault]))?;
    Ok(Buildable {
        plan: lowered,
        choices: planned.choices.clone(),
        root: answer.root.clone(),
        deploy: answer.deploy.clone(),
    })
}

fn refused<T>(command: &'static str, lines: Vec<String>) -> Result<T, Refused> {
    Err(Refused { command, lines, code: 1, start: None })
}

fn lower(plan: &Plan, planned: &Planned, answer: &RailpackAnswer) -> Result<plan::Plan, String> {
    let user: Vars = answer.variables.clone();
    let copies = Copies::new(&answer.root, &plan.exclude);
    let mut lowering = Lowering { paths: BTreeSet::new(), assets: Vars::new(), doubts: doubts(planned), copies };
    let (mut steps, mut apt) = (Vec::new(), None);
    for step in in_order(plan)? {
        let caches = taken::mounts(plan, step)?;
        let mut lowered = lowering.step(step, planned)?;
        // The packages of an image are installed by commands of our own.
        if lowered.name != SETUP {
            lowered.caches = caches;
        }
        match (step.name.as_str(), steps.first_mut()) {
            (APT_RUNTIME, _) => apt = lowered.packages.apt,
            (APT_BUILD | MISE, Some(first)) => join(first, lowered),
            _ => steps.push(lowered),
        }
    }
    let command = &plan.deploy.start_command;
    let image = image(planned.version);
    lowering.paths.extend(plan.deploy.paths.iter().cloned());
    let mut variables = plan.deploy.variables.clone();
    variables.insert("PATH".to_owned(), lowering.path());
    variables.extend(user.clone());
    let run_image = run_image(plan, planned.version);
    // `images/debian/runtime/Dockerfile` at b5e80580 generates it; the images on bookworm have no package `locales`.
    let has_english = planned.version.rules() >= Rules::V0_37 && run_image == images(planned.version.rules()).1;
    let start = Start {
        command: image.entrypoint.command(command),
        variables,
        image: Some(run_image),
        locales: has_english.then(|| "en_US.UTF-8".to_owned()).into_iter().collect(),
        apt,
        files: Some(taken::files(plan, lowering.copies.are_whole(), &mut lowering.doubts)),
        ..Start::default()
    };
    Ok(plan::Plan {
        image,
        steps,
        start: Some(start),
        variables: user,
        venv: VENV.into(),
        assets: lowering.assets,
        exclude: excluded(plan),
        printed: railpack_box(planned, &planned.version.to_string()),
        doubts: lowering.doubts,
    })
}

/// What no step is given of the project. Where the plan has no list, its local inputs leave it out, and a command that copies all
/// brings it in again.
fn excluded(plan: &Plan) -> Vec<String> {
    let is_whole =
        |command: &Command| matches!(command, Command::Copy { image, src, .. } if image.is_empty() && src == ".");
    let is_copied = plan.steps.iter().flat_map(|step| &step.commands).any(is_whole);
    let local = || plan.steps.iter().flat_map(|step| &step.inputs).filter(|layer| layer.local);
    let by_inputs = local().next().filter(|_| !is_copied && local().all(|layer| !layer.exclude.is_empty()));
    plan.exclude.iter().chain(by_inputs.into_iter().flat_map(|layer| &layer.exclude)).cloned().collect()
}

/// Releases that depend on the day, and rules that are not known.
fn doubts(planned: &Planned) -> Vec<(String, String)> {
    let version = planned.version;
    let unknown = (!version.is_known()).then(|| {
        (
            format!("Railpack {version}"),
            format!("planned by the rules of {}, the newest known{}", Version::known_for(version), version.beside()),
        )
    });
    let dated = planned.unverified.iter().map(|note| {
        let why = if note.known {
            format!("{}, the newest in {}; the real builder asks the network", note.version, planned.table())
        } else {
            "no table knows such a release".to_owned()
        };
        (format!("{} {}", note.tool, note.asked), why)
    });
    unknown.into_iter().chain(dated).collect()
}

/// The packages of all steps are installed first and are one step to the reader.
fn join(first: &mut plan::Step, other: plan::Step) {
    first.packages.mise.extend(other.packages.mise);
    first.packages.files.extend(other.packages.files);
    match (&mut first.packages.apt, other.packages.apt) {
        (Some(apt), Some(more)) => apt.packages.names.extend(more.packages.names),
        (apt @ None, more) => *apt = more,
        (Some(_), None) => {}
    }
    first.variables.extend(other.variables);
    first.actions.extend(other.actions);
}

/// The steps that the image needs, each after those that it is made from.
fn in_order(plan: &Plan) -> Result<Vec<&Step>, String> {
    let (mut done, mut open, mut order) = (HashSet::new(), HashSet::new(), Vec::new());
    let named = std::iter::once(&plan.deploy.base).chain(&plan.deploy.inputs);
    for layer in named.filter(|layer| !layer.step.is_empty()) {
        visit(plan, &layer.step, &mut done, &mut open, &mut order)?;
    }
    order.sort_by_key(|step| !matches!(step.name.as_str(), APT_BUILD | APT_RUNTIME | MISE));
    Ok(order)
}

fn visit<'p>(
    plan: &'p Plan,
    name: &str,
    done: &mut HashSet<String>,
    open: &mut HashSet<String>,
    order: &mut Vec<&'p Step>,
) -> Result<(), String> {
    if done.contains(name) {
        return Ok(());
    }
    if !open.insert(name.to_owned()) {
        return Err(format!("circular dependency detected: {name}"));
    }
    let Some(step) = plan.step(name) else { return Err(format!("step {name} not found")) };
    for input in step.inputs.iter().filter(|layer| !layer.step.is_empty()) {
        visit(plan, &input.step, done, open, order)?;
    }
    done.insert(name.to_owned());
    order.push(step);
    Ok(())
}

/// Where a build begins.
fn image(version: Version) -> Image {
    Image {
        name: images(version.rules()).0,
        variables: Vars::from([("HOME".to_owned(), "/root".to_owned())]),
        path: SYSTEM_PATH.to_owned(),
        login_path: SYSTEM_PATH.to_owned(),
        profile: String::new(),
        entrypoint: Shell::new(&["/bin/bash", "-c"]),
        installs: Installs::Mise,
        libraries: DEBIAN_LIBRARIES,
    }
}

/// What the image that runs begins with.
fn run_image(plan: &Plan, version: Version) -> String {
    let base = &plan.deploy.base;
    let of_step = plan.step(&base.step).and_then(|step| step.inputs.first()).map(|layer| layer.image.clone());
    let named = of_step.unwrap_or_else(|| base.image.clone());
    if named.is_empty() { images(version.rules()).1 } else { named }
}

struct Lowering<'a> {
    /// Files that the build writes, by absolute path.
    assets: Vars,
    paths: BTreeSet<String>,
    doubts: Vec<(String, String)>,
    copies: Copies<'a>,
}

impl Lowering<'_> {
    /// As images have it: the added folders sorted, then the system's.
    fn path(&self) -> String {
        let added = self.paths.iter().map(|path| format!("{path}:")).collect::<String>();
        format!("{added}{SYSTEM_PATH}")
    }

    fn step(&mut self, step: &Step, planned: &Planned) -> Result<plan::Step, String> {
        let is_setup = matches!(step.name.as_str(), APT_BUILD | APT_RUNTIME | MISE);
        let name = if is_setup { SETUP } else { &step.name };
        let mut lowered = plan::Step { name: name.to_owned(), ..plan::Step::default() };
        lowered.variables = step.variables.clone();
        if step.name == MISE {
            lowered.packages.mise = planned.packages.iter().map(|tool| self.tool(tool, planned)).collect();
        }
        self.begins(step, is_setup);
        for layer in step.inputs.iter().skip(1) {
            self.input(layer, &step.name, &mut lowered)?;
        }
        for command in &step.commands {
            self.command(command, step, &mut lowered)?;
        }
        lowered.variables.insert("PATH".to_owned(), self.path());
        Ok(lowered)
    }

    /// Each step has files of its own, and the run has one folder for all.
    fn begins(&mut self, step: &Step, is_setup: bool) {
        let base = step.inputs.first().map_or("", |layer| layer.step.as_str());
        if is_setup || step.name == "install" || !matches!(base, APT_BUILD | MISE | "") {
            return;
        }
        let why = "it begins without what other steps have made, and finds it here";
        self.doubts.push((format!("the step {}", step.name), why.to_owned()));
    }

    /// A tool as the build gets it: mise reads the project's own files there, too, and they win.
    fn tool(&mut self, tool: &Package, planned: &Planned) -> Tool {
        let (name, version) = (tool.name.clone(), tool.version.clone());
        match planned.overruling_python().filter(|_| name == "python") {
            None => Tool { name, version },
            Some(file) => {
                let why = format!("{} asks for {}, and mise heeds it in the build", file.source, file.value);
                self.doubts.push((format!("python {version}"), why));
                Tool { name, version: file.value.clone() }
            }
        }
    }

    fn input(&mut self, layer: &Layer, step: &str, lowered: &mut plan::Step) -> Result<(), String> {
        if !layer.image.is_empty() {
            let why = "files of other images are not taken here".to_owned();
            self.doubts.push((format!("{step}: {}", layer.line()), why));
        }
        for path in layer.include.iter().filter(|_| layer.local) {
            match copies::is_pattern(path) {
                true => self.doubts.push((format!("{step}: {}", layer.line()), copies::NAMED_BY_PATTERN.to_owned())),
                false => lowered.actions.extend(self.copies.layer(path)?),
            }
        }
        Ok(())
    }

    fn command(&mut self, command: &Command, step: &Step, lowered: &mut plan::Step) -> Result<(), String> {
        match command {
            Command::Exec { cmd, name } if step.name == APT_BUILD || step.name == APT_RUNTIME => {
                let names = name.rsplit(": ").next().unwrap_or_default().split(' ').map(str::to_owned).collect();
                let packages = PackageList { key: "aptPackages".to_owned(), names };
                lowered.packages.apt = Some(Apt { packages, command: cmd.clone() });
            }
            Command::Exec { .. } if step.name == MISE => {}
            Command::File { path, asset, .. } if step.name == MISE => {
                let text = step.assets.get(asset).cloned().unwrap_or_default();
                self.assets.insert(path.clone(), text);
            }
            Command::Exec { cmd, name } => {
                let argv = shlex::split(cmd).filter(|words| !words.is_empty());
                let Some(argv) = argv else { return Err(format!("failed to parse {cmd}: no closing quotation")) };
                let shown = if name.is_empty() { cmd } else { name }.clone();
                lowered.variables.insert("PATH".to_owned(), self.path());
                lowered.actions.push(Action::Run(plan::Command { shown, argv }));
            }
            Command::Path(path) => drop(self.paths.insert(path.clone())),
            Command::Copy { image, src, dest } if image.is_empty() && step.name == MISE && src == dest => {
                lowered.packages.files.push(src.clone());
            }
            Command::Copy { image, src, dest } if image.is_empty() => {
                lowered.actions.extend(self.copies.command(src, dest)?);
            }
            Command::File { asset, .. } if !step.assets.contains_key(asset) => {
                return Err(format!("asset {} not found", go_quoted(asset)));
            }
            Command::File { path, asset, mode, .. } => {
                let text = step.assets.get(asset).map(String::as_str).unwrap_or_default();
                let mode = format!("{:o}", if *mode == 0 { 0o644 } else { *mode });
                let argv = ["sh", "-c", WRITTEN, "sh", path, text, &mode].map(str::to_owned).to_vec();
                lowered.actions.push(Action::Place(plan::Command { shown: command.shown(), argv }));
            }
            Command::Copy { .. } => {
                let why = "files of other images are not taken here".to_owned();
                self.doubts.push((format!("{}: {}", step.name, command.shown()), why));
            }
        }
        Ok(())
    }
}

/// The variables that the user gives, with their values.
pub fn variables(given: &DeployOptions) -> Vars {
    let env = Environment::parse(&given.env, &given.process_env);
    env.names().filter_map(|name| Some((name.to_owned(), env.get(name)?.to_owned()))).collect()
}
