//! Which file of the library imports which, read from the sources: `use` in all its forms, paths in the code, `super`, `self`
//! and children of a module, seen through what a module only hands on (`pub use`). Tests are left out.
#![allow(clippy::unwrap_used, unreachable_pub)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use regex::Regex;

type Path = Vec<String>;

/// The files of a library and their imports.
#[derive(Debug, Default)]
pub struct House {
    /// By module path.
    files: HashMap<Path, File>,
    /// What a module hands on: its path there, and where that leads.
    handed_on: HashMap<Path, Path>,
    arrows: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Debug)]
struct File {
    name: String,
    code: String,
}

impl House {
    /// The library of these files, by their names relative to its root.
    pub fn of(sources: &[(String, String)]) -> Self {
        let mut house = Self::default();
        for (name, text) in sources {
            let is_test = name.contains("tests/") || name.ends_with("tests.rs");
            if !is_test && name != "main.rs" {
                house.files.insert(module(name), File { name: name.clone(), code: code(text) });
            }
        }
        let uses = Regex::new(r"(?s)\bpub(?:\([^)]*\))?\s+use\s+([^;]+);").unwrap();
        let mut handed_on = HashMap::new();
        for (module, file) in &house.files {
            for found in uses.captures_iter(&file.code) {
                for path in expanded(&found[1]) {
                    if let Some(target) = house.absolute(&path, module) {
                        handed_on.insert([module.as_slice(), &path[path.len() - 1..]].concat(), target);
                    }
                }
            }
        }
        house.handed_on = handed_on;
        for (module, file) in &house.files {
            let used = house.used(module, &file.code);
            house.arrows.insert(file.name.clone(), used);
        }
        house
    }

    /// Importer and imported, by name.
    pub fn arrows(&self) -> impl Iterator<Item = (&str, &str)> {
        self.arrows.iter().flat_map(|(from, all)| all.iter().map(move |to| (from.as_str(), to.as_str())))
    }

    /// Files that import each other in a circle, each as the shortest way round from its first file. `one` names what several
    /// files count as.
    pub fn circles(&self, one: impl Fn(&str) -> String) -> Vec<Vec<String>> {
        let mut next: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in self.arrows() {
            let (from, to) = (one(from), one(to));
            // The crate's root and mere declarations of modules are no arrows.
            if from != to {
                next.entry(from).or_default().insert(to);
            }
        }
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        for start in next.keys() {
            if seen.contains(start) {
                continue;
            }
            if let Some(circle) = shortest_circle(start, &next) {
                seen.extend(circle.iter().cloned());
                found.push(circle);
            }
        }
        found
    }

    /// The path from the crate's root; none for what is of other crates.
    fn absolute(&self, path: &[String], module: &[String]) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => Some(rest.to_vec()),
            "self" => Some([module, rest].concat()),
            "super" => {
                let ups = path.iter().take_while(|part| *part == "super").count();
                Some([module.get(..module.len().checked_sub(ups)?)?, &path[ups..]].concat())
            }
            _ => {
                let child = [module, std::slice::from_ref(first)].concat();
                self.files.contains_key(&child).then(|| [module, path].concat())
            }
        }
    }

    /// The file that a path from the root leads to.
    fn file(&self, path: &[String], depth: usize) -> Option<&File> {
        for length in (0..=path.len()).rev() {
            let (head, rest) = path.split_at(length);
            if let (Some(target), true) = (self.handed_on.get(head), depth < 8) {
                return self.file(&[target, rest].concat(), depth + 1);
            }
            if let Some(file) = self.files.get(head) {
                return Some(file);
            }
        }
        None
    }

    fn used(&self, module: &[String], code: &str) -> BTreeSet<String> {
        let uses = Regex::new(r"(?s)(\bpub(?:\([^)]*\))?\s+)?\buse\s+([^;]+);").unwrap();
        let paths = Regex::new(r"\b[a-z_][a-z0-9_]*(?:::[A-Za-z_][A-Za-z0-9_]*)+").unwrap();
        let mut all: Vec<Path> = Vec::new();
        let mut local: HashMap<String, Path> = HashMap::new();
        for found in uses.captures_iter(code) {
            for mut path in expanded(&found[2]) {
                if path.last().is_some_and(|last| last == "self") {
                    path.pop();
                }
                if let (Some(target), Some(name)) = (self.absolute(&path, module), path.last()) {
                    local.insert(name.clone(), target);
                }
                // What is only handed on is no import of its own.
                if found.get(1).is_none() {
                    all.push(path);
                }
            }
        }
        let body = uses.replace_all(code, "");
        for found in paths.find_iter(&body) {
            let is_tail = body[..found.start()].ends_with("::");
            let path: Path = found.as_str().split("::").map(str::to_owned).collect();
            if is_tail {
                continue;
            }
            match local.get(&path[0]) {
                Some(target) => {
                    let whole = [&["crate".to_owned()], target.as_slice(), &path[1..]].concat();
                    all.push(whole);
                }
                None => all.push(path),
            }
        }
        let targets = all.iter().filter_map(|path| self.absolute(path, module));
        let files = targets.filter_map(|path| self.file(&path, 0));
        let root = self.files.get(module).map(|file| file.name.clone());
        files.map(|file| file.name.clone()).filter(|name| Some(name) != root.as_ref() && name != "lib.rs").collect()
    }
}

/// The shortest way from a file back to itself.
fn shortest_circle(start: &str, next: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut before: BTreeMap<&str, &str> = BTreeMap::new();
    let mut layer = vec![start];
    while !layer.is_empty() {
        let mut further = Vec::new();
        for file in layer {
            for to in next.get(file).into_iter().flatten() {
                if to == start {
                    let mut way = vec![start.to_owned(), file.to_owned()];
                    let mut at = file;
                    while let Some(from) = before.get(at) {
                        way.push((*from).to_owned());
                        at = from;
                    }
                    way.dedup();
                    way.reverse();
                    return Some(way);
                }
                if !before.contains_key(to.as_str()) {
                    before.insert(to, file);
                    further.push(to.as_str());
                }
            }
        }
        layer = further;
    }
    None
}

/// `check/facts/mod.rs` is the module `check::facts`.
fn module(name: &str) -> Path {
    let mut parts: Path = name.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// The text without tests, comments, literals and visibilities.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let noise = Regex::new(r##"(?s)//[^\n]*|r#"(?:.*?)"#|r"[^"]*"|"(?:\\.|[^"\\])*"|\(in [a-z_:]+\)"##).unwrap();
    noise
        .replace_all(text, |found: &regex::Captures<'_>| match found[0].starts_with("(in") {
            true => "(crate)",
            false => "",
        })
        .into_owned()
}

/// `a::{b, c::{d, self}}` as `a::b`, `a::c::d` and `a::c::self`.
fn expanded(tree: &str) -> Vec<Path> {
    fn parts(text: &str) -> Path {
        let plain = text.split(" as ").next().unwrap_or_default();
        plain.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }
    fn into(tree: &str, prefix: &[String], found: &mut Vec<Path>) {
        let tree = tree.trim();
        let Some(open) = tree.find('{') else {
            if !tree.is_empty() {
                found.push([prefix, &parts(tree)].concat());
            }
            return;
        };
        let prefix = [prefix, &parts(&tree[..open])].concat();
        let inner = &tree[open + 1..tree.rfind('}').unwrap_or(tree.len())];
        let (mut depth, mut from) = (0, 0);
        for (at, c) in inner.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    into(&inner[from..at], &prefix, found);
                    from = at + 1;
                }
                _ => {}
            }
        }
        into(&inner[from..], &prefix, found);
    }
    let mut found = Vec::new();
    into(tree, &[], &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::House;

    fn arrows(files: &[(&str, &str)]) -> Vec<(String, String)> {
        let files: Vec<_> = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        House::of(&files).arrows().map(|(from, to)| (from.to_owned(), to.to_owned())).collect()
    }

    fn pair(from: &str, to: &str) -> (String, String) {
        (from.to_owned(), to.to_owned())
    }

    #[test]
    fn every_form_of_an_import_is_seen() {
        let files = [
            ("a/mod.rs", "mod b;\npub use b::B;\nuse crate::{c, d::{D, e}};\n"),
            ("a/b.rs", "// use crate::f::F;\nfn x() { super::super::f::y(); }"),
            ("c.rs", ""),
            ("d/mod.rs", ""),
            ("d/e.rs", "const TEXT: &str = \"use crate::c::C;\";"),
            ("f.rs", "use crate::a::B;\nfn x() { B::y() }"),
        ];
        let wanted = [
            pair("a/b.rs", "f.rs"),
            pair("a/mod.rs", "c.rs"),
            pair("a/mod.rs", "d/e.rs"),
            pair("a/mod.rs", "d/mod.rs"),
            // What a module only hands on is not its own.
            pair("f.rs", "a/b.rs"),
        ];
        assert_eq!(arrows(&files), wanted);
    }

    #[test]
    fn circles_are_found_and_those_that_count_as_one_are_none() {
        let files = [("a.rs", "use crate::b::B;"), ("b.rs", "use crate::c::C;"), ("c.rs", "use crate::a::A;")];
        let files: Vec<_> = files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        let house = House::of(&files);
        assert_eq!(house.circles(str::to_owned).len(), 1);
        assert!(house.circles(|_| "one".to_owned()).is_empty());
    }
}
