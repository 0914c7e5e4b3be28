//! How our containers and volumes are known, and how those of crashed runs are found and removed.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use super::engine::{Engine, SOON, WORK};
use crate::fs::owner;
use crate::sandbox::store::Store;

const LABEL: &str = "dev.shakedown";
const OWNER: &str = "dev.shakedown.owner";
/// Whose entry a layer belongs to, and to which of them.
const STORE: &str = "dev.shakedown.store";
const KEY: &str = "dev.shakedown.key";

/// Lists images whose filter follows: without `--all` those are left out that another is made upon.
pub(super) const LIST: &[&str] = &["image", "ls", "--all", "--quiet", "--no-trunc", "--filter"];

/// Something in the engine that a run of ours made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Leftover {
    /// `container`, `volume` or `image`.
    pub kind: &'static str,
    /// Its name in the engine.
    pub name: String,
    /// Whether the run that made it may still be going on; such a one is never removed.
    pub in_use: bool,
}

pub(super) fn new_name() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seed = format!("{} {} {:?}", std::process::id(), now.as_nanos(), std::thread::current().id());
    format!("shakedown-{:012x}", xxh3_64(seed.as_bytes()) & 0xffff_ffff_ffff)
}

pub(super) fn of_this_run() -> [String; 2] {
    [format!("{LABEL}=run"), format!("{OWNER}={}", owner::this_process())]
}

pub(super) fn of_a_cache() -> [String; 1] {
    [format!("{LABEL}=cache")]
}

/// What tells a store's layer; the container that it is made of has told whose it is.
pub(super) fn of_a_layer(store: &Store, key: &str) -> [String; 3] {
    [format!("{LABEL}=layer"), of_a_store(store), format!("{KEY}={key}")]
}

pub(super) fn of_a_store(store: &Store) -> String {
    format!("{STORE}={}", store.name())
}

/// Prints a layer's key and its owner.
pub(super) fn template_of_a_layer() -> String {
    format!("{{{{index .Config.Labels \"{KEY}\"}}}}\t{{{{index .Config.Labels \"{OWNER}\"}}}}")
}

/// Everything of ours in the engine: containers, and the volumes and images that keep what was downloaded and installed between runs.
pub fn leftovers(engine: &Engine) -> Result<Vec<Leftover>> {
    let filter = format!("label={LABEL}");
    let listed = engine.demand("list containers", &["ps", "--all", "--quiet", "--filter", &filter], SOON)?;
    let containers = listed.lines().filter_map(|id| container(engine, id).transpose()).collect::<Result<Vec<_>>>()?;
    let listed_volumes = engine.demand("list volumes", &["volume", "ls", "--quiet", "--filter", &filter], SOON)?;
    let layers = format!("label={LABEL}=layer");
    let listed_images = engine.demand("list images", &[LIST, &[&layers]].concat(), SOON)?;
    let mut found = containers;
    let busy = found.iter().any(|leftover| leftover.in_use);
    for (kind, listed) in [("volume", listed_volumes), ("image", listed_images)] {
        let names = listed.lines().filter(|name| !name.is_empty());
        found.extend(names.map(|name| Leftover { kind, name: name.to_owned(), in_use: busy }));
    }
    Ok(found)
}

/// A container by its number; none if it has gone in the meantime. Podman's `ps` has no template for one label.
fn container(engine: &Engine, id: &str) -> Result<Option<Leftover>> {
    let template = format!("{{{{.Name}}}}\t{{{{index .Config.Labels \"{OWNER}\"}}}}");
    let answer = engine.ask(&["inspect", "--type", "container", "--format", &template, id], SOON)?;
    let Some((name, owner)) = answer.stdout.trim_end().split_once('\t').filter(|_| answer.success) else {
        return Ok(None);
    };
    let name = name.trim_start_matches('/').to_owned();
    Ok(Some(Leftover { kind: "container", name, in_use: owner::is_alive(owner) }))
}

/// Removes what no run uses any more, and returns it.
pub fn clean(engine: &Engine) -> Result<Vec<Leftover>> {
    let mut removed = Vec::new();
    let mut todo: Vec<_> = leftovers(engine)?.into_iter().filter(|leftover| !leftover.in_use).collect();
    // An image goes after those that are made upon it, in whatever order they are listed.
    loop {
        let (mut left, mut failure) = (Vec::new(), None);
        let before = todo.len();
        for leftover in todo {
            match remove(engine, &leftover) {
                Ok(()) => removed.push(leftover),
                Err(error) if engine.ask(&[leftover.kind, "inspect", &leftover.name], SOON)?.success => {
                    failure = Some(error);
                    left.push(leftover);
                }
                // Another run was quicker.
                Err(_) => {}
            }
        }
        match failure {
            None => return Ok(removed),
            Some(error) if left.len() == before => return Err(error),
            Some(_) => todo = left,
        }
    }
}

fn remove(engine: &Engine, leftover: &Leftover) -> Result<()> {
    let Leftover { kind, name, .. } = leftover;
    let call: &[&str] = match *kind {
        "image" => return engine.remove_image(name, &["--force"]),
        "container" => &["rm", "--force", "--volumes", name],
        _ => &["volume", "rm", "--force", name],
    };
    engine.demand(&format!("remove the {kind} {name}"), call, WORK).map(drop)
}

/// Removes containers of killed runs that do not run. What runs is in use or was kept.
pub(super) fn sweep(engine: &Engine) {
    let filter = format!("label={LABEL}=run");
    let mut call = vec!["ps", "--all", "--quiet", "--filter", &filter];
    for status in ["status=created", "status=exited", "status=dead"] {
        call.extend(["--filter", status]);
    }
    let Ok(listed) = engine.ask(&call, SOON) else { return };
    let found = listed.stdout.lines().filter_map(|id| container(engine, id).ok().flatten());
    for gone in found.filter(|container| !container.in_use) {
        // Another run may be quicker.
        let _ = engine.ask(&["rm", "--force", "--volumes", &gone.name], WORK);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_repeat() {
        assert_ne!(new_name(), new_name());
    }
}
