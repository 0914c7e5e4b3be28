//! Which release of a tool a request comes to.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

/// The day of the table that ships with us. It is made from the lists that PyPI publishes for uv, Poetry, PDM, Pipenv
/// and pipx, and from the ready-made interpreters that uv 0.13.9 lists.
pub const DATED: &str = "2026-11-28";

static SHIPPED: LazyLock<Table> =
    LazyLock::new(|| Table { tools: serde_json::from_str(include_str!("versions.json")).unwrap_or_default() });
static RELEASE: LazyLock<Regex> = LazyLock::new(|| crate::builder::regex(r"[0-9]+(?:\.[0-9]+)?(?:\.[0-9]+)?"));

/// Releases of tools, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Table {
    tools: BTreeMap<String, Vec<String>>,
}

/// What a request comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resolved {
    pub(super) version: String,
    /// Whether the answer depends on the day: the table knew it, not the request.
    pub(super) dated: bool,
    /// Whether no table knows such a release.
    pub(super) unknown: bool,
}

impl Table {
    /// The table that ships with us.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// A table of tool names, each with its releases, oldest first.
    ///
    /// # Errors
    /// The text is no such JSON.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text).map(|tools| Self { tools })
    }

    /// The newest release that begins with what is asked for: first with the numbers in it, then with all of it.
    pub(super) fn resolve(&self, tool: &str, asked: &str) -> Resolved {
        let fuzzy = fuzzy(asked);
        let numbers = first_release(&fuzzy);
        let found = [numbers, fuzzy.as_str()].into_iter().find_map(|query| self.newest(tool, query));
        let exact = numbers.bytes().filter(|byte| *byte == b'.').count() == 2;
        match found {
            Some(version) => Resolved { version: version.to_owned(), dated: !exact, unknown: false },
            None if exact => Resolved { version: numbers.to_owned(), dated: false, unknown: true },
            None => Resolved { version: fuzzy, dated: true, unknown: true },
        }
    }

    fn newest(&self, tool: &str, query: &str) -> Option<&str> {
        if query.is_empty() {
            return None;
        }
        let matches = |version: &&String| {
            query == "latest"
                || version.strip_prefix(query).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.tools.get(tool)?.iter().rev().find(matches).map(String::as_str)
    }
}

/// The first `X`, `X.Y` or `X.Y.Z` in a text; empty when there is none.
pub(super) fn first_release(text: &str) -> &str {
    RELEASE.find(text).map_or("", |found| found.as_str())
}

/// What is left of a range: `>=3.11,<3.13` is `3`, `^3.11` is `3`, `3.11.x` is `3.11`.
pub(super) fn fuzzy(asked: &str) -> String {
    let asked = asked.trim();
    if asked.is_empty() || asked == "*" {
        return "latest".to_owned();
    }
    let major = |text: &str| text.trim().split('.').next().unwrap_or_default().to_owned();
    if asked.contains(">=") || asked.contains('<') {
        let parts: Vec<&str> = asked.split_whitespace().collect();
        for (index, part) in parts.iter().enumerate() {
            if let Some(after) = part.strip_prefix(">=") {
                let after = if after.is_empty() { parts.get(index + 1).copied().unwrap_or_default() } else { after };
                return major(after);
            }
        }
    }
    if let Some(after) = asked.strip_prefix('^') {
        return major(after);
    }
    let bare = asked.strip_prefix('~').unwrap_or(asked);
    let bare = bare.strip_prefix('v').unwrap_or(bare);
    bare.replace(".x", "").trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table::from_json(r#"{"python": ["3.9.2", "3.10.4", "3.12.1", "3.12.10"], "uv": ["0.4.30", "0.10.1"]}"#).unwrap()
    }

    #[test]
    fn ranges_lose_all_but_their_beginning() {
        let asked = ["", "*", ">=3.11,<3.13", ">= 22 <23", "<4", "^3.11", "~3.11", "v3.11", "3.11.x", "3.", "latest"];
        let left = ["latest", "latest", "3", "22", "<4", "3", "3.11", "3.11", "3.11", "3", "latest"];
        assert_eq!(asked.map(fuzzy), left);
    }

    #[test]
    fn the_newest_that_begins_so_is_taken() {
        let resolve = |asked: &str| table().resolve("python", asked).version;
        assert_eq!(
            ["3.12", "3", "latest", "cpython-3.10", "3.9.2"].map(resolve),
            ["3.12.10", "3.12.10", "3.12.10", "3.10.4", "3.9.2"]
        );
        assert_eq!(resolve("3.1"), "3.1", "3.10 does not begin with 3.1");
    }

    #[test]
    fn a_pin_needs_no_table_and_the_rest_is_of_a_day() {
        let table = table();
        assert_eq!(table.resolve("python", "3.7.4"), Resolved { version: "3.7.4".into(), dated: false, unknown: true });
        assert!(!table.resolve("python", "3.12.1").dated && table.resolve("python", "3.12").dated);
        assert!(table.resolve("ruff", "latest").unknown);
    }

    #[test]
    fn the_shipped_table_reads() {
        for (tool, asked) in [("python", "3.13"), ("uv", "latest"), ("poetry", "latest"), ("pipx:pdm", "latest")] {
            assert!(!Table::shipped().resolve(tool, asked).unknown, "{tool}");
        }
    }
}
