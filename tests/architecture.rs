//! The house rules that no compiler checks.
#![allow(clippy::unwrap_used)]

#[path = "support/imports.rs"]
mod imports;
#[path = "support/sources.rs"]
mod sources;

use std::fs;
use std::path::Path;

use imports::House;
use sources::rust_files;

/// Each room may import those before it, never those after it.
const ORDER: &[&str] = &[
    "fs", "secret", "catalog", "log", "project", "finding", "plan", "platform", "builder", "check", "sandbox", "run",
    "diagnose", "fix", "rehearse", "migrate", "report", "scenario", "cli",
];

fn sources() -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let named = |path: std::path::PathBuf| {
        let name = path.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).unwrap())
    };
    rust_files(&src).into_iter().map(named).collect()
}

fn rank(room: &str) -> Option<usize> {
    ORDER.iter().position(|known| *known == room)
}

fn house() -> House {
    House::of(&sources())
}

#[test]
fn imports_point_one_way() {
    let house = house();
    let mut faults = Vec::new();
    for (from, to) in house.arrows() {
        let room = |file: &str| rank(file.split(['/', '.']).next().unwrap());
        if room(from).zip(room(to)).is_some_and(|(own, used)| used > own) {
            faults.push(format!("{from} imports {to}"));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Files that are one thing, and several for their size alone: the rows of a table name each other.
const ONE_TABLE: &str = "diagnose/table/";
/// What the rows are made of, and what is made of them.
const NO_ROWS: &[&str] = &["mod.rs", "rule.rs", "signatures.rs"];

#[test]
fn the_files_of_a_room_form_no_circle() {
    let is_row = |file: &str| file.strip_prefix(ONE_TABLE).is_some_and(|name| !NO_ROWS.contains(&name));
    let faults: Vec<String> = house()
        .circles(|file| if is_row(file) { ONE_TABLE.to_owned() } else { file.to_owned() })
        .into_iter()
        .map(|circle| circle.join(" -> "))
        .collect();
    assert!(faults.is_empty(), "files that import each other in a circle:\n{}", faults.join("\n"));
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

/// A match is a place to which the compiler leads whoever adds a builder; a comparison is not.
#[test]
fn nobody_compares_builders() {
    const KINDS: &[&str] = &["BuilderKind::", "Planned::", "Builder::"];
    const COMPARING: &[&str] = &["== ", "!= ", "matches!(", "if let ", "let Some("];
    let names = |text: &str| KINDS.iter().any(|kind| text.contains(kind));
    let compares =
        |line: &str| COMPARING.iter().any(|word| line.split_once(word).is_some_and(|(_, compared)| names(compared)));
    let is_right_of_builders = |name: &str| rank(name.split(['/', '.']).next().unwrap()) > rank("builder");
    let mut faults = Vec::new();
    for (name, text) in sources().iter().filter(|(name, _)| is_right_of_builders(name) && !name.contains("tests")) {
        let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]")).enumerate();
        let found = lines.filter(|(_, line)| compares(line));
        faults.extend(found.map(|(at, line)| format!("{name}:{}: {}", at + 1, line.trim())));
    }
    assert!(
        faults.is_empty(),
        "match on what the builder is, or give it a word in builder/kind.rs:\n{}",
        faults.join("\n")
    );
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
