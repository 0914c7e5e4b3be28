//! What is shown of an earlier run on the docker backend is what a fresh run would make, and its images are known and go.
#![allow(clippy::unwrap_used)]

#[path = "reuse/place.rs"]
mod place;
mod support;

use std::collections::BTreeMap;
use std::process::Command;

use place::{Index, MAIN, Place, Random, app, said};
use serde_json::Value;
use shakedown::sandbox::Backend;
use shakedown::sandbox::docker::{Docker, Engine, Options, Pull};
use support::skipped;

fn missing() -> Option<String> {
    let docker = Docker::new(Options { pull: Pull::Never, ..Options::default() });
    docker.check(&support::plan()).err().map(|unavailable| unavailable.missing)
}

fn client(arguments: &[&str]) -> String {
    let output = Command::new(Engine::find().unwrap().program()).args(arguments).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A project whose index listens where containers find this machine.
fn place() -> Place {
    let subnet = client(&["network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Subnet}}"]);
    let gateway = format!("{}.1", subnet.rsplit_once('.').unwrap().0);
    let mut place = app();
    place.write(".python-version", "");
    place.index = Index::start_on(&gateway);
    place.index.release("tide", "1.0", &[]);
    (place.backend, place.is_machines) = ("docker", true);
    place.options = vec!["--pull".to_owned(), "never".to_owned(), "--no-cache".to_owned()];
    place
}

/// The images of a place's layers.
fn images(place: &Place) -> Vec<String> {
    let stores = std::fs::read_dir(place.cache()).unwrap().flatten().map(|entry| entry.path().join("name"));
    let name = stores.filter_map(|path| std::fs::read_to_string(path).ok()).next().unwrap();
    let own = format!("label=dev.shakedown.store={name}");
    client(&["images", "--all", "--quiet", "--no-trunc", "--filter", &own]).lines().map(str::to_owned).collect()
}

fn forget(place: &Place) {
    for image in images(place) {
        client(&["rmi", "--force", &image]);
    }
}

/// What an engine writes for each container.
fn without_names_of_containers(mut files: BTreeMap<String, String>) -> BTreeMap<String, String> {
    files.retain(|path, _| !["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"].contains(&path.as_str()));
    files
}

fn because(report: &Value) -> Value {
    Place::origin(report, "install")["anew"]["because"].clone()
}

#[test]
fn an_install_in_a_container_is_shown_again_until_something_that_it_read_changes() {
    if skipped("an_install_in_a_container_is_shown_again", missing()) {
        return;
    }
    let place = place();
    let (first, files) = place.run(&[]);
    assert_eq!(because(&first), "nothing of this command was kept", "{first:#}");
    assert!(Place::origin(&first, "install")["anew"].get("not_kept").is_none(), "{first:#}");
    assert!(files.len() > 500, "{}", files.len());
    place.write("main.py", &format!("{MAIN}\n# edited\n"));
    place.index.asked();
    let (second, shown) = place.run(&[]);
    assert_eq!(Place::origin(&second, "install")["reused"]["index"], "unchanged", "{second:#}");
    let mut asked = place.index.asked();
    asked.sort();
    assert_eq!(asked, ["/files/tide-1.0-py3-none-any.whl", "/simple/tide/"]);
    let (offline, _) = place.run(&["--offline"]);
    assert_eq!(Place::origin(&offline, "install")["reused"]["index"], "not-asked", "{offline:#}");
    assert!(offline["unverified"].as_array().unwrap().iter().any(|note| note["what"] == "reuse"), "{offline:#}");
    assert_eq!((offline["verdict"].as_str(), place.index.asked().len()), (Some("works"), 0));
    let (fresh, anew) = place.run(&["--fresh"]);
    assert_eq!((because(&fresh), said(&fresh)), ("asked for".into(), said(&second)));
    assert_eq!(without_names_of_containers(anew), without_names_of_containers(shown));
    // An image that somebody removed is not missed.
    forget(&place);
    let (again, _) = place.run(&[]);
    assert_eq!((because(&again), &again["verdict"]), ("what was kept of it is not whole".into(), &"works".into()));
    assert_eq!(images(&place).len(), 1);
    forget(&place);
}

/// `SHAKEDOWN_REUSE_STEPS` and `SHAKEDOWN_REUSE_SEED` make it longer and other.
#[test]
fn a_reused_container_is_a_fresh_one_whatever_is_edited() {
    if skipped("a_reused_container_is_a_fresh_one", missing()) {
        return;
    }
    let set = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let mut random = Random(set("SHAKEDOWN_REUSE_SEED").unwrap_or(10));
    let (mut place, mut history, mut origins, mut reused) = (place(), Vec::new(), Vec::new(), 0);
    let (first, _) = place.run(&[]);
    assert!(Place::origin(&first, "install")["anew"].get("not_kept").is_none(), "{first:#}");
    for step in 0..set("SHAKEDOWN_REUSE_STEPS").unwrap_or(1) {
        let edit = random.below(8);
        match edit {
            0 | 1 => place.write("main.py", &format!("{MAIN}# {step}\n")),
            2 => place.write("requirements.txt", ["tide\n", "tide>=1\n", "tide==1.0\n"][random.below(3) as usize]),
            3 => place.write("notes.txt", &step.to_string()),
            4 => place.options.extend(["--env".to_owned(), format!("MOOD={step}")]),
            5 => place.index.release("tide", &format!("1.{}", step + 1), &[]),
            6 => place.write("nixpacks.toml", "[phases.build]\ncmds = [\"echo built > built\"]\n"),
            _ => {}
        }
        history.push(edit);
        let (shown, files) = place.run(&[]);
        let (fresh, anew) = place.run(&["--fresh"]);
        assert_eq!(said(&shown), said(&fresh), "after {history:?}");
        assert_eq!(without_names_of_containers(files), without_names_of_containers(anew), "after {history:?}");
        reused += usize::from(Place::origin(&shown, "install")["reused"].is_object());
        origins.push(Place::origin(&shown, "install"));
    }
    assert!(reused > 0, "nothing was reused after {history:?}: {origins:?}");
    forget(&place);
}
