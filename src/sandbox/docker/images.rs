//! Layers as images of the engine: made of a container, known by their labels, and removed with the entry that they belong to.

use std::sync::atomic::AtomicBool;

use anyhow::{Context, Result, ensure};

use super::container::Container;
use super::engine::{Engine, SOON, WORK};
use super::labels::{self, LIST};
use crate::fs::owner;
use crate::sandbox::store::Store;

/// Drivers that make a layer of what was written, and not of a comparison of whole images. Docker 20.10 with fuse-overlayfs took eight seconds for it, and a container
/// that was started soon after did not have all files of its image (seen November 2026).
const DRIVERS: &[&str] = &["overlay2", "overlay", "overlayfs", "btrfs", "zfs"];

/// Marks an image that stands in for the base image where that cannot be had, as `tests/base-image` makes it.
const STAND_IN: &str = "dev.shakedown.base-image";

/// Whether the engine makes layers well of a container that is started from `image`; gives what tells it from other engines.
///
/// # Errors
/// Why it does not.
pub(super) fn are_made_well(engine: &Engine, image: &str) -> Result<String> {
    let told = keeps_layers(engine)?;
    // What is written into a volume is in no layer.
    let volumes = about(engine, image).map(|about| about.volumes).unwrap_or_default();
    ensure!(volumes.is_empty(), "{image} keeps {volumes} in volumes, which no layer holds");
    Ok(told)
}

/// Whether the engine makes layers well at all; gives what tells it from other engines.
///
/// # Errors
/// Why it does not.
pub fn keeps_layers(engine: &Engine) -> Result<String> {
    let is_podman = engine.name() == "podman";
    let template = match is_podman {
        true => r#"{{.Store.GraphDriverName}} {{index .Store.GraphStatus "Native Overlay Diff"}} {{.Store.GraphRoot}}"#,
        false => "{{.Driver}} {{.ID}}",
    };
    let answer = engine.ask_once(&["info", "--format", template])?;
    ensure!(answer.success, "{} does not say what its storage driver is", engine.name());
    let told = answer.stdout;
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
    Ok(told.trim().to_owned())
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
    let about = about(engine, image).with_context(|| format!("{} does not say what is in {image}", engine.name()))?;
    Ok(about.id)
}

/// An image that a run begins with.
#[derive(Debug)]
pub(super) struct About {
    /// Its number, which is made from what is in it.
    id: String,
    /// The label of a stand-in for tests, empty on any other.
    pub(super) stand_in: String,
    /// The places whose content no layer of it holds, spaces between.
    volumes: String,
}

/// What the engine says of an image; none where it does not have it.
pub(super) fn about(engine: &Engine, image: &str) -> Option<About> {
    let template = format!(
        "{{{{.Id}}}}\t{{{{index .Config.Labels \"{STAND_IN}\"}}}}\t{{{{range $place, $_ := .Config.Volumes}}}}{{{{$place}}}} {{{{end}}}}"
    );
    let answer =
        engine.ask_once(&["image", "inspect", "--format", &template, image]).ok().filter(|answer| answer.success)?;
    let [id, stand_in, volumes] =
        answer.stdout.trim_end_matches('\n').splitn(3, '\t').collect::<Vec<_>>().try_into().ok()?;
    let [id, stand_in, volumes] = [id, stand_in, volumes].map(|text: &str| text.trim().to_owned());
    Some(About { id, stand_in, volumes })
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
            let _ = engine.remove_image(&image, &[]);
            Err(error)
        }
    }
}

/// An image's number as both engines take it: one prints its kind before it, the other does so in lists alone.
fn bare(id: &str) -> &str {
    id.strip_prefix("sha256:").unwrap_or(id)
}

/// Removes layers of a store that has no entry for them any more. Those of a run that is going on may be about to get one.
pub(super) fn sweep(engine: &Engine, store: &Store) {
    let filter = format!("label={}", labels::of_a_store(store));
    let Ok(listed) = engine.ask(&[LIST, &[&filter]].concat(), SOON) else { return };
    let is_lost = |image: &str| {
        let told = inspect(engine, image, &labels::template_of_a_layer())?;
        let (key, owned) = told.split_once('\t')?;
        Some(!owner::is_alive(owned) && !store.has_image(key, image))
    };
    let images = listed.stdout.lines().map(bare).filter(|image| !image.is_empty());
    let mut lost: Vec<&str> = images.filter(|image| is_lost(image).unwrap_or_default()).collect();
    // An image goes after those that are made upon it; one that is used stays for a later run.
    let mut before = usize::MAX;
    while lost.len() < before {
        before = lost.len();
        lost.retain(|image| engine.remove_image(image, &[]).is_err());
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::plan::Vars;

    /// An engine that answers by a script.
    fn engine(folder: &std::path::Path, script: &str) -> Engine {
        let program = folder.join("docker");
        fs::write(&program, format!("#!/bin/sh\ncd \"${{0%/*}}\"\n{script}")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
        Engine::new(program, Vars::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]))
    }

    #[test]
    fn layers_nobody_could_find_are_removed_and_not_those_that_they_stand_upon() {
        let folder = tempfile::tempdir().unwrap();
        let cache = crate::sandbox::cache::Cache::at(folder.path().join("cache"));
        let store = Store::open(&cache).unwrap();
        // "above" is made upon "below": without --all the list leaves "below" out, and without --no-prune "below" and what it
        // is made upon would go with "above".
        let script = r#"
            case "$*" in
              *"image ls"*--all*) printf '%s\n' below above ;;
              *inspect*) printf 'key\towner\n' ;;
              "image rm --no-prune below") [ -e above-is-gone ] && echo below >> removed ;;
              "image rm --no-prune above") [ ! -e above-is-gone ] && : > above-is-gone && echo above >> removed ;;
              *) exit 1 ;;
            esac"#;
        sweep(&engine(folder.path(), script), &store);
        assert_eq!(fs::read_to_string(folder.path().join("removed")).unwrap(), "above\nbelow\n");
    }

    #[test]
    fn an_image_with_volumes_is_kept_as_no_layer() {
        let folder = tempfile::tempdir().unwrap();
        let of = |volumes: &str| {
            let script = format!(
                "case \"$1\" in info) echo overlay2 ABCD:1234 ;; image) printf 'sha256:1\\t\\t{volumes}' ;; esac"
            );
            are_made_well(&engine(folder.path(), &script), "base:1").map_err(|error| error.to_string())
        };
        assert_eq!(of("").as_deref(), Ok("overlay2 ABCD:1234"));
        assert_eq!(of("/opt /srv "), Err("base:1 keeps /opt /srv in volumes, which no layer holds".to_owned()));
    }
}
