//! Shared libraries as the dynamic loader sees them: what a file needs, and where this machine keeps it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use object::elf::{DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_STRTAB, FileHeader64, PN_XNUM, PT_DYNAMIC, PT_INTERP, PT_LOAD};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};
use object::{Endianness, ReadCache, ReadRef};

/// The most bytes of a dynamic section: a thousand times what any library asks for.
const MOST_DYNAMIC: u64 = 64 << 10;
/// The longest name of a loader, as the kernel has it.
const LONGEST_PATH: u64 = 4096;

/// What an ELF file asks of the loader.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dynamic {
    /// Sonames, in order.
    pub needed: Vec<String>,
    /// Directories of `DT_RUNPATH` or `DT_RPATH`, `$ORIGIN` not yet replaced.
    pub runpath: Vec<String>,
    /// The loader a program asks for.
    pub interpreter: Option<PathBuf>,
}

/// Reads `path`; `None` when it is not a 64-bit ELF file, or a damaged one.
pub fn read(path: &Path) -> Option<Dynamic> {
    let file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    let cache = ReadCache::new(file);
    let data = &cache;
    let header = FileHeader64::<Endianness>::parse(data).ok()?;
    let endian = header.endian().ok()?;
    // Their number would stand elsewhere, and may be any.
    if header.e_phnum(endian) == PN_XNUM {
        return None;
    }
    let segments = header.program_headers(endian, data).ok()?;
    let mut found = Dynamic::default();
    let mut entries = Vec::new();
    for segment in segments {
        match segment.p_type(endian) {
            PT_INTERP if found.interpreter.is_none() && segment.p_filesz(endian) <= LONGEST_PATH => {
                let raw = segment.interpreter(endian, data).ok()??;
                found.interpreter = Some(PathBuf::from(String::from_utf8_lossy(raw).into_owned()));
            }
            PT_DYNAMIC if entries.is_empty() => {
                if segment.p_filesz(endian) > MOST_DYNAMIC {
                    return None;
                }
                let dynamic = segment.dynamic(endian, data).ok()??;
                entries = dynamic.iter().map(|entry| (entry.tag(endian), entry.val(endian))).collect();
            }
            _ => {}
        }
    }
    let table = entries.iter().find(|(tag, _)| *tag == DT_STRTAB).map(|(_, value)| *value)?;
    let offset = segments.iter().filter(|segment| segment.p_type(endian) == PT_LOAD).find_map(|segment| {
        let start = segment.p_vaddr(endian);
        let inside = table.checked_sub(start).filter(|inside| *inside < segment.p_filesz(endian))?;
        segment.p_offset(endian).checked_add(inside)
    })?;
    let text = |at: u64| {
        let start = offset.checked_add(at)?;
        let end = start.checked_add(4096)?.min(length);
        let raw = data.read_bytes_at_until(start..end, 0).ok()?;
        Some(String::from_utf8_lossy(raw).into_owned())
    };
    for (tag, value) in entries {
        match tag {
            DT_NEEDED => found.needed.extend(text(value)),
            DT_RPATH | DT_RUNPATH => {
                found.runpath.extend(text(value).iter().flat_map(|path| path.split(':')).map(str::to_owned));
            }
            _ => {}
        }
    }
    Some(found)
}

/// Whether `path` starts as an ELF file does.
pub fn is_elf(path: &Path) -> bool {
    use std::io::Read;
    let mut magic = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut magic)).is_ok() && magic == *b"\x7fELF"
}

/// The host's library search: the loader's cache, then its usual directories.
#[derive(Debug, Default)]
pub struct Libraries {
    by_soname: HashMap<String, PathBuf>,
}

/// Every library that some files need, by the name the loader looks for.
#[derive(Debug, Default)]
pub struct Closure {
    /// Soname to the host's file.
    pub libraries: BTreeMap<String, PathBuf>,
    /// The loaders that the programs ask for.
    pub loaders: Vec<PathBuf>,
    /// Sonames that this machine does not have.
    pub missing: Vec<String>,
}

const USUAL_DIRS: &[&str] = &[
    "/usr/local/lib",
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib64",
    "/usr/lib64",
    "/lib",
    "/usr/lib",
];

impl Libraries {
    /// Asks `ldconfig` once in a process; a machine without it is searched directory by directory.
    pub fn of_this_machine() -> &'static Self {
        static KNOWN: OnceLock<Libraries> = OnceLock::new();
        KNOWN.get_or_init(Self::listed)
    }

    fn listed() -> Self {
        let listed = ["/sbin/ldconfig", "/usr/sbin/ldconfig", "ldconfig"]
            .iter()
            .find_map(|program| Command::new(program).arg("-p").output().ok().filter(|output| output.status.success()));
        let text = listed.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        Self { by_soname: parse_ldconfig(&text, std::env::consts::ARCH) }
    }

    /// The host's file for `soname`, as the loader would find it for `needed_by`.
    pub fn find(&self, soname: &str, needed_by: &Path, runpath: &[String]) -> Option<PathBuf> {
        if soname.contains('/') {
            return Some(PathBuf::from(soname)).filter(|path| path.exists());
        }
        let origin = needed_by.parent().unwrap_or(Path::new("/")).to_string_lossy();
        let own = runpath
            .iter()
            .map(|dir| PathBuf::from(dir.replace("${ORIGIN}", &origin).replace("$ORIGIN", &origin)).join(soname));
        own.into_iter().find(|path| path.exists()).or_else(|| self.by_name(soname))
    }

    /// The host's file for `soname` without regard to who asks.
    pub fn by_name(&self, soname: &str) -> Option<PathBuf> {
        let usual = || USUAL_DIRS.iter().map(|dir| Path::new(dir).join(soname)).find(|path| path.exists());
        self.by_soname.get(soname).filter(|path| path.exists()).cloned().or_else(usual)
    }

    /// Everything that `files` need, directly or not.
    pub fn closure(&self, files: impl IntoIterator<Item = PathBuf>) -> Closure {
        let mut found = Closure::default();
        let mut seen = HashSet::new();
        let mut todo: Vec<PathBuf> = files.into_iter().collect();
        while let Some(path) = todo.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let Some(dynamic) = read(&path) else { continue };
            if let Some(loader) = dynamic.interpreter.filter(|loader| !found.loaders.contains(loader)) {
                found.loaders.push(loader);
            }
            for soname in dynamic.needed {
                if found.libraries.contains_key(&soname) {
                    continue;
                }
                match self.find(&soname, &path, &dynamic.runpath) {
                    Some(file) => {
                        todo.push(file.clone());
                        found.libraries.insert(soname, file);
                    }
                    None if !found.missing.contains(&soname) => found.missing.push(soname),
                    None => {}
                }
            }
        }
        found
    }
}

fn parse_ldconfig(text: &str, arch: &str) -> HashMap<String, PathBuf> {
    let tag = match arch {
        "x86_64" => "x86-64",
        "aarch64" => "AArch64",
        other => other,
    };
    let mut found = HashMap::new();
    for line in text.lines() {
        let Some((name, path)) = line.split_once(" => ") else { continue };
        let Some((soname, kind)) = name.trim().split_once(" (") else { continue };
        if kind.contains(tag) {
            found.entry(soname.to_owned()).or_insert_with(|| PathBuf::from(path.trim()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_names_its_loader_and_libc() {
        let shell = std::fs::canonicalize("/bin/sh").unwrap();
        let dynamic = read(&shell).unwrap();
        assert!(dynamic.needed.iter().any(|soname| soname.starts_with("libc.so")), "{dynamic:?}");
        assert!(dynamic.interpreter.is_some());
        let closure = Libraries::of_this_machine().closure([shell]);
        assert!(closure.missing.is_empty());
        assert!(closure.libraries.values().all(|path| path.exists()));
    }

    #[test]
    fn other_bytes_are_not_elf() {
        let dir = tempfile::tempdir().unwrap();
        for (name, bytes) in
            [("empty", &b""[..]), ("magic", b"\x7fELF"), ("text", b"#!/bin/sh\n"), ("half", &[0x7f; 4000])]
        {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(read(&path), None, "{name}");
        }
    }

    #[test]
    fn what_no_library_needs_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("holes.so");
        let number = |value: u64| value.to_le_bytes();
        let with = |count: u16, kind: u32, size: u64| {
            let mut bytes = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0".to_vec();
            bytes.extend([number(0), number(64), number(0x4000)].concat());
            bytes.extend([[0, 0], [0, 0], [64, 0], [56, 0], count.to_le_bytes(), [64, 0], [1, 0], [0, 0]].concat());
            bytes.extend([kind.to_le_bytes(), 4u32.to_le_bytes()].concat());
            bytes.extend([number(4096), number(4096), number(4096), number(size), number(size), number(8)].concat());
            // The first section says how many segments there are where the head cannot.
            bytes.resize(0x4000 + 44, 0);
            bytes.extend(u32::MAX.to_le_bytes());
            std::fs::write(&path, bytes).unwrap();
            File::options().write(true).open(&path).unwrap().set_len(1 << 42).unwrap();
            read(&path)
        };
        assert_eq!(with(1, 2, 1 << 41), None);
        assert_eq!(with(PN_XNUM, 2, 64), None);
        assert_eq!(with(1, 3, 1 << 41), None);
    }

    #[test]
    fn a_cut_or_scribbled_program_does_not_panic() {
        let whole = std::fs::read(std::fs::canonicalize("/bin/sh").unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cut");
        for step in 1..64 {
            std::fs::write(&path, &whole[..whole.len() * step / 64]).unwrap();
            let _ = read(&path);
            let mut scribbled = whole.clone();
            for byte in scribbled.iter_mut().skip(16 + step).step_by(61) {
                *byte = byte.wrapping_mul(31).wrapping_add(step as u8);
            }
            std::fs::write(&path, &scribbled).unwrap();
            let _ = read(&path);
        }
    }

    #[test]
    fn the_loaders_cache_is_read_for_one_architecture() {
        let text = "2 libs found in cache `/etc/ld.so.cache'\n\tlibz.so.1 (libc6,x86-64) => /lib/x/libz.so.1\n\
                    \tlibz.so.1 (libc6) => /lib/i386/libz.so.1\n\tlibz.so.1 (libc6,AArch64) => /lib/a/libz.so.1\n";
        assert_eq!(parse_ldconfig(text, "x86_64")["libz.so.1"], Path::new("/lib/x/libz.so.1"));
        assert_eq!(parse_ldconfig(text, "aarch64")["libz.so.1"], Path::new("/lib/a/libz.so.1"));
    }
}
