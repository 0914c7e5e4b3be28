//! What the guides for contributors name is there.
#![allow(clippy::unwrap_used)]

#[path = "support/sources.rs"]
mod sources;

use std::fs;
use std::path::Path;

use sources::rust_files;

fn text(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// What stands between backticks, fenced blocks left out.
fn quoted(text: &str) -> Vec<String> {
    let prose: String = text.split("```").step_by(2).collect();
    prose.split('`').skip(1).step_by(2).map(|word| word.replace('\n', " ")).collect()
}

fn section(heading: &str) -> String {
    let guide = text("CONTRIBUTING.md");
    let rest = guide.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no section {heading}"));
    rest.split("\n## ").next().unwrap().to_owned()
}

#[test]
fn every_path_that_a_guide_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut faults = Vec::new();
    for guide in ["CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md"] {
        for word in quoted(&text(guide)) {
            let is_path = ["src/", "tests/", "scenarios/"].iter().any(|room| word.starts_with(room));
            // In names to be chosen, a word is in capitals.
            let is_pattern = word.contains([' ', '*', '…']) || word.contains("WHAT") || word.contains("NAME");
            if is_path && !is_pattern && !root.join(&word).exists() {
                faults.push(format!("{guide}: {word}"));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_field_of_a_rule_that_the_guide_names_is_one() {
    let rule = text("src/diagnose/table/rule.rs");
    let section = section("Adding a rule");
    let fields = section.split("Required: ").nth(1).unwrap().split("Where a check").next().unwrap();
    let named = quoted(fields);
    assert!(named.len() > 12, "{named:?}");
    for field in named {
        assert!(rule.contains(&format!(" {field}: ")), "a rule has no field `{field}`");
    }
}

#[test]
fn every_test_that_the_guide_runs_is_there() {
    let mut seen = 0;
    for word in ["Adding a rule", "Adding a check"].iter().flat_map(|heading| quoted(&section(heading))) {
        for name in word.split("--test ").skip(1) {
            let file = format!("tests/{}.rs", name.split_whitespace().next().unwrap());
            assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(&file).exists(), "{file}");
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn what_a_check_is_made_with_is_there() {
    let finding = text("src/check/finding.rs");
    for method in ["found", "about", "at", "help", "fix"] {
        assert!(finding.contains(&format!("fn {method}(")), "{method}");
    }
    assert!(text("src/check/mod.rs").contains("const TOPICS: "));
    assert!(text("src/diagnose/table/mod.rs").contains("pub static RULES: "));
}

#[test]
fn every_check_that_is_declared_is_listed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/check");
    let (mut seen, mut faults) = (0, Vec::new());
    for file in rust_files(&root) {
        let text = fs::read_to_string(&file).unwrap();
        let list = text.split("const CHECKS: ").nth(1).and_then(|rest| rest.split(';').next()).unwrap_or_default();
        let listed: Vec<&str> = list.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        for name in text.split("const ").filter_map(|rest| rest.split_once(": Check = ").map(|(name, _)| name)) {
            seen += 1;
            if !listed.contains(&name) {
                faults.push(format!("{}: {name}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "not in CHECKS of their file: {faults:#?}");
    assert!(seen > 100, "{seen}");
}
