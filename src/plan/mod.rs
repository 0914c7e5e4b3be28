//! What is to be run, whoever planned it: the image, steps in their order, and how the app starts.
//!
//! A builder derives, explains and prints a plan in its own vocabulary and lowers it into this one. Everything that comes
//! after the builders reads only this one.

mod choice;
mod packages;

pub use choice::{Choice, Warning};
pub use packages::{Apt, NixEnvironment, PackageList, Packages, Tool};

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};

/// Variables by name, sorted.
pub type Vars = BTreeMap<String, String>;

/// The step that installs packages; a builder lowers it first.
pub const SETUP: &str = "setup";

/// A build and a start, ready to be run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The image that the steps run in.
    pub image: Image,
    /// In the order in which they run.
    pub steps: Vec<Step>,
    /// How the app starts; `None` where nothing says so.
    pub start: Option<Start>,
    /// Variables of every step and of the started app.
    pub variables: Vars,
    /// Where the builder's own install command makes the virtual environment: an absolute path.
    pub venv: PathBuf,
    /// Files that the builder adds, by absolute path.
    pub assets: Vars,
    /// What is never copied, as in a `.dockerignore`; where it is empty, the project's own file counts.
    pub exclude: Vec<String>,
    /// The plan as the builder prints it at the head of a build's log.
    pub printed: String,
    /// Where the real builder's plan may differ from this one: the thing, and why.
    pub doubts: Vec<(String, String)>,
}

/// The image that a build begins with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Image {
    /// Its name, for an engine to pull.
    pub name: String,
    /// Its environment, `PATH` aside.
    pub variables: Vars,
    /// Its `PATH`.
    pub path: String,
    /// The `PATH` of root's login shell, before `profile` is read.
    pub login_path: String,
    /// `/root/.profile`, word for word.
    pub profile: String,
    /// The shell that the image runs a command line with: its `ENTRYPOINT`.
    pub entrypoint: Shell,
    /// Who installs interpreters and tools in it.
    pub installs: Installs,
    /// Libraries that the app finds in its system, by soname, glibc's aside; so too in the image that runs.
    pub libraries: &'static [&'static str],
}

/// Who installs interpreters and tools.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Installs {
    /// Nix, to its store; programs are found in root's profile, and pip may not install beside the interpreter.
    #[default]
    Nix,
    /// mise, to `/mise/installs`; programs are found in `/mise/shims`.
    Mise,
}

/// The words that a shell command is appended to, for example `/bin/bash -l -c`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shell(pub Vec<String>);

impl Shell {
    /// A shell from its words.
    pub fn new(words: &[&str]) -> Self {
        Self(words.iter().map(|word| (*word).to_owned()).collect())
    }

    /// `script`, run by this shell.
    pub fn command(&self, script: &str) -> Command {
        let mut argv = self.0.clone();
        argv.push(script.to_owned());
        Command { shown: script.to_owned(), argv }
    }
}

/// A named part of the build.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// As reports call it. Two steps may share a name: reports show them as one.
    pub name: String,
    /// What is installed before anything is run.
    pub packages: Packages,
    /// Variables that hold from this step on.
    pub variables: Vars,
    /// What is done, in order.
    pub actions: Vec<Action>,
    /// Directories that are kept from one build to the next, relative to `/app` or absolute. Its commands alone see them, and no image
    /// holds what is in them.
    pub caches: Vec<String>,
}

/// One thing that a step does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Copies the project, or a part of it, to `/app`.
    Copy(Files),
    /// Puts files in their place by a command, which sees no cache.
    Place(Command),
    /// Runs a command in `/app`.
    Run(Command),
}

/// Files of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Files {
    /// All that the cloud receives.
    All,
    /// Only these, relative to the project; one that is not there fails the build.
    Only(Vec<String>),
}

/// What is executed, and how it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The plan's own words.
    pub shown: String,
    /// Program and arguments.
    pub argv: Vec<String>,
}

/// How the app starts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Start {
    /// Run by the image's entry point.
    pub command: Command,
    /// The image that the app runs in, where that is not the one it was built in.
    pub image: Option<String>,
    /// Debian packages of that image.
    pub apt: Option<Apt>,
    /// The user it runs as, where that is not root.
    pub user: Option<String>,
    /// Lines that the build adds to `/root/.profile`.
    pub profile: Vec<String>,
    /// Variables of the app beside those of the steps.
    pub variables: Vars,
    /// What is copied from the built image into the runtime image, in order; `None` is all of it.
    pub files: Option<Vec<FileSet>>,
    /// The locales that the image it runs in has beside C.UTF-8, which every image has.
    pub locales: Vec<String>,
}

/// Paths that an image takes of another, relative to `/app` or absolute; a missing one fails the build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileSet {
    /// Nothing is taken where none is named.
    pub include: Vec<String>,
    /// Left out of it.
    pub exclude: Vec<String>,
}

impl Step {
    /// The commands, in order.
    pub fn commands(&self) -> impl Iterator<Item = &Command> {
        self.actions.iter().filter_map(|action| match action {
            Action::Run(command) | Action::Place(command) => Some(command),
            Action::Copy(_) => None,
        })
    }
}

impl Plan {
    /// The start command as the plan words it, where there is one.
    pub fn start_command(&self) -> Option<&str> {
        self.start.as_ref().map(|start| start.command.shown.as_str())
    }

    /// The names of the steps in order, each once.
    pub fn step_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for step in &self.steps {
            if !names.contains(&step.name.as_str()) {
                names.push(&step.name);
            }
        }
        names
    }

    /// Every Nix package that any step installs.
    pub fn nix_packages(&self) -> PackageList {
        PackageList::joined(self.nix().map(|nix| &nix.packages))
    }

    /// Every Nix package whose libraries any step puts on the loader's path.
    pub fn nix_libraries(&self) -> PackageList {
        PackageList::joined(self.nix().map(|nix| &nix.libraries))
    }

    /// Every Debian package that any step installs.
    pub fn apt_packages(&self) -> PackageList {
        let built = self.steps.iter().flat_map(|step| &step.packages.apt);
        let run = self.start.iter().flat_map(|start| &start.apt);
        PackageList::joined(built.chain(run).map(|apt| &apt.packages))
    }

    /// The keys of the builder's configuration that list packages of this plan.
    pub fn package_keys(&self) -> Vec<String> {
        let lists = [self.nix_packages(), self.nix_libraries(), self.apt_packages()];
        let mise = self.steps.iter().any(|step| !step.packages.mise.is_empty());
        let keys = lists.into_iter().filter(|list| !list.names.is_empty()).map(|list| list.key);
        keys.chain(mise.then(|| "mise".to_owned())).collect()
    }

    /// The Nix environments of all steps, in the order in which they are installed.
    pub fn nix(&self) -> impl Iterator<Item = &NixEnvironment> {
        self.steps.iter().flat_map(|step| &step.packages.nix)
    }

    /// Directories that are kept from one build to the next, from the root on, sorted, each once.
    pub fn caches(&self) -> Vec<String> {
        let caches: BTreeSet<String> =
            self.steps.iter().flat_map(|step| &step.caches).map(|cache| in_app(cache)).collect();
        caches.into_iter().collect()
    }
}

/// A path of a step from the root on: one that is relative lies in `/app`, and `..` leads back no further than the root.
pub fn in_app(path: &str) -> String {
    let mut place = PathBuf::from("/");
    for part in Path::new("/app").join(path).components() {
        match part {
            Component::Normal(name) => place.push(name),
            Component::ParentDir => drop(place.pop()),
            _ => {}
        }
    }
    place.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_step_begin_in_app() {
        assert_eq!(
            [".", "dist", "./a/../b/", "/app/.venv", "/root/../opt", "../../../etc", "/", ""].map(in_app),
            ["/app", "/app/dist", "/app/b", "/app/.venv", "/opt", "/etc", "/", "/app"]
        );
    }

    #[test]
    fn a_cache_that_several_steps_name_is_one() {
        let step = |caches: &[&str]| Step {
            caches: caches.iter().map(|&cache| cache.to_owned()).collect(),
            ..Step::default()
        };
        let plan =
            Plan { steps: vec![step(&["/root/.cache/pip", "models"]), step(&["/app/models/"])], ..Plan::default() };
        assert_eq!(plan.caches(), ["/app/models", "/root/.cache/pip"]);
    }
}
