//! What `.dockerignore` keeps out of a build.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// Docker's own ignore rules: patterns are rooted, and the last one that matches a path or a parent of it decides.
#[derive(Debug, Default)]
pub struct DockerIgnore {
    rules: Vec<(bool, Gitignore)>,
}

impl DockerIgnore {
    /// The rules of a file.
    pub fn parse(text: &str) -> Self {
        // One expression for each run of lines of the same kind: thousands of single ones would take all memory.
        let mut runs: Vec<(bool, GitignoreBuilder)> = Vec::new();
        for line in text.trim_start_matches('\u{feff}').lines() {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (keeps, pattern) = match line.strip_prefix('!') {
                Some(rest) => (true, rest.trim()),
                None => (false, line),
            };
            let pattern = pattern.trim_start_matches("./").trim_matches('/');
            if pattern.is_empty() || pattern == "." {
                continue;
            }
            if runs.last().is_none_or(|(kind, _)| *kind != keeps) {
                runs.push((keeps, GitignoreBuilder::new("")));
            }
            if let Some((_, builder)) = runs.last_mut() {
                // What is no pattern matches nothing.
                let _ = builder.add_line(None, &format!("/{pattern}"));
            }
        }
        Self { rules: runs.iter().filter_map(|(keeps, builder)| Some((*keeps, builder.build().ok()?))).collect() }
    }

    /// Whether a path, relative to the folder of the rules, is left out.
    pub fn excludes(&self, relative: &Path, is_dir: bool) -> bool {
        // A directory is always walked into: a later `!` pattern may keep something in it.
        let decides = |rule: &&(bool, Gitignore)| rule.1.matched_path_or_any_parents(relative, is_dir).is_ignore();
        self.rules.iter().rev().find(decides).is_some_and(|(keeps, _)| !keeps)
    }
}
