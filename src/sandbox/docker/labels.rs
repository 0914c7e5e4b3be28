//! How our containers and volumes are known, and how those of crashed runs are found and removed.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use schemars::JsonSchema;
use serde::Serialize;
use xxhash_rust::xxh3::xxh3_64;

use super::engine::{Engine, SOON, WORK};

const LABEL: &str = "dev.shakedown";
const OWNER: &str = "dev.shakedown.owner";

/// Something in the engine that a run of ours made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Leftover {
    /// `container` or `volume`.
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
    [format!("{LABEL}=run"), format!("{OWNER}={}", owner(std::process::id()))]
}

pub(super) fn of_a_cache() -> [String; 1] {
    [format!("{LABEL}=cache")]
}

/// Machine, process and its start, since process numbers are used again.
fn owner(pid: u32) -> String {
    format!("{}/{pid}/{}", machine(), started(pid).unwrap_or_default())
}

fn machine() -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let space = fs::read_link("/proc/self/ns/pid").map(|link| link.to_string_lossy().into_owned()).unwrap_or_default();
    format!("{:08x}", xxh3_64(format!("{boot}{space}").as_bytes()) & 0xffff_ffff)
}

/// The 22nd field, counted behind the name in brackets, which may hold blanks.
fn started(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19).map(str::to_owned)
}

/// Whether the owner's process is alive; that of another machine is taken to be.
fn is_alive(owner: &str) -> bool {
    let mut parts = owner.split('/');
    let (Some(machine_then), Some(pid), Some(start)) = (parts.next(), parts.next(), parts.next()) else { return false };
    machine_then != machine() || pid.parse().ok().and_then(started).is_some_and(|now| now == start)
}

/// Everything of ours in the engine: containers, and the volumes that keep package caches between runs.
pub fn leftovers(engine: &Engine) -> Result<Vec<Leftover>> {
    let filter = format!("label={LABEL}");
    let listed = engine.demand("list containers", &["ps", "--all", "--quiet", "--filter", &filter], SOON)?;
    let containers = listed.lines().filter_map(|id| container(engine, id).transpose()).collect::<Result<Vec<_>>>()?;
    let listed_volumes = engine.demand("list volumes", &["volume", "ls", "--quiet", "--filter", &filter], SOON)?;
    let mut found = containers;
    let busy = found.iter().any(|leftover| leftover.in_use);
    let names = listed_volumes.lines().filter(|name| !name.is_empty());
    found.extend(names.map(|name| Leftover { kind: "volume", name: name.to_owned(), in_use: busy }));
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
    Ok(Some(Leftover { kind: "container", name, in_use: is_alive(owner) }))
}

/// Removes what no run uses any more, and returns it.
pub fn clean(engine: &Engine) -> Result<Vec<Leftover>> {
    let stale: Vec<Leftover> = leftovers(engine)?.into_iter().filter(|leftover| !leftover.in_use).collect();
    for leftover in &stale {
        let call: &[&str] = match leftover.kind {
            "container" => &["rm", "--force", "--volumes", &leftover.name],
            _ => &["volume", "rm", "--force", &leftover.name],
        };
        engine.demand(&format!("remove the {} {}", leftover.kind, leftover.name), call, WORK)?;
    }
    Ok(stale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_alive_as_long_as_its_process_is_the_same() {
        let own = owner(std::process::id());
        assert!(is_alive(&own));
        let (rest, _) = own.rsplit_once('/').unwrap();
        assert!(!is_alive(&format!("{rest}/1")));
        assert!(!is_alive(""));
    }

    #[test]
    fn what_another_machine_made_is_left_alone() {
        assert!(is_alive("ffffffffff/1/1"));
    }

    #[test]
    fn names_do_not_repeat() {
        assert_ne!(new_name(), new_name());
    }
}
