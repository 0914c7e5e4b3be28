//! Which backend runs a plan, and why.

use anyhow::Result;

use super::Request;
use crate::plan::Plan;
use crate::sandbox::Backend;
use crate::sandbox::host::Host;

/// What the user asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BackendName {
    /// The quickest that can provide everything the plan names.
    #[default]
    Auto,
    /// Bubblewrap over this machine's own Python and libraries.
    Host,
    /// nix-shell.
    Nix,
    /// Docker or podman.
    Docker,
}

/// A backend and why it was chosen.
pub struct Chosen {
    /// Usable here.
    pub backend: Box<dyn Backend>,
    /// One line.
    pub reason: String,
}

/// The backend for this plan. `auto` takes the first that is usable here: the quickest.
pub(super) fn choose(request: &Request, plan: &Plan) -> Result<Chosen> {
    let host = Host::new().with_python(request.python.clone());
    host.check(plan)?;
    Ok(Chosen { backend: Box::new(host), reason: "asked for".to_owned() })
}
