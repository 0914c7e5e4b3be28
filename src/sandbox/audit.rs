//! Which shared libraries the extension modules of a venv need and the cloud does not have.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::{MissingLibrary, elf};
use crate::catalog::libraries;

/// A venv with more files than this is not looked at further.
const MOST_FILES: usize = 500_000;
/// More missing libraries than anybody reads of.
const MOST_MISSING: usize = 1000;
/// The most bytes of one `RECORD`, and of all of them.
const MOST_RECORD: u64 = 16 << 20;
const MOST_RECORDS: u64 = 64 << 20;

/// What glibc of every Linux provides, whatever a sandbox's directories hold.
const GLIBC: &[&str] = &[
    "ld-linux-x86-64.so.2",
    "ld-linux-aarch64.so.1",
    "libc.so.6",
    "libm.so.6",
    "libmvec.so.1",
    "libdl.so.2",
    "libpthread.so.0",
    "librt.so.1",
    "libutil.so.1",
    "libresolv.so.2",
    "libanl.so.1",
    "linux-vdso.so.1",
];

/// Follows what each extension module in `venv` needs; `provided` are the directories whose libraries the cloud has too.
///
/// Only extension modules are roots: a wheel's plugins may need libraries that nobody loads.
pub fn audit(venv: &Path, provided: &[PathBuf]) -> Result<Vec<MissingLibrary>> {
    let Some(lib) = plain_dir(venv).and_then(|venv| plain_dir(&venv.join("lib"))) else { return Ok(Vec::new()) };
    let mut own: HashMap<String, PathBuf> = HashMap::new();
    let mut roots = Vec::new();
    let mut records = Vec::new();
    for path in files_below(&lib) {
        let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { continue };
        if name == "RECORD" {
            records.push(path);
        } else if name.contains(".so") {
            if is_extension_module(&name) {
                roots.push(path.clone());
            }
            own.entry(name).or_insert(path);
        }
    }
    roots.sort();
    let known = |soname: &str| {
        GLIBC.contains(&soname)
            || soname.starts_with("libpython")
            || provided.iter().any(|dir| dir.join(soname).symlink_metadata().is_ok())
    };
    let mut missing: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut seen = HashSet::new();
    for root in roots {
        let mut todo = vec![root.clone()];
        while let Some(path) = todo.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let dynamic = elf::read(&path).unwrap_or_default();
            // What was built here against a package has the way to its libraries in itself.
            let is_linked = dynamic.runpath.iter().any(|dir| dir.starts_with("/nix/store/"));
            for soname in dynamic.needed {
                match own.get(&soname) {
                    Some(inside) => todo.push(inside.clone()),
                    None if is_linked || known(&soname) || missing.len() >= MOST_MISSING => {}
                    None => {
                        missing.entry(soname).or_insert_with(|| root.clone());
                    }
                }
            }
        }
    }
    if missing.is_empty() {
        return Ok(Vec::new());
    }
    let owners = Owners::read(&records);
    let report = |(soname, file): (String, PathBuf)| MissingLibrary {
        nix_lib: libraries::nix_lib(&soname).map(str::to_owned),
        distribution: owners.of(&file),
        needed_by: file.strip_prefix(venv).unwrap_or(&file).to_owned(),
        soname,
    };
    Ok(missing.into_iter().map(report).collect())
}

/// `name.cpython-311-x86_64-linux-gnu.so`, `name.abi3.so` or a plain `name.so` would all be imported; the last is also what
/// bundled libraries are called.
fn is_extension_module(name: &str) -> bool {
    let Some(stem) = name.strip_suffix(".so") else { return false };
    stem.rsplit_once('.').is_some_and(|(_, tag)| tag.starts_with("cpython-") || tag == "abi3")
}

fn plain_dir(path: &Path) -> Option<PathBuf> {
    path.symlink_metadata().is_ok_and(|meta| meta.is_dir()).then(|| path.to_owned())
}

/// Regular files only: an app may have left a link to anywhere.
fn files_below(dir: &Path) -> Vec<PathBuf> {
    let (mut todo, mut found) = (vec![dir.to_owned()], Vec::new());
    while let Some(dir) = todo.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => todo.push(entry.path()),
                Ok(kind) if kind.is_file() => found.push(entry.path()),
                _ => {}
            }
        }
        if found.len() > MOST_FILES {
            break;
        }
    }
    found
}

/// Which distribution installed which file, by the `RECORD` files of the venv.
struct Owners {
    texts: Vec<(String, PathBuf, String)>,
}

impl Owners {
    fn read(records: &[PathBuf]) -> Self {
        let mut left = MOST_RECORDS;
        let one = |path: &PathBuf| {
            let info = path.parent()?;
            let (name, _) = info.file_name()?.to_str()?.strip_suffix(".dist-info")?.split_once('-')?;
            // What a command wrote may be a file of holes.
            let text = crate::fs::read_text(path, MOST_RECORD.min(left)).ok()?;
            left -= text.len() as u64;
            Some((name.replace('_', "-"), info.parent()?.to_owned(), text))
        };
        Self { texts: records.iter().filter_map(one).collect() }
    }

    fn of(&self, file: &Path) -> Option<String> {
        let holds = |(_, packages, text): &&(String, PathBuf, String)| {
            let Some(inside) = file.strip_prefix(packages).ok().and_then(Path::to_str) else { return false };
            text.lines().any(|line| line.strip_prefix(inside).is_some_and(|rest| rest.starts_with(',')))
        };
        self.texts.iter().find(holds).map(|(name, ..)| name.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest ELF file with a dynamic section that needs `soname`.
    fn library(soname: &str) -> Vec<u8> {
        let names = [&b"\0"[..], soname.as_bytes(), b"\0"].concat();
        let dynamic: Vec<u8> = [(1u64, 1u64), (5, 0x1000 + 64 + 112 + 64), (10, names.len() as u64), (0, 0)]
            .iter()
            .flat_map(|(tag, value)| [tag.to_le_bytes(), value.to_le_bytes()].concat())
            .collect();
        let (dynamic_at, total) = (64 + 112, 64 + 112 + 64 + names.len());
        let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
        file.extend([3u16.to_le_bytes(), 62u16.to_le_bytes()].concat());
        file.extend(1u32.to_le_bytes());
        file.extend([0u64, 64, 0].iter().flat_map(|value| value.to_le_bytes()));
        file.extend(0u32.to_le_bytes());
        file.extend([64u16, 56, 2, 64, 0, 0].iter().flat_map(|value| value.to_le_bytes()));
        let mut segment = |kind: u32, at: u64, size: u64| {
            file.extend([kind.to_le_bytes(), 4u32.to_le_bytes()].concat());
            file.extend([at, 0x1000 + at, 0x1000 + at, size, size, 8].iter().flat_map(|value| value.to_le_bytes()));
        };
        segment(1, 0, total as u64);
        segment(2, dynamic_at, 64);
        file.extend(dynamic);
        file.extend(names);
        file
    }

    #[test]
    fn a_missing_library_is_named_with_its_wheel_and_cure() {
        let venv = tempfile::tempdir().unwrap();
        let packages = venv.path().join("lib/python3.11/site-packages");
        for dir in ["cv2", "x.libs", "opencv_python-4.10.dist-info"] {
            fs::create_dir_all(packages.join(dir)).unwrap();
        }
        fs::write(packages.join("cv2/cv2.abi3.so"), library("libinner-1.so.1")).unwrap();
        fs::write(packages.join("x.libs/libinner-1.so.1"), library("libGL.so.1")).unwrap();
        fs::write(packages.join("x.libs/libplugin.so"), library("libnobody.so.1")).unwrap();
        let record = "cv2/__init__.py,,\ncv2/cv2.abi3.so,sha256=x,1\n";
        fs::write(packages.join("opencv_python-4.10.dist-info/RECORD"), record).unwrap();
        let found = audit(venv.path(), &[]).unwrap();
        let expected = MissingLibrary {
            soname: "libGL.so.1".into(),
            needed_by: "lib/python3.11/site-packages/cv2/cv2.abi3.so".into(),
            distribution: Some("opencv-python".into()),
            nix_lib: Some("libGL".into()),
        };
        assert_eq!(found, [expected]);
        let provided = tempfile::tempdir().unwrap();
        fs::write(provided.path().join("libGL.so.1"), "").unwrap();
        assert_eq!(audit(venv.path(), &[provided.path().to_owned()]).unwrap(), []);
    }

    #[test]
    fn records_are_read_up_to_a_limit() {
        let venv = tempfile::tempdir().unwrap();
        let record = |name: &str, bytes: u64| {
            let path = venv.path().join(name).join("RECORD");
            fs::create_dir(path.parent().unwrap()).unwrap();
            fs::File::create(&path).unwrap().set_len(bytes).unwrap();
            path
        };
        let mut records = vec![record("holes-1.dist-info", 1 << 40), record("moon-1.dist-info", 5)];
        records.extend((0..9).map(|number| record(&format!("tide{number}-1.dist-info"), MOST_RECORD)));
        let texts = Owners::read(&records).texts;
        let bytes: usize = texts.iter().map(|(.., text)| text.len()).sum();
        assert!(texts[0].0 == "moon" && bytes as u64 <= MOST_RECORDS, "{bytes}");
    }

    #[test]
    fn no_venv_is_no_finding() {
        assert_eq!(audit(Path::new("/no/such/venv"), &[]).unwrap(), []);
    }
}
