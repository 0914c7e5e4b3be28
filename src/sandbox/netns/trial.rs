//! Which method of making a network namespace works on this machine: tried once with a time limit, and remembered.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::engine::{METHODS, Method, Tools};
use super::machine::Machine;
use super::namespace::Namespace;
use super::watch::Watched;
use crate::sandbox::Unavailable;
use crate::sandbox::cache::Cache;
use crate::sandbox::host::check;
use crate::sandbox::remembered::Remembered;

/// How long a namespace may take to come up. A pasta of 2023 was seen to spin without ever running its command.
const TRIED_FOR: Duration = Duration::from_secs(3);
/// How long nothing is tried again where nothing worked: the machine may have been busy.
const REFUSED_FOR: Duration = Duration::from_secs(600);

/// What has been found, for the rest of this process.
static FOUND: Mutex<Option<Result<Method, Unavailable>>> = Mutex::new(None);

/// The method that works here, by what an earlier run remembered where nothing has changed since.
///
/// # Errors
/// None works, or something is missing: what, and the command that cures it.
pub(super) fn find(cache: Option<&Cache>) -> Result<Method, Unavailable> {
    let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
    found.get_or_insert_with(|| remembered(cache).unwrap_or_else(|| tried(cache))).clone()
}

/// The same by a new trial, whatever is remembered.
///
/// # Errors
/// As of `find`.
pub fn try_anew(cache: Option<&Cache>) -> Result<&'static str, Unavailable> {
    let result = tried(cache);
    *FOUND.lock().unwrap_or_else(PoisonError::into_inner) = Some(result.clone());
    result.map(Method::name)
}

impl Method {
    fn name(self) -> &'static str {
        METHODS.iter().find(|(_, method)| *method == self).map_or("", |(name, _)| name)
    }
}

fn kept(cache: &Cache) -> Remembered<'_> {
    Remembered::new(cache, "network")
}

/// The result of an earlier trial under the same conditions: a method's name, or `no` and why.
fn remembered(cache: Option<&Cache>) -> Option<Result<Method, Unavailable>> {
    let tools = match Tools::of_network() {
        Ok(tools) => tools,
        Err(missing) => return Some(Err(missing)),
    };
    let kept = kept(cache?);
    let first = kept.get(&tools.key())?;
    match first.strip_prefix("no ") {
        Some(why) => kept.is_recent(REFUSED_FOR).then(|| Err(refused(why))),
        None => METHODS.iter().find(|(name, _)| *name == first).map(|(_, method)| Ok(*method)),
    }
}

fn tried(cache: Option<&Cache>) -> Result<Method, Unavailable> {
    let tools = Tools::of_network()?;
    let machine = Machine::read();
    if machine.has_only_ipv6 {
        return Err(refused("this machine has no IPv4 network"));
    }
    let is_root = rustix::process::geteuid().is_root();
    let candidates = METHODS.iter().map(|(_, method)| *method);
    let mut why = String::new();
    let found =
        candidates.filter(|method| tools.has(method.engine) && (is_root || method.has_user_namespace)).find(|method| {
            let tried = Namespace::with_network(&tools, *method, &machine, &Watched::default(), TRIED_FOR);
            if let (Err(error), true) = (&tried, why.is_empty()) {
                why = format!("{}: {error:#}", method.name());
            }
            tried.is_ok()
        });
    let result = found.ok_or_else(|| refused(&why));
    let first = result.as_ref().map_or_else(|_| format!("no {why}"), |method| method.name().to_owned());
    if let Some(cache) = cache {
        let _ = kept(cache).set(&first, &tools.key());
    }
    result
}

fn refused(why: &str) -> Unavailable {
    let missing = format!("no network of its own can be given to the sandbox: {why}");
    let mut cures: Vec<String> = Vec::new();
    if why.contains("/dev/net/tun") {
        cures.push("sudo modprobe tun; sudo chmod 666 /dev/net/tun".to_owned());
    }
    cures.extend(check::install_commands("slirp4netns"));
    Unavailable { missing, cures }
}

#[cfg(test)]
mod tests {
    use super::super::engine::Engine;
    use super::*;

    #[test]
    fn what_was_found_is_remembered_until_something_changes() {
        let Ok(tools) = Tools::of_network() else { return };
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::at(dir.path().to_owned());
        assert!(remembered(Some(&cache)).is_none());
        kept(&cache).set("pasta", &tools.key()).unwrap();
        assert_eq!(remembered(Some(&cache)).unwrap().unwrap().engine, Engine::Pasta);
        kept(&cache).set("no tun", &tools.key()).unwrap();
        assert!(remembered(Some(&cache)).unwrap().unwrap_err().missing.ends_with(": tun"));
        kept(&cache).set("pasta", "another kernel").unwrap();
        assert!(remembered(Some(&cache)).is_none());
    }

    #[test]
    fn a_tun_device_that_is_shut_has_its_own_cure() {
        assert!(refused("open(\"/dev/net/tun\"): Permission denied").cures[0].contains("chmod 666 /dev/net/tun"));
    }
}
