//! Which process made a thing that outlives a kill -9, so that a later run can tell what nobody needs any more.

use std::fs;

use xxhash_rust::xxh3::xxh3_64;

/// Machine, process and its start, since process numbers are used again: `MACHINE/PID/START`.
pub fn this_process() -> String {
    let pid = std::process::id();
    format!("{}/{pid}/{}", machine(), started(pid).unwrap_or_default())
}

/// The same as a part of a file's name.
pub fn in_a_name() -> String {
    this_process().replace('/', "_")
}

/// Whether the owner's process is alive; that of another machine is taken to be.
pub fn is_alive(owner: &str) -> bool {
    let mut parts = owner.split(['/', '_']);
    let (Some(machine_then), Some(pid), Some(start)) = (parts.next(), parts.next(), parts.next()) else { return false };
    machine_then != machine() || pid.parse().ok().and_then(started).is_some_and(|now| now == start)
}

/// A name as `PREFIX.OWNER.REST`, whose owner is gone.
pub fn is_abandoned(name: &str, prefix: &str) -> bool {
    let owner =
        name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix('.')).and_then(|rest| rest.split('.').next());
    owner.is_some_and(|owner| owner.split('_').count() == 3 && !is_alive(owner))
}

/// This boot of this machine, as far as its processes are seen from here.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_alive_as_long_as_its_process_is_the_same() {
        let own = this_process();
        assert!(is_alive(&own) && is_alive(&in_a_name()));
        let (rest, _) = own.rsplit_once('/').unwrap();
        assert!(!is_alive(&format!("{rest}/1")));
        assert!(!is_alive(""));
    }

    #[test]
    fn what_another_machine_made_is_left_alone() {
        assert!(is_alive("ffffffffff/1/1"));
    }

    #[test]
    fn a_name_tells_whether_its_owner_is_gone() {
        let own = in_a_name();
        let gone = format!("{}_1", own.rsplit_once('_').unwrap().0);
        assert!(is_abandoned(&format!("thing.{gone}.x7"), "thing"));
        for name in
            [&*format!("thing.{own}.x7"), &format!("other.{gone}.x7"), "thing.x7", "thing", "thing..", "thing.a_b"]
        {
            assert!(!is_abandoned(name, "thing"), "{name}");
        }
    }
}
