use super::*;
use crate::folder::folder_of_bytes as folder;

#[test]
fn a_missing_folder_and_a_file_are_told_apart() {
    let dir = folder(&[("main.py", b"")]);
    assert_eq!(Project::open(&dir.path().join("nowhere")).unwrap_err().what, "no such folder");
    let error = Project::open(&dir.path().join("main.py")).unwrap_err();
    assert!(error.what.starts_with("is a file"), "{error}");
}

#[test]
fn a_link_that_leads_to_itself_is_an_error() {
    let dir = folder(&[]);
    std::os::unix::fs::symlink("loop", dir.path().join("loop")).unwrap();
    let error = Project::open(&dir.path().join("loop")).unwrap_err();
    assert!(error.what.contains("Too many levels of symbolic links"), "{error}");
}

#[test]
fn text_that_is_not_utf8_names_its_line() {
    let dir = folder(&[("a.txt", b"one\r\ntwo\n\xff")]);
    let error = Project::open(dir.path()).unwrap().read_text("a.txt").unwrap_err();
    assert_eq!((error.path.as_path(), error.line), (Path::new("a.txt"), Some(3)));
}

#[test]
fn places_in_a_sub_folder_stay_relative_to_the_project() {
    let dir = folder(&[("app/main.py", b"")]);
    let inner = Project::open(dir.path()).unwrap().enter(Path::new("app")).unwrap();
    assert_eq!(inner.file("main.py"), Source::file("app/main.py"));
    assert!(inner.has_file("main.py"));
}

#[test]
fn ignored_files_are_not_found_but_hidden_ones_are() {
    let dir = folder(&[(".git/x", b""), (".gitignore", b"no.py\n"), ("no.py", b""), (".h/a.py", b""), ("b/c.py", b"")]);
    let project = Project::open(dir.path()).unwrap();
    let found = project.search().glob("/**/*.py").unwrap();
    assert_eq!(
        found.iter().map(|path| project.place(path)).collect::<Vec<_>>(),
        [Path::new(".h/a.py"), Path::new("b/c.py")]
    );
}

#[test]
fn glob_characters_in_the_folders_own_name_change_what_a_pattern_means() {
    let dir = folder(&[("a[b]/x.csproj", b""), ("c{/x.csproj", b"")]);
    let open = |name: &str| Project::open(&dir.path().join(name)).unwrap();
    assert_eq!(open("a[b]").search().glob("*.csproj").unwrap().len(), 0);
    assert!(open("c{").search().glob("*.csproj").is_err());
}

#[test]
fn keys_have_lines_in_toml() {
    let keys = KeyLines::toml("providers = [\"...\",\n  \"x\"]\n[phases.install]\ncmds = [\"a\"]\n[start]\ncmd = 'x'");
    assert_eq!(keys.line(&["providers", "1"]), Some(2));
    assert_eq!(keys.line(&["phases", "install", "cmds"]), Some(4));
    assert_eq!(keys.line(&["phases", "install", "paths"]), Some(3));
    assert_eq!(keys.line(&["nothing"]), None);
}

#[test]
fn keys_have_lines_in_json() {
    let keys = KeyLines::json("{\n \"a\\\"b\": [1,\n  {\"c\": true}],\n \"d\": \"}\"\n}");
    assert_eq!(keys.line(&["a\"b", "1", "c"]), Some(3));
    assert_eq!(keys.line(&["d"]), Some(4));
    assert_eq!(KeyLines::json("{").line(&["d"]), None);
}

#[test]
fn bytes_of_every_kind_become_text() {
    assert_eq!(decode(b"\xff\xfea\0\n\0"), Decoded { text: "a\n".to_owned(), encoding: Encoding::Utf16Le });
    assert_eq!(decode(b"\xfe\xff\0a"), Decoded { text: "a".to_owned(), encoding: Encoding::Utf16Be });
    assert_eq!(decode(b"\xef\xbb\xbfa"), Decoded { text: "a".to_owned(), encoding: Encoding::Utf8Bom });
    assert_eq!(decode(b"\xff").encoding, Encoding::Unknown);
}

#[test]
fn a_package_wins_over_a_module_of_its_name() {
    let dir = folder(&[("tides.py", b""), ("tides/__init__.py", b""), ("quay/berth.py", b"")]);
    let project = Project::open(dir.path()).unwrap();
    let found = |place: &str| project.module_at(place).map(|file| file.display().to_string());
    assert_eq!(found("tides").as_deref(), Some("tides/__init__.py"));
    assert_eq!(found("quay/berth").as_deref(), Some("quay/berth.py"));
    assert_eq!(found("quay"), None);
}
