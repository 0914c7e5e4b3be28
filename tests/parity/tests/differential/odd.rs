//! Folders that no list of files and contents describes: links, and names that spoil patterns.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;

use crate::case::Case;
use crate::{oracle, ours};

fn alike(folder: &Path) {
    let case = Case::default();
    oracle::quieten_panics();
    let same = ours::compare(&oracle::plan(&case, folder), &ours::plan(&case, folder));
    assert!(same.is_ok(), "{}: {}", folder.display(), same.unwrap_err());
}

fn python_in(folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("main.py"), "").unwrap();
}

#[test]
fn names_with_glob_characters() {
    let dir = tempfile::tempdir().unwrap();
    for name in
        ["a[b", "a]b", "a{b", "a}b", "a[b]c", "a{b,c}", "a*b", "a?b", "a\\b", "[!a]", "**", "with space", "né\nw"]
    {
        let folder = dir.path().join(name);
        python_in(&folder);
        alike(&folder);
        fs::write(folder.join("x.csproj"), "").unwrap();
        alike(&folder);
        fs::remove_file(folder.join("x.csproj")).unwrap();
        fs::write(folder.join("x.ts"), b"\xff").unwrap();
        alike(&folder);
    }
}

#[test]
fn links_of_every_kind() {
    let outside = tempfile::tempdir().unwrap();
    let postgres = outside.path().join("real.py");
    fs::write(&postgres, "django.db.backends.postgresql").unwrap();
    fs::write(outside.path().join("bad.py"), b"\xff").unwrap();
    for (name, target) in [
        ("linked.py", postgres.as_path()),
        ("bad.py", &outside.path().join("bad.py")),
        ("broken.py", Path::new("nowhere")),
        ("loop.py", Path::new("loop.py")),
        ("folder", outside.path()),
        ("requirements.txt", &postgres),
        ("runtime.txt", Path::new("/dev/null")),
        ("Procfile", Path::new("loop.py")),
    ] {
        let dir = tempfile::tempdir().unwrap();
        python_in(dir.path());
        symlink(target, dir.path().join(name)).unwrap();
        alike(dir.path());
    }
}

#[test]
fn folders_where_files_are_expected() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["main.py", "requirements.txt", "Procfile", ".python-version", "nixpacks.toml", "a.py", "manage.py"] {
        fs::create_dir(dir.path().join(name)).unwrap();
        alike(dir.path());
    }
    fs::write(dir.path().join("Pipfile"), "django").unwrap();
    alike(dir.path());
}

#[test]
fn the_only_folder_is_a_link_or_has_no_name_in_text() {
    let outside = tempfile::tempdir().unwrap();
    python_in(outside.path());
    let dir = tempfile::tempdir().unwrap();
    symlink(outside.path(), dir.path().join("app")).unwrap();
    alike(dir.path());

    let dir = tempfile::tempdir().unwrap();
    python_in(&dir.path().join(OsStr::from_bytes(b"\xff")));
    alike(dir.path());
}

#[test]
fn files_with_a_byte_order_mark() {
    for (name, text) in [
        ("nixpacks.toml", "\u{feff}[start]\ncmd = 'x'\n"),
        ("nixpacks.json", "\u{feff}{}"),
        ("Procfile", "\u{feff}web: x\n"),
        (".python-version", "\u{feff}3.9"),
        ("requirements.txt", "\u{feff}psycopg2"),
        (".tool-versions", "\u{feff}python 3"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        python_in(dir.path());
        fs::write(dir.path().join(name), text).unwrap();
        alike(dir.path());
    }
}
