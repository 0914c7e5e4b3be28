//! What a patch does to the files of a project.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::Patch;
use crate::finding::Edit;
use crate::folder::folder;

fn strings(key: &[&str]) -> Vec<String> {
    key.iter().map(|&part| part.to_owned()).collect()
}

fn remove_key(path: &str, key: &[&str]) -> Edit {
    Edit::RemoveKey { path: path.into(), key: strings(key) }
}

fn set_key(path: &str, key: &[&str], value: Value) -> Edit {
    Edit::SetKey { path: path.into(), key: strings(key), value }
}

fn remove_item(path: &str, key: &[&str], item: &str) -> Edit {
    Edit::RemoveItem { path: path.into(), key: strings(key), item: item.to_owned() }
}

fn add_item(path: &str, key: &[&str], item: &str, first: bool) -> Edit {
    Edit::AddItem { path: path.into(), key: strings(key), item: item.to_owned(), first }
}

fn append(path: &str, text: &str) -> Edit {
    Edit::AppendLine { path: path.into(), text: text.to_owned() }
}

fn patch(root: &Path, edits: &[Edit]) -> Patch {
    let mut patch = Patch::new(root).unwrap();
    patch.add(edits).unwrap();
    patch
}

fn edited(name: &str, before: &str, edit: Edit) -> String {
    let dir = folder(&[(name, before)]);
    patch(dir.path(), &[edit]).apply().unwrap();
    fs::read_to_string(dir.path().join(name)).unwrap()
}

fn refused(name: &str, before: &str, edit: Edit) -> String {
    let dir = folder(&[(name, before)]);
    let mut patch = Patch::new(dir.path()).unwrap();
    patch.add(&[edit]).unwrap_err().to_string()
}

const BOT: &str = "\
# how the bot is deployed
[phases.setup]
nixPkgs = [\"...\", \"python311Packages.pip\"] # pip is needed

# install by hand
[phases.install]
cmds = [\"pip install -r requirements.txt\"]

[start]
cmd = \"python bot.py\"
";

#[test]
fn a_bot_with_an_install_phase_of_its_own_is_cured_by_deleting() {
    let dir = folder(&[("nixpacks.toml", BOT)]);
    let edits = [
        remove_key("nixpacks.toml", &["phases", "install"]),
        remove_item("nixpacks.toml", &["phases", "setup", "nixPkgs"], "python311Packages.pip"),
    ];
    let expected = "\
diff --git a/nixpacks.toml b/nixpacks.toml
--- a/nixpacks.toml
+++ b/nixpacks.toml
@@ -1,10 +1,6 @@
 # how the bot is deployed
 [phases.setup]
-nixPkgs = [\"...\", \"python311Packages.pip\"] # pip is needed
-
-# install by hand
-[phases.install]
-cmds = [\"pip install -r requirements.txt\"]
+nixPkgs = [\"...\"] # pip is needed
 
 [start]
 cmd = \"python bot.py\"
";
    assert_eq!(patch(dir.path(), &edits).diff(), expected);
}

#[test]
fn a_removed_table_takes_its_own_comments_and_sub_tables_along() {
    let before =
        "[a]\nx = 1\n\n# about b\n[b]\ny = 1\n# tail of b\n[b.c]\nz = 1\n# last of b\n\n# about d\n[d]\nw = 1\n";
    let after = "[a]\nx = 1\n\n# about d\n[d]\nw = 1\n";
    assert_eq!(edited("x.toml", before, remove_key("x.toml", &["b"])), after);
}

#[test]
fn a_comment_that_leads_over_to_the_next_table_stays() {
    let before = "[b]\ny = 1\n# about d\n[d]\nw = 1\n";
    assert_eq!(edited("x.toml", before, remove_key("x.toml", &["b"])), "# about d\n[d]\nw = 1\n");
}

#[test]
fn a_table_left_empty_goes_with_its_last_key() {
    let before = "[phases]\n[phases.install]\ncmds = []\n\n[start]\ncmd = 'x'\n";
    assert_eq!(edited("x.toml", before, remove_key("x.toml", &["phases", "install", "cmds"])), "[start]\ncmd = 'x'\n");
    let before = "{\n  \"phases\": {\n    \"install\": {\n      \"cmds\": []\n    }\n  },\n  \"start\": {}\n}\n";
    let after = "{\n  \"start\": {}\n}\n";
    assert_eq!(edited("x.json", before, remove_key("x.json", &["phases", "install", "cmds"])), after);
}

#[test]
fn a_comment_above_several_keys_outlives_the_first() {
    let before = "# both\na = 1\nb = 2\n";
    assert_eq!(edited("x.toml", before, remove_key("x.toml", &["a"])), "# both\nb = 2\n");
    let before = "# only a\na = 1 # one\n\nb = 2\n";
    assert_eq!(edited("x.toml", before, remove_key("x.toml", &["a"])), "b = 2\n");
}

#[test]
fn keys_are_found_however_they_are_written() {
    let key = &["phases", "install", "cmds"];
    for before in [
        "a = 1\nphases.install.cmds = ['x']\n",
        "a = 1\nphases = { install = { cmds = ['x'] } }\n",
        "a = 1\n[phases]\ninstall.cmds = ['x']\n",
        "a = 1\n[phases]\n\"install\" = { 'cmds' = ['x'] }\n",
        "a = 1\n[ phases . 'install' ]\ncmds = [\n'x' ]\n",
    ] {
        assert_eq!(edited("x.toml", before, remove_key("x.toml", key)), "a = 1\n", "{before}");
        assert!(edited("x.toml", before, remove_item("x.toml", key, "x")).contains("[]"), "{before}");
        assert!(edited("x.toml", before, set_key("x.toml", key, json!(["y"]))).contains("[\"y\"]"), "{before}");
    }
}

#[test]
fn items_leave_the_layout_of_their_list_alone() {
    let cases = [
        ("k = ['a', 'b', 'c']\n", "b", "k = ['a', 'c']\n"),
        ("k = ['a', 'b', 'c']\n", "c", "k = ['a', 'b']\n"),
        ("k = [ 'a' , 'b' ]\n", "a", "k = [ 'b' ]\n"),
        ("k = [ 'a' ] # why\n", "a", "k = [] # why\n"),
        ("k = [\n  'a', # first\n  'b', # second\n]\n", "b", "k = [\n  'a', # first\n]\n"),
        ("k = [\n  'a', # first\n  'b' # second\n]\n", "b", "k = [\n  'a', # first\n]\n"),
        ("k = [\n  'a',\n  # why b\n  'b',\n  # why c\n  'c',\n]\n", "b", "k = [\n  'a',\n  # why c\n  'c',\n]\n"),
        ("k = [\n  # both\n  'a',\n  'b',\n]\n", "a", "k = [\n  # both\n  'b',\n]\n"),
        ("k = [\n  'a'\n, 'b'\n, 'c'\n]\n", "b", "k = [\n  'a'\n, 'c'\n]\n"),
        ("k = ['a', 'b', 'a']\n", "a", "k = ['b']\n"),
        ("k = [\"\"\"a\"\"\", 'b,]']\n", "b,]", "k = [\"\"\"a\"\"\"]\n"),
        ("k = [\r\n  'a',\r\n  'b',\r\n]\r\n", "a", "k = [\r\n  'b',\r\n]\r\n"),
    ];
    for (before, item, after) in cases {
        assert_eq!(edited("x.toml", before, remove_item("x.toml", &["k"], item)), after, "{before}");
    }
}

#[test]
fn lists_in_json_never_end_with_a_comma() {
    let cases = [
        ("{\"k\": [\"a\", \"b\"]}", "b", "{\"k\": [\"a\"]}"),
        ("{\"k\": [\n  \"a\",\n  \"b\"\n]}", "b", "{\"k\": [\n  \"a\"\n]}"),
        ("{\"k\": [\r\n\t\"a\",\r\n\t\"b\"\r\n]}", "a", "{\"k\": [\r\n\t\"b\"\r\n]}"),
        ("{\"k\": [\n  \"a\"\n]}", "a", "{\"k\": []}"),
        ("{\"k\": [\"\\u0061\", \"b\"]}", "a", "{\"k\": [\"b\"]}"),
    ];
    for (before, item, after) in cases {
        assert_eq!(edited("x.json", before, remove_item("x.json", &["k"], item)), after, "{before}");
    }
}

#[test]
fn items_are_added_in_the_layout_that_is_there() {
    let cases = [
        ("k = ['a']\n", true, "k = [\"n\", 'a']\n"),
        ("k = ['a']\n", false, "k = ['a', \"n\"]\n"),
        ("k = []\n", false, "k = [\"n\"]\n"),
        ("k = [\n  'a', # why\n]\n", false, "k = [\n  'a', # why\n  \"n\",\n]\n"),
        ("k = [\n  'a' # why\n]\n", false, "k = [\n  'a', # why\n  \"n\"\n]\n"),
        ("k = [\r\n  'a'\r\n]\r\n", false, "k = [\r\n  'a',\r\n  \"n\"\r\n]\r\n"),
        ("k = [\n  'a',\n]\n", true, "k = [\n  \"n\",\n  'a',\n]\n"),
        ("k = ['n']\n", true, "k = ['n']\n"),
        ("a = 1\n", false, "a = 1\nk = [\"n\"]\n"),
    ];
    for (before, first, after) in cases {
        assert_eq!(edited("x.toml", before, add_item("x.toml", &["k"], "n", first)), after, "{before}");
    }
}

#[test]
fn a_key_is_set_where_it_belongs() {
    let cases: [(&str, &[&str], &str); 10] = [
        ("[start]\ncmd = 'a' # why\n", &["start", "cmd"], "[start]\ncmd = \"n\" # why\n"),
        ("[start]\n# none yet\n\n[x]\ny = 1\n", &["start", "cmd"], "[start]\ncmd = \"n\"\n# none yet\n\n[x]\ny = 1\n"),
        ("[x]\r\ny = 1", &["start", "cmd"], "[x]\r\ny = 1\r\n\r\n[start]\r\ncmd = \"n\""),
        ("[x]\n  y = 1\n[z]\n", &["x", "a b"], "[x]\n  y = 1\n  \"a b\" = \"n\"\n[z]\n"),
        ("", &["start", "cmd"], "[start]\ncmd = \"n\"\n"),
        ("x = {}\n", &["x", "y", "z"], "x = { y = { z = \"n\" } }\n"),
        ("x = { a = 1 }\n", &["x", "y"], "x = { a = 1, y = \"n\" }\n"),
        ("x.a = 1\n[t]\n", &["x", "y"], "x.a = 1\nx.y = \"n\"\n[t]\n"),
        ("# about t\n[t]\n", &["k"], "k = \"n\"\n\n# about t\n[t]\n"),
        ("a = 1\n[t]\n", &["k"], "a = 1\nk = \"n\"\n[t]\n"),
    ];
    for (before, key, after) in cases {
        assert_eq!(edited("x.toml", before, set_key("x.toml", key, json!("n"))), after, "{before}");
    }
    let cases: [(&str, &[&str], &str); 4] = [
        ("{\n    \"a\": 1\n}", &["b"], "{\n    \"a\": 1,\n    \"b\": [\"n\"]\n}"),
        ("{\"a\": 1}", &["b", "c"], "{\"a\": 1, \"b\": { \"c\": [\"n\"] }}"),
        ("{\n\t\"a\": {}\n}\n", &["a", "b"], "{\n\t\"a\": {\n\t\t\"b\": [\"n\"]\n\t}\n}\n"),
        ("{\"a\": {\"b\": 0}}", &["a", "b"], "{\"a\": {\"b\": [\"n\"]}}"),
    ];
    for (before, key, after) in cases {
        assert_eq!(edited("x.json", before, set_key("x.json", key, json!(["n"]))), after, "{before}");
    }
}

#[test]
fn what_cannot_be_edited_is_refused_in_words() {
    let key = &["a", "b"];
    let cases = [
        (
            "x.toml",
            "a = 1\n",
            set_key("x.toml", key, json!(1)),
            "x.toml: `b` would be inside something that is not a table",
        ),
        ("x.toml", "a.b = 1\n", remove_item("x.toml", key, "x"), "x.toml: `a.b` is not a list"),
        (
            "x.json",
            "{\"a\": 1,}",
            set_key("x.json", key, json!(1)),
            "x.json: is not valid JSON: trailing comma at line 1 column 9",
        ),
        ("x.txt", "a", set_key("x.txt", key, json!(1)), "x.txt: is neither TOML nor JSON and has no keys to edit"),
        ("x.toml", "", set_key("x.toml", &[], json!(1)), "x.toml: the edit names no key"),
        ("x.toml", "", Edit::RemoveFile { path: "y.toml".into() }, "y.toml: is not there any more"),
    ];
    for (name, before, edit, message) in cases {
        assert_eq!(refused(name, before, edit), message);
    }
}

#[test]
fn what_is_gone_already_need_not_be_removed() {
    for before in ["", "a = 1\n", "[a]\nc = ['y']\n"] {
        assert_eq!(edited("x.toml", before, remove_key("x.toml", &["a", "b"])), before);
        assert_eq!(edited("x.toml", before, remove_item("x.toml", &["b", "c"], "x")), before);
        assert_eq!(edited("x.toml", "[a]\nc = ['y']\n", remove_item("x.toml", &["a", "c"], "x")), "[a]\nc = ['y']\n");
    }
}

#[test]
fn a_byte_order_mark_stays() {
    let after = edited("x.toml", "\u{feff}k = ['a']\r\n", remove_item("x.toml", &["k"], "a"));
    assert_eq!(after, "\u{feff}k = []\r\n");
    let line = Edit::ReplaceLine { path: "r.txt".into(), line: 1, was: "a".into(), text: "b".into() };
    assert_eq!(edited("r.txt", "\u{feff}a\r\n", line), "\u{feff}b\r\n");
}

#[test]
fn edits_by_line_do_not_move_each_other() {
    let dir = folder(&[("r.txt", "a\nb\nc\nd\n")]);
    let remove = |line, was: &str| Edit::RemoveLine { path: "r.txt".into(), line, was: was.into() };
    let replace = Edit::ReplaceLine { path: "r.txt".into(), line: 4, was: "d".into(), text: "x".into() };
    let patch = patch(dir.path(), &[remove(1, "a"), append("r.txt", "e"), remove(2, "b"), replace]);
    assert_eq!(patch.content(Path::new("r.txt")), Some(Some(&b"c\nx\ne\n"[..])));
}

#[test]
fn later_edits_build_on_earlier_ones_and_a_refused_set_adds_nothing() {
    let dir = folder(&[("r.txt", "a\nb\n")]);
    let remove = |line, was: &str| Edit::RemoveLine { path: "r.txt".into(), line, was: was.into() };
    let mut patch = patch(dir.path(), &[remove(1, "a")]);
    assert!(patch.add(&[append("r.txt", "x"), remove(2, "b")]).is_err());
    patch.add(&[remove(1, "b")]).unwrap();
    assert_eq!(patch.content(Path::new("r.txt")), Some(Some(&b""[..])));
}

#[test]
fn an_edit_that_undoes_another_leaves_no_change() {
    let dir = folder(&[("r.txt", "a\n")]);
    let replace =
        |was: &str, text: &str| Edit::ReplaceLine { path: "r.txt".into(), line: 1, was: was.into(), text: text.into() };
    let mut patch = patch(dir.path(), &[replace("a", "b")]);
    patch.add(&[replace("b", "a")]).unwrap();
    assert!(patch.is_empty());
    assert_eq!(patch.diff(), "");
}

#[test]
fn paths_that_leave_the_project_are_refused() {
    let outer = folder(&[("secret.txt", "s\n")]);
    let root = outer.path().join("project");
    fs::create_dir_all(root.join(".git")).unwrap();
    fs::write(root.join("in.txt"), "i\n").unwrap();
    let link = |target: &str, name: &str| std::os::unix::fs::symlink(target, root.join(name)).unwrap();
    link("../secret.txt", "out.txt");
    link("..", "up");
    link("../new.txt", "dangling.txt");
    link("in.txt", "alias.txt");
    let absolute = outer.path().join("secret.txt");
    let outside = [absolute.to_str().unwrap(), "../secret.txt", "x/../../secret.txt", "out.txt", "up/secret.txt"];
    for path in outside.into_iter().chain(["up/new.txt", "dangling.txt", ".git/config", ".git", "", "."]) {
        let mut patch = Patch::new(&root).unwrap();
        assert!(patch.add(&[append(path, "x")]).is_err(), "{path}");
        assert!(patch.add(&[Edit::WriteFile { path: path.into(), text: "x".into() }]).is_err(), "{path}");
        assert!(patch.add(&[Edit::RemoveFile { path: path.into() }]).is_err(), "{path}");
    }
    patch(&root, &[append("alias.txt", "x")]).apply().unwrap();
    assert!(root.join("alias.txt").is_symlink());
    assert_eq!(fs::read_to_string(root.join("in.txt")).unwrap(), "i\nx\n");
    assert_eq!(fs::read_to_string(absolute).unwrap(), "s\n");
}

#[test]
fn a_file_that_changed_since_it_was_read_is_refused() {
    let dir = folder(&[("a.txt", "a\n"), ("b.txt", "b\n")]);
    let patch = patch(dir.path(), &[append("a.txt", "x"), append("b.txt", "x"), append("c.txt", "x")]);
    fs::write(dir.path().join("b.txt"), "theirs\n").unwrap();
    assert!(patch.apply().unwrap_err().to_string().contains("b.txt changed"));
    fs::write(dir.path().join("b.txt"), "b\n").unwrap();
    fs::write(dir.path().join("c.txt"), "x\n").unwrap();
    assert!(patch.apply().unwrap_err().to_string().contains("c.txt changed"));
    assert_eq!(fs::read_to_string(dir.path().join("a.txt")).unwrap(), "a\n");
}

#[test]
fn utf16_becomes_utf8_as_a_whole() {
    let dir = folder(&[]);
    fs::write(dir.path().join("r.txt"), b"\xff\xfea\0\n\0").unwrap();
    let mut patch = Patch::new(dir.path()).unwrap();
    assert_eq!(patch.add(&[append("r.txt", "b")]).unwrap_err().why, "is not UTF-8: write it as UTF-8 first");
    patch.add(&[Edit::WriteFile { path: "r.txt".into(), text: "a\n".into() }, append("r.txt", "b")]).unwrap();
    assert!(patch.diff().contains("Binary files a/r.txt and b/r.txt differ"));
    patch.apply().unwrap();
    assert_eq!(fs::read_to_string(dir.path().join("r.txt")).unwrap(), "a\nb\n");
}

#[test]
fn git_takes_the_diff() {
    if Command::new("git").arg("--version").output().is_err() {
        eprintln!("skipped: git_takes_the_diff: no git");
        return;
    }
    let dir = folder(&[("a.txt", "a\r\nb\rc\nd"), ("gone \"x\".txt", "x\n"), ("nixpacks.toml", BOT)]);
    let edits = [
        append("a.txt", "e"),
        append("new.txt", "n"),
        Edit::WriteFile { path: "empty.txt".into(), text: String::new() },
        Edit::RemoveFile { path: "gone \"x\".txt".into() },
        remove_key("nixpacks.toml", &["start"]),
    ];
    let patch = patch(dir.path(), &edits);
    let copy = tempfile::tempdir().unwrap();
    for file in fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    let diff = tempfile::NamedTempFile::new().unwrap();
    fs::write(diff.path(), patch.diff()).unwrap();
    let git = Command::new("git").arg("apply").arg(diff.path()).current_dir(copy.path()).output().unwrap();
    assert!(git.status.success(), "{}\n{}", String::from_utf8_lossy(&git.stderr), patch.diff());
    patch.apply().unwrap();
    let names = |dir: &Path| -> Vec<PathBuf> {
        let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into()).collect();
        names.sort();
        names
    };
    assert_eq!(names(dir.path()), names(copy.path()));
    for name in names(dir.path()) {
        assert_eq!(fs::read(dir.path().join(&name)).unwrap(), fs::read(copy.path().join(&name)).unwrap(), "{name:?}");
    }
}

#[test]
fn a_copy_is_changed_as_the_project_would_be() {
    let dir = folder(&[("a.txt", "a\n"), ("b.txt", "b\n")]);
    let patch = patch(dir.path(), &[append("a.txt", "x"), Edit::RemoveFile { path: "b.txt".into() }]);
    let copy = folder(&[("a.txt", "a\n"), ("b.txt", "b\n")]);
    patch.write_to(copy.path()).unwrap();
    assert_eq!(fs::read_to_string(copy.path().join("a.txt")).unwrap(), "a\nx\n");
    assert!(!copy.path().join("b.txt").exists());
    assert!(dir.path().join("b.txt").exists());
}
