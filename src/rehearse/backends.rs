//! Which backend runs a plan, and why.

use anyhow::Result;

use super::backend_name::BackendName;
use super::request::Request;
use crate::plan::Plan;
use crate::sandbox::docker::Docker;
use crate::sandbox::host::Host;
use crate::sandbox::nix::Nix;
use crate::sandbox::{Backend, Progress, Unavailable};

/// A backend and why it was chosen.
pub struct Chosen {
    /// Usable here.
    pub backend: Box<dyn Backend>,
    /// One line.
    pub reason: String,
}

/// The backend for this plan: the one asked for, or the quickest that is at hand and can provide everything.
pub(super) fn choose(request: &Request, plan: &Plan, progress: &mut Progress<'_>) -> Result<Chosen> {
    let Some(backend) = named(request, request.backend) else { return automatic(request, plan, progress) };
    backend.check(plan)?;
    Ok(Chosen { backend, reason: "asked for".to_owned() })
}

/// The backend of that name; none for `auto`.
pub(super) fn named(request: &Request, name: BackendName) -> Option<Box<dyn Backend>> {
    match name {
        BackendName::Auto => None,
        BackendName::Host => Some(Box::new(request.host())),
        BackendName::Nix => Some(Box::new(request.nix())),
        BackendName::Docker => Some(Box::new(request.docker())),
    }
}

impl Request {
    fn host(&self) -> Host {
        Host::new().with_python(self.python.clone())
    }

    fn nix(&self) -> Nix {
        self.nixpkgs.iter().cloned().fold(Nix::new(), Nix::with_nixpkgs)
    }

    fn docker(&self) -> Docker {
        Docker::new(self.docker.clone())
    }
}

fn chosen(backend: impl Backend + 'static, reason: String) -> Chosen {
    Chosen { backend: Box::new(backend), reason }
}

/// A backend that would first have to fetch half a gigabyte is not at hand: nobody waits for that unasked.
fn automatic(request: &Request, plan: &Plan, progress: &mut Progress<'_>) -> Result<Chosen> {
    let (host, nix, docker) = (request.host(), request.nix(), request.docker());
    let none = match host.check(plan) {
        Ok(()) => {
            let gaps = host.gaps(plan, request.network.then_some(progress))?;
            if gaps.is_empty() {
                return Ok(chosen(host, "the quickest, and it has everything that the plan names".to_owned()));
            }
            let lacks = format!("the host sandbox lacks {}", gaps.join(", "));
            if nix.has_nixpkgs() && nix.check(plan).is_ok() {
                return Ok(chosen(nix, lacks));
            }
            if docker.has_real_image(plan) {
                return Ok(chosen(docker, lacks));
            }
            let gaps = gaps.join(", ");
            let reason = format!("it lacks {gaps}, which --backend nix or docker would first have to download");
            return Ok(chosen(host, reason));
        }
        // Whoever names an interpreter wants that one, not another machine.
        Err(none) if request.python.is_some() => return Err(none.into()),
        Err(none) => none,
    };
    let reason = format!("no host sandbox: {}", none.missing);
    let no_nix = match nix.check(plan) {
        Ok(()) => return Ok(chosen(nix, reason)),
        Err(no_nix) => no_nix,
    };
    match docker.check(plan) {
        Ok(()) => Ok(chosen(docker, reason)),
        Err(no_docker) => {
            let missing = format!("{}; nor can nix ({}) or docker ({}) do it", none.missing, no_nix, no_docker);
            Err(Unavailable { missing, cures: none.cures }.into())
        }
    }
}
