//! What the checks share: what is planned, started, reached, installed and read.

pub(super) mod assigned;
pub(super) mod calls;
pub(crate) mod caught;
pub(super) mod children;
pub(super) mod code;
pub(super) mod command;
pub(super) mod environment;
pub(super) mod expanded;
pub(crate) mod ignored;
pub(super) mod imports;
pub(super) mod inputs;
pub(super) mod keyed;
pub(super) mod paths;
pub(crate) mod pdm;
pub(super) mod provided;
pub(super) mod python;
pub(super) mod reach;
pub(crate) mod reached;
pub(super) mod release;
pub(super) mod requirements;
pub(crate) mod scripts;
pub(super) mod server_config;
pub(super) mod shell_script;
pub(crate) mod siblings;
pub(super) mod start;
pub(crate) mod started;
pub(crate) mod supervised;
pub(super) mod target;
pub(super) mod wanted;

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::Deref;

use environment::Environment;
use imports::Foreign;
use inputs::Inputs;
use provided::Provided;
use reach::Module;

use crate::builder::DeployOptions;
use crate::builder::Planned;
use crate::project::Project;

/// A project, what a builder made of it, and all that follows, each found once and only when it is asked for.
pub struct Facts<'a> {
    inputs: Inputs<'a>,
    reached: OnceCell<Vec<Module>>,
    environment: OnceCell<Environment>,
    provided: OnceCell<Option<Provided>>,
    /// Those of the imports that no installed distribution provides; `None` where no install has told.
    pub absent: Option<HashSet<String>>,
}

impl<'a> Deref for Facts<'a> {
    type Target = Inputs<'a>;

    fn deref(&self) -> &Inputs<'a> {
        &self.inputs
    }
}

impl<'a> Facts<'a> {
    /// Of a project as it was opened. `given` is what the plan was derived with.
    pub fn new(project: &'a Project, given: &'a DeployOptions, planned: &'a Planned) -> Self {
        let (reached, environment, provided) = Default::default();
        Self { inputs: Inputs::new(project, given, planned), reached, environment, provided, absent: None }
    }

    /// What is started and what it imports; empty where that cannot be followed.
    pub(super) fn reached(&self) -> &[Module] {
        self.reached.get_or_init(|| reach::modules(&self.inputs))
    }

    /// What is started and what it surely imports.
    pub(super) fn loaded(&self) -> impl Iterator<Item = &Module> {
        self.reached().iter().filter(|module| module.is_certain)
    }

    /// The variables that the reached code reads.
    pub(super) fn environment(&self) -> &Environment {
        self.environment.get_or_init(|| environment::environment(&self.app, self.reached()))
    }

    /// What it wants that is neither the project's own nor the standard library's: by an import, or by a name in a text.
    pub(super) fn foreign(&self) -> Vec<Foreign<'_>> {
        let mut found = imports::foreign(&self.app, self.reached());
        found.extend(wanted::wanted(&self.inputs, self.reached()));
        found
    }

    /// What is installed, where files tell.
    pub(super) fn provided(&self) -> Option<&Provided> {
        self.provided.get_or_init(|| provided::provided(&self.inputs)).as_ref()
    }
}
