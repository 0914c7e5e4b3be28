//! How a container is: what the kernel did to its processes, and the free space of its disk.

/// Says, by either version of control groups, how often a process was killed for memory and how often one was refused; then the free
/// blocks of the container's disk, for which it wants a process itself.
pub(super) const SCRIPT: &str = r"
for file in /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control; do
  [ -r $file ] && while read -r key value _; do [ $key = oom_kill ] && echo killed $value; done < $file
done
for file in /sys/fs/cgroup/pids.events /sys/fs/cgroup/pids/pids.events; do
  [ -r $file ] && while read -r key value _; do [ $key = max ] && [ $value != 0 ] && echo refused $value && exit; done < $file
done
echo free $(stat -f -c '%a %S' / 2>/dev/null)";

/// What a container that is there says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Condition {
    /// Processes that were killed for memory.
    pub killed: u64,
    /// Processes that there was no room for.
    pub refused: u64,
    /// Free bytes of its disk.
    pub free: Option<u64>,
}

impl Condition {
    /// Reads what [`SCRIPT`] printed.
    pub(super) fn read(told: &str) -> Self {
        let field = |name: &str| told.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let count = |name: &str| field(name).and_then(|count| count.parse().ok()).unwrap_or(0);
        Self { killed: count("killed "), refused: count("refused "), free: field("free ").and_then(free_bytes) }
    }
}

/// Reads free blocks and their size, as `stat -f -c '%a %S'` prints them.
pub(super) fn free_bytes(text: &str) -> Option<u64> {
    let (blocks, size) = text.trim().split_once(' ')?;
    blocks.parse::<u64>().ok()?.checked_mul(size.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_read_and_what_is_not_said_is_none() {
        assert_eq!(
            Condition::read("killed 2\nfree 10 4096\n"),
            Condition { killed: 2, refused: 0, free: Some(40_960) }
        );
        assert_eq!(Condition::read("killed 0\nrefused 7\n"), Condition { refused: 7, ..Condition::default() });
        assert_eq!(Condition::read("free \n"), Condition::default());
    }
}
