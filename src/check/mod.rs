//! Everything that can be known of a project without running it.
//!
//! A topic is one file: its checks as a table, and one function that looks at the `Facts`. A file without a table pushes another's check, or helps others. What holds for one builder alone is in a folder of its name. Nothing here runs or writes;
//! the tree is walked only where a plan itself had to walk it.

mod finding;

mod address;
mod blocking;
mod committed;
mod committed_venv;
pub(crate) mod conflicts;
mod console;
pub(crate) mod detached;
pub(crate) mod django;
pub(crate) mod endings;
pub(crate) mod entry;
pub(crate) mod env_file;
pub(crate) mod environment_path;
pub(crate) mod factory;
pub(crate) mod facts;
pub(crate) mod fits;
mod folder_imports;
pub(crate) mod framework;
mod guarded_tables;
pub(crate) mod honcho;
pub(crate) mod https;
pub(crate) mod idempotence;
pub(crate) mod ignored;
pub(crate) mod imports;
mod lifespan;
pub(crate) mod local_version;
pub(crate) mod loopback;
mod main_guard;
pub(crate) mod mcp;
pub(crate) mod members;
pub(crate) mod migration;
pub(crate) mod misspelt;
pub(crate) mod models;
pub(crate) mod nixpacks;
mod package_names;
pub(crate) mod packages;
mod pathlike;
pub(crate) mod plan;
pub(crate) mod platform;
mod programs;
pub(crate) mod prompts;
pub(crate) mod protocol;
pub(crate) mod pyproject;
pub(crate) mod railpack;
mod references;
pub(crate) mod relative;
mod renamed;
mod repeated;
pub(crate) mod repository;
pub(crate) mod requirements;
mod root_imports;
mod secrets;
pub(crate) mod server;
mod sessions;
pub(crate) mod shadowed;
mod shell;
pub(crate) mod shell_syntax;
pub(crate) mod spelling;
pub(crate) mod statics;
pub(crate) mod system_needs;
mod task_errors;
pub(crate) mod templates;
pub(crate) mod unprovided;
pub(crate) mod unread;
pub(crate) mod uvicorn_run;
pub(crate) mod variables;
mod websockets;
pub(crate) mod workers;
pub(crate) mod workspace;
pub(crate) mod wrapper;
pub(crate) mod wrong_package;
pub(crate) mod zones;

#[cfg(test)]
mod tests;

pub use facts::Facts;
pub use finding::Check;

use facts::children;
use facts::code::has_word;
use facts::command::jobs;
use facts::imports::Foreign;
use facts::start::Start;
use finding::Findings;

use std::path::Path;

use crate::builder::{BuilderKind, DeployOptions, Planned};
use crate::finding::Diagnosis;
use crate::project::{Project, Source};

struct Topic {
    checks: &'static [Check],
    check: fn(&Facts<'_>, &mut Findings),
}

const TOPICS: &[Topic] = &[
    Topic { checks: plan::CHECKS, check: plan::check },
    Topic { checks: pyproject::CHECKS, check: pyproject::check },
    Topic { checks: requirements::CHECKS, check: requirements::check },
    Topic { checks: local_version::CHECKS, check: local_version::check },
    Topic { checks: wrong_package::CHECKS, check: wrong_package::check },
    Topic { checks: conflicts::CHECKS, check: conflicts::check },
    Topic { checks: server::CHECKS, check: server::check },
    Topic { checks: entry::CHECKS, check: entry::check },
    Topic { checks: &[], check: pathlike::check },
    Topic { checks: committed::CHECKS, check: committed::check },
    Topic { checks: endings::CHECKS, check: endings::check },
    Topic { checks: environment_path::CHECKS, check: environment_path::check },
    Topic { checks: factory::CHECKS, check: factory::check },
    Topic { checks: unread::CHECKS, check: unread::check },
    Topic { checks: imports::CHECKS, check: imports::check },
    Topic { checks: address::CHECKS, check: address::check },
    Topic { checks: blocking::CHECKS, check: blocking::check },
    Topic { checks: spelling::CHECKS, check: spelling::check },
    Topic { checks: &[], check: root_imports::check },
    Topic { checks: &[], check: folder_imports::check },
    Topic { checks: relative::CHECKS, check: relative::check },
    Topic { checks: shadowed::CHECKS, check: shadowed::check },
    Topic { checks: repository::CHECKS, check: repository::check },
    Topic { checks: unprovided::CHECKS, check: unprovided::check },
    Topic { checks: variables::CHECKS, check: variables::check },
    Topic { checks: task_errors::CHECKS, check: task_errors::check },
    Topic { checks: framework::CHECKS, check: framework::check },
    Topic { checks: honcho::CHECKS, check: honcho::check },
    Topic { checks: env_file::CHECKS, check: env_file::check },
    Topic { checks: websockets::CHECKS, check: websockets::check },
    Topic { checks: https::CHECKS, check: https::check },
    Topic { checks: protocol::CHECKS, check: protocol::check },
    Topic { checks: fits::CHECKS, check: fits::check },
    Topic { checks: lifespan::CHECKS, check: lifespan::check },
    Topic { checks: loopback::CHECKS, check: loopback::check },
    Topic { checks: workers::CHECKS, check: workers::check },
    Topic { checks: uvicorn_run::CHECKS, check: uvicorn_run::check },
    Topic { checks: templates::CHECKS, check: templates::check },
    Topic { checks: mcp::CHECKS, check: mcp::check },
    Topic { checks: references::CHECKS, check: references::check },
    Topic { checks: main_guard::CHECKS, check: main_guard::check },
    Topic { checks: migration::CHECKS, check: migration::check },
    Topic { checks: guarded_tables::CHECKS, check: guarded_tables::check },
    Topic { checks: idempotence::CHECKS, check: idempotence::check },
    Topic { checks: prompts::CHECKS, check: prompts::check },
    Topic { checks: repeated::CHECKS, check: repeated::check },
    Topic { checks: sessions::CHECKS, check: sessions::check },
    Topic { checks: wrapper::CHECKS, check: wrapper::check },
    Topic { checks: shell::CHECKS, check: shell::check },
    Topic { checks: shell_syntax::CHECKS, check: shell_syntax::check },
    Topic { checks: detached::CHECKS, check: detached::check },
    Topic { checks: packages::CHECKS, check: packages::check },
    Topic { checks: package_names::CHECKS, check: package_names::check },
    Topic { checks: programs::CHECKS, check: programs::check },
    Topic { checks: models::CHECKS, check: models::check },
    Topic { checks: statics::CHECKS, check: statics::check },
    Topic { checks: workspace::CHECKS, check: workspace::check },
    Topic { checks: members::CHECKS, check: members::check },
    Topic { checks: django::CHECKS, check: django::check },
    Topic { checks: committed_venv::CHECKS, check: committed_venv::check },
    Topic { checks: platform::CHECKS, check: platform::check },
    Topic { checks: secrets::CHECKS, check: secrets::check },
    Topic { checks: ignored::CHECKS, check: ignored::check },
    Topic { checks: misspelt::CHECKS, check: misspelt::check },
    Topic { checks: zones::CHECKS, check: zones::check },
];

/// What can be known of a project and its plan, the worst first. `given` is what the plan was derived with.
pub fn check(project: &Project, given: &DeployOptions, planned: &Planned) -> Vec<Diagnosis> {
    Facts::new(project, given, planned).findings()
}

/// A module that is neither the project's own nor the standard library's, and that the code imports or names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// Dotted, as it is written; of a namespace such as `google` with the name that is taken from it.
    pub module: String,
    /// Whether an app that works must have it: the start surely comes to its import, and no handler stands around that.
    pub is_certain: bool,
}

/// A place where the code reads a variable that it cannot do without and that nobody gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unset {
    /// The variable.
    pub name: String,
    /// Where, relative to the folder that was opened.
    pub source: Source,
    /// As it is written there.
    pub text: String,
}

impl Facts<'_> {
    /// What the checks say, the worst first.
    pub fn findings(&self) -> Vec<Diagnosis> {
        let mut findings = Findings::default();
        match self.planned {
            Planned::Nixpacks(_) => nixpacks::TOPICS.iter().for_each(|topic| (topic.check)(self, &mut findings)),
            Planned::Railpack(answer) => railpack::check(self.project, answer, &mut findings),
        }
        for topic in TOPICS {
            (topic.check)(self, &mut findings);
        }
        if platform::overrules(self) {
            findings.soften(|id| [platform::CHECKS, secrets::CHECKS].concat().iter().all(|check| check.id != id));
        }
        findings.sorted()
    }

    /// The foreign modules that everything wants which the start reaches, those of functions among them. What they need can be
    /// held against what was really installed.
    pub fn imports(&self) -> Vec<Import> {
        let all = self.foreign();
        let others = all.iter().filter_map(|foreign| foreign.need?.other);
        let others = others.map(|other| Import { module: other.to_owned(), is_certain: false });
        let to_import = |foreign: &Foreign<'_>| Import {
            module: foreign.name.clone(),
            is_certain: foreign.is_import && foreign.is_certain && !foreign.is_caught,
        };
        let zones = zones::wants_package(self);
        let zones = zones.then(|| Import { module: zones::PACKAGE.to_owned(), is_certain: false });
        all.iter().map(to_import).chain(others).chain(zones).collect()
    }

    /// All that the code which the start reaches wants set, in the order in which it is read.
    pub fn unset_variables(&self) -> Vec<Unset> {
        variables::missing(self)
    }

    /// The programs of the base image that the app starts under a library path that the builder sets, and that load libraries.
    pub fn programs_under_other_libraries(&self) -> Vec<&str> {
        match self.builder() {
            BuilderKind::Nixpacks => programs::of_the_image(self),
            BuilderKind::Railpack => Vec::new(),
        }
    }

    /// The commands that the start, or the script that it runs, puts into the background, and those that the code starts beside itself.
    pub fn background_jobs(&self) -> Vec<String> {
        let starts = Start::all(self);
        let by_shell = starts.iter().flat_map(|start| jobs(start.command)).map(str::to_owned);
        by_shell.chain(children::commands(self.reached())).collect()
    }

    /// Whether the code that the start reaches makes threads or processes of its own.
    pub fn makes_parts(&self) -> bool {
        let makes =
            |text: &str| text.contains("Thread(") && has_word(text, "Thread") || text.contains("Process(target");
        let mut statements = self.reached().iter().flat_map(|module| &module.code.statements);
        statements.any(|statement| makes(&statement.text) && !statement.text.starts_with("class "))
    }

    /// Railway's own file, where it counts.
    pub fn railway_file(&self) -> Option<&Path> {
        self.railway().map(|file| file.path.as_path())
    }

    /// Railway's own file, where Railway no longer reads it.
    pub fn unread_railway_file(&self) -> Option<std::path::PathBuf> {
        self.unread_railway()
    }

    /// A host, other than the developer's own machine, that the project's settings let in by name.
    pub fn allowed_host(&self) -> Option<String> {
        django::allowed_host(self)
    }
}

/// Every check there is, in the order in which they look.
pub fn checks() -> impl Iterator<Item = &'static Check> {
    nixpacks::TOPICS
        .iter()
        .chain(TOPICS)
        .flat_map(|topic| topic.checks)
        .chain(railpack::CHECKS.iter().copied().flatten())
}
