//! Images that hold what commands made: one to each entry of a store of layers, under our label.
//!
//! The engine keeps an image whole or not at all, and names it by its content. An entry is sealed once its image is there;
//! an image without an entry is what a killed run left, or what had to make room, and goes.

use std::sync::atomic::AtomicBool;

use anyhow::{Result, ensure};

use super::container::Container;
use super::engine::{Engine, SOON, WORK};
use super::labels::{self, ENTRY, OWNER};
use crate::fs::owner;
use crate::sandbox::store::Store;

/// Which layer an image holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer<'a> {
    /// The name of the store.
    pub(super) store: &'a str,
    /// The entry, as `KEY/ID`.
    pub(super) entry: &'a str,
}

/// Makes an image of a container as it is. Gives its id.
pub(super) fn commit(container: &Container, layer: Layer<'_>, interrupted: &AtomicBool) -> Result<String> {
    let labels = labels::of_a_layer(layer.store, layer.entry).map(|label| format!("LABEL {label}"));
    let mut call = vec!["commit"];
    for label in &labels {
        call.extend(["--change", label]);
    }
    call.push(container.name());
    let engine = container.engine();
    let answer = engine.ask_while(&call, WORK, interrupted)?;
    if !answer.success {
        return Err(engine.lost("keep what a command made", &answer.stderr).into());
    }
    let id = answer.stdout.trim().to_owned();
    ensure!(!id.is_empty(), "{} does not name the image that it made", engine.name());
    Ok(id)
}

/// What an image takes of the disk, in bytes, that another below it does not.
pub(super) fn bytes_over(engine: &Engine, image: &str, below: &str) -> Result<u64> {
    let call = ["image", "inspect", "--format", "{{.Size}}", image, below];
    let answer = engine.demand("look at an image", &call, SOON)?;
    let mut sizes = answer.lines().map(|line| line.trim().parse::<u64>().unwrap_or_default());
    let (all, known) = (sizes.next().unwrap_or_default(), sizes.next().unwrap_or_default());
    Ok(all.saturating_sub(known))
}

/// Whether the engine has an image.
pub(super) fn is_there(engine: &Engine, image: &str) -> Result<bool> {
    Ok(engine.ask(&["image", "inspect", "--format", "{{.Id}}", image], SOON)?.success)
}

/// Removes the images of a store that have no entry there, and that no run is making just now.
pub(super) fn sweep(engine: &Engine, store: &Store) {
    let Ok(name) = store.name() else { return };
    let Ok(ids) = labels::images(engine, Some(&name)) else { return };
    for id in ids {
        let template = format!("{{{{index .Config.Labels \"{OWNER}\"}}}}\t{{{{index .Config.Labels \"{ENTRY}\"}}}}");
        let Ok(answer) = engine.ask(&["image", "inspect", "--format", &template, &id], SOON) else { return };
        let Some((owner, entry)) = answer.stdout.trim_end().split_once('\t') else { continue };
        // In this order: an owner that ends in between has made its entry or never will.
        if !owner::is_alive(owner) && !store.has(entry) {
            // The engine keeps what a container runs on; another run may be quicker.
            let _ = engine.ask(&["rmi", &id], WORK);
        }
    }
}
