//! From Nixpacks' plan to the one that is run, as the Dockerfile does it that Nixpacks writes
//! (`src/nixpacks/builder/docker/dockerfile_generation.rs` of 1.41.0).

use super::image::{build_shell, image};
use super::order::CircularDependency;
use super::plan::{Phase, Plan};
use super::python::VENV;
use super::render::nixpacks_box;
use super::setup;
use crate::catalog::python::{ARCHIVE, DEBIAN_ARCHIVE, LEGACY_ARCHIVE};
use crate::plan::{self, Action, Files, SETUP, Step, Vars};

/// The variable that carries the phases' paths; the image's profile puts it in front of `PATH`.
const PATHS: &str = "NIXPACKS_PATH";

/// Where static assets lie.
const ASSETS: &str = "/assets";

/// What is run for `plan`.
///
/// # Errors
/// Phases that wait for each other, which Nixpacks refuses to build.
pub fn lower(plan: &Plan) -> Result<plan::Plan, CircularDependency> {
    let phases = plan.phases_in_order()?;
    let mut steps = vec![Step { name: SETUP.to_owned(), packages: setup::packages(plan, &phases), ..Step::default() }];
    let mut paths = String::new();
    for (at, (name, phase)) in phases.iter().enumerate() {
        let step = step(name, phase, &mut paths);
        match (at, *name) {
            // The packages are installed first, and the commands of `setup` nearly always follow.
            (0, SETUP) => steps[0] = Step { packages: std::mem::take(&mut steps[0].packages), ..step },
            _ => steps.push(step),
        }
    }
    Ok(plan::Plan {
        start: start(plan).map(|start| plan::Start { profile: profile(&phases), ..start }),
        image: image(plan.build_image.as_deref()),
        steps,
        variables: plan.variables.clone().unwrap_or_default(),
        venv: VENV.into(),
        assets: assets(plan),
        exclude: Vec::new(),
        printed: nixpacks_box(plan)?,
        doubts: phases.iter().filter_map(|(_, phase)| doubt(phase.nixpkgs_archive.as_deref()?)).collect(),
    })
}

/// A commit or branch of nixpkgs that is not one of Nixpacks' own.
fn doubt(archive: &str) -> Option<(String, String)> {
    let own = [ARCHIVE, LEGACY_ARCHIVE, DEBIAN_ARCHIVE];
    let why = "the packages are of this commit of nixpkgs in the cloud; nobody asked here whether it is there and what it has";
    (!own.contains(&archive)).then(|| (format!("nixpkgsArchive: {archive}"), why.to_owned()))
}

fn step(name: &str, phase: &Phase, paths: &mut String) -> Step {
    let mut step = Step { name: name.to_owned(), caches: phase.cache_directories.to_vec(), ..Step::default() };
    if !phase.paths.is_empty() {
        // The variable starts undefined, hence the empty element at its end.
        *paths = format!("{}:{paths}", phase.paths.join(":"));
        step.variables.insert(PATHS.to_owned(), paths.clone());
    }
    if !phase.cmds.is_empty() || !phase.paths.is_empty() {
        let files = match phase.only_include_files.is_absent() {
            true => Files::All,
            false => Files::Only(phase.only_include_files.to_vec()),
        };
        step.actions.push(Action::Copy(files));
    }
    let shell = build_shell();
    step.actions.extend(phase.cmds.iter().map(|cmd| Action::Run(shell.command(cmd))));
    step
}

/// How the app starts, but for what the phases add to its profile.
fn start(plan: &Plan) -> Option<plan::Start> {
    let start = plan.start.as_ref()?;
    Some(plan::Start {
        command: image(plan.build_image.as_deref()).entrypoint.command(start.cmd.as_deref()?),
        image: start.run_image.clone(),
        user: start.user.clone(),
        ..plan::Start::default()
    })
}

/// `RUN printf '\nPATH=/opt/venv/bin:$PATH' >> /root/.profile`, for each phase with paths, after all phases.
fn profile(phases: &[(&str, &Phase)]) -> Vec<String> {
    let with_paths = phases.iter().filter(|(_, phase)| !phase.paths.is_absent());
    with_paths.map(|(_, phase)| format!("PATH={}:$PATH", phase.paths.join(":"))).collect()
}

fn assets(plan: &Plan) -> Vars {
    let assets = plan.static_assets.iter().flatten();
    assets.map(|(name, text)| (format!("{ASSETS}/{name}"), text.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lowered(json: &str) -> plan::Plan {
        lower(&Plan::from_json(json).unwrap()).unwrap()
    }

    fn shown(step: &Step) -> Vec<&str> {
        step.commands().map(|command| command.shown.as_str()).collect()
    }

    #[test]
    fn packages_of_every_phase_are_installed_first() {
        let plan = lowered(
            r#"{"phases":{"build":{"dependsOn":["setup"],"nixPkgs":["gcc"],"cmds":["make"]},"setup":{"nixPkgs":["python311"]}}}"#,
        );
        assert_eq!(plan.step_names(), ["setup", "build"]);
        assert_eq!(plan.steps[0].packages.names().collect::<Vec<_>>(), ["gcc", "python311"]);
        assert!(plan.steps[1].packages.is_empty());
    }

    #[test]
    fn a_phase_before_setup_still_finds_the_packages() {
        let plan =
            lowered(r#"{"phases":{"assets":{"cmds":["true"]},"setup":{"dependsOn":["assets"],"cmds":["pwd"]}}}"#);
        assert_eq!(plan.steps.iter().map(|step| &*step.name).collect::<Vec<_>>(), ["setup", "assets", "setup"]);
        assert_eq!(shown(&plan.steps[2]), ["pwd"]);
    }

    #[test]
    fn paths_add_up_from_phase_to_phase_and_end_in_an_empty_element() {
        let plan = lowered(
            r#"{"phases":{"a":{"paths":["/one"]},"b":{"dependsOn":["a"],"paths":["/two"]}},"start":{"cmd":"x"}}"#,
        );
        assert_eq!(plan.steps[1].variables["NIXPACKS_PATH"], "/one:");
        assert_eq!(plan.steps[2].variables["NIXPACKS_PATH"], "/two:/one:");
        assert_eq!(plan.start.unwrap().profile, ["PATH=/one:$PATH", "PATH=/two:$PATH"]);
    }

    #[test]
    fn a_phase_copies_the_project_only_where_it_does_something() {
        let plan = lowered(
            r#"{"phases":{"a":{},"b":{"cmds":["ls"],"onlyIncludeFiles":["x"]},"c":{"cmds":["ls"]}},"start":{"cmd":"x"}}"#,
        );
        assert_eq!(plan.steps[1].actions, []);
        assert_eq!(plan.steps[2].actions[0], Action::Copy(Files::Only(vec!["x".to_owned()])));
        assert_eq!(plan.steps[3].actions[0], Action::Copy(Files::All));
    }

    #[test]
    fn commands_are_run_by_the_shells_of_the_image() {
        let plan = lowered(r#"{"phases":{"a":{"cmds":["ls"]}},"start":{"cmd":"python main.py"}}"#);
        let command = plan.steps[1].commands().next().unwrap();
        assert_eq!(command.argv, ["/bin/bash", "-ol", "pipefail", "-c", "ls"]);
        assert_eq!(plan.start.unwrap().command.argv, ["/bin/bash", "-l", "-c", "python main.py"]);
    }
}
