//! The plan's Python, installed where it is missing and the user asks for it.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Result;

use super::backend_name::BackendName;
use super::request::Request;
use crate::plan::{Plan, Vars};
use crate::run::Event;
use crate::sandbox::host::Host;
use crate::sandbox::process::{self, Ended, Exit, Limits};
use crate::sandbox::python::FETCH;
use crate::sandbox::{CommandLine, Interrupted, Unavailable};

/// It is a download of some 30 MB.
const WITHIN: Limits = Limits { total: Duration::from_secs(600), silence: None };

/// Lets `uv` install the interpreter that the plan names, where the host backend would miss it.
///
/// # Errors
/// [`Unavailable`] where it is missing and stays so; [`Interrupted`].
pub(super) fn python(
    request: &Request,
    plan: &Plan,
    interrupted: &AtomicBool,
    emit: &mut dyn FnMut(&Event),
) -> Result<()> {
    if !matches!(request.backend, BackendName::Auto | BackendName::Host) {
        return Ok(());
    }
    let host = Host::new().with_python(request.python.clone());
    let Some(((major, minor), none)) = host.missing_python(plan) else { return Ok(()) };
    let version = format!("{major}.{minor}");
    let others: Vec<String> = none.cures.iter().filter(|cure| *cure != FETCH).cloned().collect();
    let refused = |why: &str, cures: Vec<String>| -> Result<()> {
        Err(Unavailable { missing: format!("{}; --fetch-python: {why}", none.missing), cures }.into())
    };
    if request.python.is_some() {
        return refused("--python names another interpreter", others.clone());
    }
    if !request.network {
        return refused("the run is to do without the network", others.clone());
    }
    let Ok(uv) = which::which("uv") else {
        return refused("there is no uv on PATH", vec!["pip install uv".to_owned(), "pipx install uv".to_owned()]);
    };
    emit(&Event::Waiting { what: format!("Python {version}, by uv python install") });
    let argv = [uv.into_os_string(), "python".into(), "install".into(), "--no-progress".into(), version.clone().into()];
    // As the user would call it: proxies, mirrors and where it installs to are in the environment.
    let vars: Vars = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    let line = CommandLine { argv: argv.into(), vars };
    let mut last = String::new();
    let ended = process::run(&line, WITHIN, interrupted, &mut |text| {
        if !text.trim().is_empty() {
            text.trim().clone_into(&mut last);
        }
    })?;
    match ended {
        Ended::Exited(Exit::Code(0)) if host.missing_python(plan).is_none() => Ok(()),
        Ended::Exited(Exit::Code(0)) => {
            let cure = format!("--python PATH, with PATH what `uv python find {version}` prints");
            refused("uv installed it where it is not looked for", vec![cure])
        }
        Ended::Interrupted => Err(Interrupted.into()),
        Ended::Exited(_) => refused(&format!("uv python install {version} failed: {last}"), others.clone()),
        Ended::TimedOut { .. } => {
            refused(&format!("uv python install {version} took more than ten minutes"), others.clone())
        }
    }
}
