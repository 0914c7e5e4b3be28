//! What the process that holds a run sees to: how much the others of its PID namespace use together.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::sandbox::quotas::LEAST_FREE;
use crate::sandbox::{Quotas, disk};

/// Looks, as the first process of the run's namespace, at what all others use, and ends them when it is too much. Arguments from the
/// third on: pages of memory (0 for any number), processes, bytes of disk, bytes that must stay free (0 for none), the run's folder,
/// and the bytes that are free there.
pub(super) const BEFORE: &str = r#"
memory=$3 processes=$4 disk=$5 least=$6 folder=$7 before=$8 turn=0
free() { local blocks size; read -r blocks size < <(stat -f -c '%a %S' -- "$folder"); left=$((blocks * size)); }
((before < 2 * least)) && least=0
"#;
/// What is said has a moment to be heard before the processes end, whose end would else be told as the project's own.
/// A layer that is mounted counts as if the run had written it; what is written over it is seen twice, so its own folder is left out.
pub(super) const WATCH: &str = r#"
while :; do
  read -r -t 0.2 _; [ $? -gt 128 ] || exit 0
  used=0 count=0 over=
  for file in /proc/[1-9]*/statm; do
    { read -r _ resident shared _ < "$file"; } 2> /dev/null && used=$((used + resident - shared)) count=$((count + 1))
  done
  ((count > processes)) && over=processes
  ((memory > 0 && used > memory)) && over=memory
  if ((++turn % 10 == 0)); then
    free
    ((left < least)) && over=full
    ((before - left > disk || turn % 50 == 0)) && read -r kib _ < <(du -sk --exclude="$folder/written-*" -- "$folder") && ((kib * 1024 > disk)) && over=disk
  fi
  [ -z "$over" ] || { echo $over; read -r -t 0.1 _; kill -KILL -1; }
done"#;

/// What a run may use.
#[derive(Debug, Clone, Default)]
pub(in crate::sandbox) struct Watched {
    /// In bytes; absent where a control group sees to it.
    pub(in crate::sandbox) memory: Option<u64>,
    pub(in crate::sandbox) quotas: Quotas,
    /// The run's own; empty for none.
    pub(in crate::sandbox) folder: PathBuf,
}

/// What a run used too much of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Excess {
    Memory,
    Processes,
    /// The run has written too much.
    Disk,
    /// Hardly anything is left of the disk, whoever wrote it.
    FullDisk,
}

impl Watched {
    pub(super) fn arguments(&self) -> [OsString; 6] {
        let page = u64::try_from(rustix::param::page_size()).unwrap_or(4096);
        let pages = self.memory.map_or(0, |bytes| (bytes / page).max(1));
        let (least, folder) = match self.folder.as_os_str().is_empty() {
            true => (0, "/".into()),
            false => (LEAST_FREE, self.folder.clone().into_os_string()),
        };
        let Quotas { processes, disk: most } = self.quotas;
        let free = disk::free(Path::new(&folder)).unwrap_or(0);
        [
            pages.to_string().into(),
            processes.to_string().into(),
            most.to_string().into(),
            least.to_string().into(),
            folder,
            free.to_string().into(),
        ]
    }
}

impl Excess {
    /// Reads what the holder has said.
    pub(super) fn parse(heard: &str) -> Option<Self> {
        match heard.lines().next()? {
            "memory" => Some(Self::Memory),
            "processes" => Some(Self::Processes),
            "disk" => Some(Self::Disk),
            "full" => Some(Self::FullDisk),
            _ => None,
        }
    }
}
