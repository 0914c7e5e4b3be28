//! Every rule has its page under `docs/rules`, and it is what `shakedown explain --format markdown` prints. `just rules` writes
//! them anew.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use shakedown::diagnose::{explain, ids};
use shakedown::report::{rule_index, rule_page};

#[test]
fn every_rule_has_its_page_and_no_page_is_left_over() {
    let page = |id: &'static str| (format!("{id}.md"), rule_page(&explain(id).unwrap()));
    let mut pages: BTreeMap<String, String> = ids().map(page).collect();
    assert!(pages.len() > 100);
    pages.insert("README.md".to_owned(), rule_index());
    let there: BTreeMap<String, String> = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules"))
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read_to_string(entry.path()).unwrap()))
        .collect();
    let names = pages.keys().chain(there.keys());
    let mut stale: Vec<&String> = names.filter(|name| pages.get(*name) != there.get(*name)).collect();
    stale.sort();
    stale.dedup();
    assert!(stale.is_empty(), "`just rules` writes the pages anew: {stale:?}");
}

#[test]
fn explain_prints_the_pages() {
    let printed = |arguments: &[&str]| {
        let explain = ["explain", "--format", "markdown"].iter().chain(arguments);
        String::from_utf8(Command::new(env!("CARGO_BIN_EXE_shakedown")).args(explain).output().unwrap().stdout).unwrap()
    };
    assert_eq!(printed(&[]), rule_index());
    assert_eq!(printed(&["externally-managed"]), rule_page(&explain("externally-managed").unwrap()));
}
