//! What a patch does to the files of a project.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::Patch;
use crate::diagnose::Edit;

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

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(dir.path().join(name), content).unwrap();
    }
    dir
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
