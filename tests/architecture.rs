//! The house rules that no compiler checks.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

/// Each room may import those before it, never those after it.
const ORDER: &[&str] = &[
    "fs", "secret", "catalog", "log", "project", "finding", "plan", "platform", "builder", "check", "sandbox", "run",
    "diagnose", "fix", "rehearse", "report", "scenario", "cli",
];

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            found.push(path);
        }
    }
    found
}

fn sources() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let named = |path: PathBuf| {
        let name = path.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).unwrap())
    };
    rust_files(&src).into_iter().map(named).collect()
}

fn rank(room: &str) -> Option<usize> {
    ORDER.iter().position(|known| *known == room)
}

/// The rooms that a text imports through `crate::room` or `crate::{room, ..}`.
fn rooms_used(text: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut used = Vec::new();
    for rest in text.split("crate::").skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => {
                let group = group.split(';').next().unwrap();
                used.extend(group.split([',', '{', '}']).map(|part| word(part.trim())).filter(|word| !word.is_empty()));
            }
            None => used.push(word(rest)),
        }
    }
    used
}

#[test]
fn imports_point_one_way() {
    let mut faults = Vec::new();
    for (name, text) in sources() {
        let Some(own) = rank(name.split(['/', '.']).next().unwrap()) else { continue };
        for used in rooms_used(&text) {
            if rank(&used).is_some_and(|used| used > own) {
                faults.push(format!("{name} imports {used}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_import_rule_sees_grouped_imports() {
    assert_eq!(rooms_used("use crate::{cli, plan::Plan};\nuse crate::fs::read;"), ["cli", "plan", "fs"]);
}

#[test]
fn no_file_outgrows_one_idea() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(name, text)| (name, text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).count()))
        .filter(|(_, lines)| *lines > 400)
        .collect();
    assert!(long.is_empty(), "files above 400 lines: {long:?}");
}

/// Statuses of a run that share a word with a rule.
const OTHER_WORDS: &[(&str, &str)] = &[("out-of-memory", "report/words.rs")];

#[test]
fn the_id_of_a_rule_is_written_once_and_constants_name_it_elsewhere() {
    let code: Vec<(String, String)> = sources()
        .into_iter()
        .filter(|(name, _)| !name.contains("/tests") && !name.ends_with("_tests.rs"))
        .map(|(name, text)| {
            let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
            let code = lines.filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
            (name, code)
        })
        .collect();
    let mut faults = Vec::new();
    for id in shakedown::diagnose::ids() {
        let quoted = format!("\"{id}\"");
        let places: Vec<&str> = code
            .iter()
            .filter(|(name, _)| !OTHER_WORDS.contains(&(id, name)))
            .flat_map(|(name, text)| text.matches(&quoted).map(move |_| name.as_str()))
            .collect();
        if places.len() != 1 {
            faults.push(format!("{id}: {places:?}"));
        }
    }
    assert!(faults.is_empty(), "name the rule or check by its constant:\n{}", faults.join("\n"));
}

#[test]
fn the_guide_and_the_library_list_the_rooms_in_this_order() {
    let text = |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap();
    let library = text("src/lib.rs");
    let declared: Vec<&str> =
        library.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(declared, ORDER);
    let guide = text("ARCHITECTURE.md");
    let line = guide.lines().find(|line| line.starts_with("`fs, secret <")).unwrap();
    let listed: Vec<&str> = line.trim_matches('`').split(" < ").flat_map(|rooms| rooms.split(", ")).collect();
    assert_eq!(listed, ORDER);
}
