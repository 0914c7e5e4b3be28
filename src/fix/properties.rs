//! What holds for every file and every edit.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::edit;
use crate::finding::Edit;

const NAMES: [&str; 5] = ["a", "b", "install", "x y", "é.z"];

fn key() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop::sample::select(&NAMES[..]).prop_map(str::to_owned), 1..4)
}

fn any_edit(path: &'static str) -> impl Strategy<Value = Edit> {
    let value =
        prop_oneof![Just(json!("v")), Just(json!(["v", 1])), Just(json!({"m": {"n": true}})), Just(json!(null))];
    let item = prop::sample::select(vec!["v", "w", "\"q\"", "...", "é"]).prop_map(str::to_owned);
    prop_oneof![
        key().prop_map(move |key| Edit::RemoveKey { path: path.into(), key }),
        (key(), value).prop_map(move |(key, value)| Edit::SetKey { path: path.into(), key, value }),
        (key(), item.clone()).prop_map(move |(key, item)| Edit::RemoveItem { path: path.into(), key, item }),
        (key(), item, any::<bool>()).prop_map(move |(key, item, first)| Edit::AddItem {
            path: path.into(),
            key,
            item,
            first
        }),
    ]
}

fn list() -> impl Strategy<Value = String> {
    let item = prop::sample::select(vec!["'v'", "\"w\"", "'\"q\"'", "1", "{ v = 'v' }", "['v']"]);
    let gap = prop::sample::select(vec!["", " ", "\n  ", "\n  # 'v', ]\n  ", "\r\n"]);
    let parts = prop::collection::vec((gap.clone(), item, gap.clone()), 0..5);
    (parts, any::<bool>(), gap).prop_map(|(parts, trailing, last)| {
        let items: Vec<String> = parts.iter().map(|(before, item, after)| format!("{before}{item}{after}")).collect();
        let comma = if trailing && !items.is_empty() { "," } else { "" };
        format!("[{}{comma}{last}]", items.join(","))
    })
}

/// TOML files as people leave them; some are not valid.
fn toml() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b", "install", "'x y'", "\"é.z\"", "a.b", "a.install.b"]);
    let value = prop_oneof![
        list(),
        Just("'v'".to_owned()),
        Just("{ a = 'v', b = ['v'] }".to_owned()),
        Just("\"\"\"\n[a]\n# no \"\"\"".to_owned()),
        Just("{ b.install = 1 }".to_owned()),
    ];
    let line = prop_oneof![
        3 => (name.clone(), value).prop_map(|(name, value)| format!("{name} = {value}")),
        2 => name.clone().prop_map(|name| format!("[{name}]")),
        1 => name.prop_map(|name| format!("[[{name}]]")),
        1 => Just("# about it".to_owned()),
        1 => Just(String::new()),
    ];
    let end = prop::sample::select(vec!["\n", "\r\n", " # why\n", "\n\n"]);
    (prop::collection::vec((line, end), 0..9), any::<bool>(), any::<bool>()).prop_map(|(lines, bom, open)| {
        let text: String = lines.iter().map(|(line, end)| format!("{line}{end}")).collect();
        format!("{}{}", if bom { "\u{feff}" } else { "" }, if open { text.trim_end() } else { &text })
    })
}

fn json_file() -> impl Strategy<Value = String> {
    let leaf =
        prop_oneof![Just(json!("v")), Just(json!(1.5)), Just(json!(["v", "w", "v"])), Just(json!([])), Just(json!({}))];
    let tree = leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop::sample::select(&NAMES[..]).prop_map(str::to_owned);
        prop::collection::btree_map(name, inner, 0..4).prop_map(|members| json!(members))
    });
    (tree, 0..3u8).prop_map(|(tree, style)| match style {
        0 => tree.to_string(),
        1 => serde_json::to_string_pretty(&tree).unwrap_or_default(),
        _ => serde_json::to_string_pretty(&tree).unwrap_or_default().replace('\n', "\r\n") + "\r\n",
    })
}

/// The lines of `text` that are not in `other`, in any order.
fn lost<'a>(text: &'a str, other: &str) -> Vec<&'a str> {
    let text = text.trim_start_matches('\u{feff}');
    let mut left: Vec<&str> = other.trim_start_matches('\u{feff}').split_inclusive('\n').collect();
    let mut is_lost = |line: &&str| match left.iter().position(|found| found == line) {
        Some(index) => {
            left.swap_remove(index);
            false
        }
        None => true,
    };
    text.split_inclusive('\n').filter(|line| is_lost(line)).collect()
}

fn parsed(path: &str, text: &str) -> Option<Value> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if path.ends_with("json") { serde_json::from_str(text).ok() } else { toml_edit::de::from_str(text).ok() }
}

fn check(path: &str, before: &str, edit: &Edit) -> Result<(), TestCaseError> {
    let Ok(Some(after)) = edit::change(edit, Some(before.as_bytes())) else { return Ok(()) };
    let after = String::from_utf8(after).unwrap_or_default();
    prop_assert!(parsed(path, &after).is_some(), "{after}");
    prop_assert_eq!(before.starts_with('\u{feff}'), after.starts_with('\u{feff}'));
    if !before.contains('\r') {
        prop_assert!(!after.contains('\r'));
    }
    match edit {
        // Making room for something never takes a line away, but for the one it is joined to.
        Edit::AddItem { .. } => prop_assert!(lost(before, &after).len() <= 1, "{before}\n->\n{after}"),
        Edit::RemoveItem { .. } if path.ends_with("toml") => {
            prop_assert!(lost(&after, before).len() <= 5, "{before}\n->\n{after}");
        }
        // What only removes tables leaves nothing but lines that were there.
        Edit::RemoveKey { .. } if !before.contains('{') => {
            prop_assert!(lost(&after, before).is_empty(), "{before}\n->\n{after}");
        }
        _ => {}
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn toml_stays_toml_and_untouched_lines_stay(before in toml(), edit in any_edit("x.toml")) {
        check("x.toml", &before, &edit)?;
    }

    #[test]
    fn json_stays_json(before in json_file(), edit in any_edit("x.json")) {
        check("x.json", &before, &edit)?;
    }

    #[test]
    fn what_can_be_done_to_a_valid_file_is_done(before in toml(), key in key()) {
        let path = Path::new("x.toml");
        let Some(values) = parsed("x.toml", &before) else { return Ok(()) };
        let is_there = |values: &Value| key.iter().try_fold(values, |at, part| at.as_object()?.get(part)).is_some();
        let edit = Edit::RemoveKey { path: path.into(), key: key.clone() };
        let after = edit::change(&edit, Some(before.as_bytes())).map_err(TestCaseError::fail)?.unwrap_or_default();
        prop_assert_eq!(is_there(&values), after != before.as_bytes());
        let after = parsed("x.toml", &String::from_utf8_lossy(&after));
        prop_assert!(after.is_some_and(|values| !is_there(&values)));
    }

    #[test]
    fn no_bytes_are_too_strange(before in prop::collection::vec(any::<u8>(), 0..64), edit in any_edit("x.toml"), line in 0..4usize) {
        let _ = edit::change(&edit, Some(&before));
        let text = String::from_utf8_lossy(&before);
        let was = text.split_inclusive('\n').nth(line.saturating_sub(1)).unwrap_or_default().trim_end().to_owned();
        let edit = Edit::ReplaceLine { path: "r.txt".into(), line, was, text: "n".into() };
        let _ = edit::change(&edit, Some(&before));
    }

    #[test]
    fn no_text_is_too_strange(before in "[\\[\\]{}=,.'\"#a\\\\\\n\\r ]{0,40}", toml in any_edit("x.toml"), json in any_edit("x.json")) {
        check("x.toml", &before, &toml)?;
        check("x.json", &before, &json)?;
    }
}

fn edits(path: &str) -> [Edit; 2] {
    let remove_key = Edit::RemoveKey { path: path.into(), key: vec!["a".into()] };
    [remove_key, Edit::RemoveItem { path: path.into(), key: vec!["k".into()], item: "v".into() }]
}

#[test]
fn files_made_to_exhaust_the_reader_do_not() {
    let deep = 30_000;
    let toml = [
        format!("a = {}", "[".repeat(deep)),
        format!("a = {}{}", "[".repeat(deep), "]".repeat(deep)),
        format!("a = {}", "{ a = ".repeat(deep)),
        format!("{}a = 1\n", "a.".repeat(deep)),
        format!("[{}a]\n", "a.".repeat(deep)),
        format!("k = [{}]\n", "'v', ".repeat(deep)),
        "[[t]]\n".repeat(deep),
    ];
    let json = [format!("{{\"a\":{}", "[".repeat(deep)), format!("{{\"k\":[{}\"v\"]}}", "\"v\",".repeat(deep))];
    for (name, before) in toml.iter().map(|text| ("x.toml", text)).chain(json.iter().map(|text| ("x.json", text))) {
        for edit in edits(name) {
            let changed = edit::change(&edit, Some(before.as_bytes()));
            assert!(changed.is_err() || changed.as_ref().is_ok_and(|text| text.as_deref() == Some(before.as_bytes())));
        }
    }
}
