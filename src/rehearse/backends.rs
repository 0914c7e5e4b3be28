//! Which backend runs a plan, and why.

use anyhow::Result;

use super::Request;
use crate::plan::Plan;
use crate::sandbox::docker::Docker;
use crate::sandbox::host::Host;
use crate::sandbox::{Backend, Unavailable};

/// What the user asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BackendName {
    /// The quickest that can provide everything the plan names.
    #[default]
    Auto,
    /// Bubblewrap over this machine's own Python and libraries.
    Host,
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

/// The backend for this plan: the one asked for, or the quickest that is at hand and can provide everything.
pub(super) fn choose(request: &Request, plan: &Plan) -> Result<Chosen> {
    let host = || Host::new().with_python(request.python.clone());
    let docker = || Docker::new(request.docker.clone());
    match request.backend {
        BackendName::Host => asked_for(Box::new(host()), plan),
        BackendName::Docker => asked_for(Box::new(docker()), plan),
        BackendName::Auto => automatic(host(), docker(), plan),
    }
}

fn asked_for(backend: Box<dyn Backend>, plan: &Plan) -> Result<Chosen> {
    backend.check(plan)?;
    Ok(Chosen { backend, reason: "asked for".to_owned() })
}

fn automatic(host: Host, docker: Docker, plan: &Plan) -> Result<Chosen> {
    let unusable = match host.check(plan) {
        Ok(()) => {
            let gaps = host.gaps(plan)?;
            if gaps.is_empty() {
                let reason = "the quickest, and it has everything that the plan names".to_owned();
                return Ok(Chosen { backend: Box::new(host), reason });
            }
            // An image that would have to be fetched is not at hand: nobody waits for half a gigabyte unasked.
            if docker.has_image(plan) {
                let reason = format!("the host sandbox lacks {}", gaps.join(", "));
                return Ok(Chosen { backend: Box::new(docker), reason });
            }
            let reason = format!("the only one at hand; it lacks {}", gaps.join(", "));
            return Ok(Chosen { backend: Box::new(host), reason });
        }
        Err(unusable) => unusable,
    };
    match docker.check(plan) {
        Ok(()) => Ok(Chosen { backend: Box::new(docker), reason: format!("no host sandbox: {}", unusable.missing) }),
        Err(none) => {
            let Unavailable { missing, mut cures } = unusable;
            cures.push("see shakedown doctor for the other backends".to_owned());
            Err(Unavailable { missing: format!("{missing}; and no docker: {}", none.missing), cures }.into())
        }
    }
}
