//! Every pattern that the sources hold compiles: at run time one that does not would merely never match.
#![allow(clippy::unwrap_used)]

#[path = "support/sources.rs"]
mod sources;

use std::fs;
use std::path::Path;

use regex::{Regex, RegexBuilder};
use sources::rust_files;

#[test]
fn every_pattern_in_the_sources_compiles() {
    let literal = Regex::new(r##"(?s)\bPattern::(new|ascii)\(\s*r(?:#"(.*?)"#|"([^"]*)")\s*,?\s*\)"##).unwrap();
    let any = Regex::new(r##"\bPattern::(?:new|ascii)\(\s*r?#*""##).unwrap();
    let files = rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let (mut seen, mut written, mut faults) = (0, 0, Vec::new());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        written += any.find_iter(&text).count();
        for found in literal.captures_iter(&text) {
            seen += 1;
            let pattern = found.get(2).or(found.get(3)).unwrap().as_str();
            if let Err(e) = RegexBuilder::new(pattern).unicode(&found[1] == "new").build() {
                faults.push(format!("{}: {e}", file.display()));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(seen, written, "patterns that this test does not see: write them as raw strings, r\"..\" or r#\"..\"#");
    assert!(seen > 20, "{seen}");
}
