//! Layers as images of the engine: made of a container, known by their labels, and removed with the entry that they belong to.

use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};

use super::container::Container;
use super::engine::{Engine, SOON, WORK};
use super::labels;
use crate::fs::owner;
use crate::sandbox::store::Store;

/// Drivers that make a layer of what was written, and not of a comparison of whole images. Docker 20.10 with fuse-overlayfs took eight seconds for it, and a container
/// that was started soon after did not have all files of its image (seen November 2026).
const DRIVERS: &[&str] = &["overlay2", "overlay", "overlayfs", "btrfs", "zfs"];

/// Whether the engine makes layers well.
///
/// # Errors
/// Why it does not.
pub(super) fn are_made_well(engine: &Engine) -> Result<()> {
    let is_podman = engine.name() == "podman";
    let template = match is_podman {
        true => r#"{{.Store.GraphDriverName}} {{index .Store.GraphStatus "Native Overlay Diff"}}"#,
        false => "{{.Driver}}",
    };
    let told = engine.demand("ask for its storage driver", &["info", "--format", template], SOON)?;
    let mut words = told.split_whitespace();
    let driver = words.next().unwrap_or_default();
    // Podman calls fuse-overlayfs so too.
    let is_fuse = is_podman && driver == "overlay" && words.next() != Some("true");
    let name = if is_fuse { "fuse-overlayfs" } else { driver };
    ensure!(
        DRIVERS.contains(&name),
        "layers are not made well by the storage driver of the {} engine, {name}",
        engine.name()
    );
    Ok(())
}

/// Whether the engine has an image.
pub(super) fn is_there(engine: &Engine, image: &str) -> bool {
    inspect(engine, image, "{{.Id}}").is_some()
}

/// The image's number, which is made from what is in it.
///
/// # Errors
/// The engine does not have it.
pub(super) fn demand_id(engine: &Engine, image: &str) -> Result<String> {
    inspect(engine, image, "{{.Id}}").with_context(|| format!("{} does not say what is in {image}", engine.name()))
}

fn inspect(engine: &Engine, image: &str, template: &str) -> Option<String> {
    let answer = engine.ask(&["image", "inspect", "--format", template, image], SOON).ok()?;
    Some(answer.stdout.trim().to_owned()).filter(|told| answer.success && !told.is_empty())
}

/// Makes an image of a container; gives its number, and what it takes of the disk beside `base`, in bytes.
pub(super) fn commit(
    container: &Container,
    base: &str,
    labels: &[String],
    interrupted: &AtomicBool,
) -> Result<(String, u64)> {
    let engine = container.engine();
    let mut call = vec!["commit".to_owned()];
    for label in labels {
        call.extend(["--change".to_owned(), format!("LABEL {label}")]);
    }
    call.push(container.name().to_owned());
    let call: Vec<&str> = call.iter().map(String::as_str).collect();
    let answer = engine.ask_while(&call, WORK, interrupted)?;
    if !answer.success {
        return Err(engine.lost("make an image of what was installed", &answer.stderr).into());
    }
    let image = bare(answer.stdout.trim()).to_owned();
    let size = |image: &str| inspect(engine, image, "{{.Size}}").and_then(|size| size.parse::<u64>().ok());
    let bytes = size(&image).zip(size(base)).map(|(all, below)| all.saturating_sub(below));
    let bytes = bytes.with_context(|| format!("{} does not say how large the image is", engine.name()));
    match bytes {
        Ok(bytes) => Ok((image, bytes)),
        Err(error) => {
            remove(engine, &image);
            Err(error)
        }
    }
}

/// An image's number as both engines take it: one prints its kind before it, the other does so in lists alone.
fn bare(id: &str) -> &str {
    id.strip_prefix("sha256:").unwrap_or(id)
}

/// Removes an image that no container uses. One that is used stays for a later run to remove.
pub(super) fn remove(engine: &Engine, image: &str) {
    let _ = engine.ask(&["image", "rm", image], WORK);
}

/// Removes layers of a store that has no entry for them any more. Those of a run that is going on may be about to get one.
pub(super) fn sweep(engine: &Engine, store: &Store) {
    let filter = format!("label={}", labels::of_a_store(store));
    let listed = engine.ask(&["image", "ls", "--quiet", "--no-trunc", "--filter", &filter], SOON);
    let Ok(listed) = listed else { return };
    for image in listed.stdout.lines().map(bare).filter(|line| !line.is_empty()) {
        let Some(told) = inspect(engine, image, &labels::template_of_a_layer()) else { continue };
        let mut told = told.split('\t');
        let (Some(key), Some(owned)) = (told.next(), told.next()) else { continue };
        if !owner::is_alive(owned) && !store.has_image(key, image) {
            remove(engine, image);
        }
    }
}
