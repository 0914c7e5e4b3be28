//! What mise installs in Railpack's builder image, and what stands in for it here.

use anyhow::Result;

use super::declared::Declared;
use super::{fetched, store_paths};
use crate::plan::{Plan, Tool};
use crate::sandbox::Progress;
use crate::sandbox::cache::Cache;
use crate::sandbox::python::Wanted;

/// The Python that mise installs.
pub(super) fn python(plan: &Plan) -> Option<Wanted> {
    let tool = tools(plan).find(|tool| tool.name == "python")?;
    let mut parts = tool.version.split('.').map(|part| part.parse().ok());
    Some(Wanted { minor: (parts.next()??, parts.next()??), cloud: "" })
}

fn tools(plan: &Plan) -> impl Iterator<Item = &Tool> {
    plan.steps.iter().flat_map(|step| &step.packages.mise)
}

/// What the setup step shows of it.
pub(super) fn setup(plan: &Plan) -> Option<(String, Vec<String>, i32)> {
    let lines: Vec<String> = tools(plan).map(|tool| format!("mise {}@{} installed", tool.name, tool.version)).collect();
    (!lines.is_empty()).then(|| ("mise install".to_owned(), lines, 0))
}

impl Declared {
    /// What Railpack's builder image has and mise adds to it.
    pub(super) fn add_mise(
        &mut self,
        plan: &Plan,
        cache: &Cache,
        mut progress: Option<&mut Progress<'_>>,
    ) -> Result<()> {
        self.compiler = true;
        if store_paths::program("gcc").is_none() {
            self.note("the build's compiler".to_owned(), "this machine has no gcc");
        }
        let Some(python) = self.python.clone() else { return Ok(()) };
        for tool in tools(plan) {
            let (name, version) = (tool.name.as_str(), tool.version.as_str());
            let distribution = name.strip_prefix("pipx:").unwrap_or(name);
            match (name, fetched::tool(distribution)) {
                ("python", _) if python.full_version() == version => {}
                ("python", _) => {
                    let here = python.full_version();
                    self.note(format!("Python {version}"), format!("run with {here}, the one found here"));
                }
                ("pipx", _) => {}
                (_, Some(known)) => {
                    let tool = known.of_release(version);
                    match tool.fetch(cache, &plan.image, &python, progress.as_deref_mut())? {
                        Ok(stored) => self.stored.push(stored),
                        Err(why) => self.note(format!("mise: {name}"), why),
                    }
                }
                (_, None) => self.note(format!("mise: {name}"), "the host sandbox does not know this tool"),
            }
        }
        let apt = plan.apt_packages();
        for name in &apt.names {
            self.note(apt.label(name), "apt packages are not installed in the host sandbox");
        }
        Ok(())
    }
}
