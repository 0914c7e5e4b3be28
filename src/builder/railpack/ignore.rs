//! `.dockerignore`, read as Docker reads it.

use super::app::App;
use super::config::clean;
use super::decode::Placed;
use super::plan::Layer;
use super::version::Rules;

const FILE: &str = ".dockerignore";
/// Longer lines are refused, as by Go's scanner.
const LONGEST: usize = 64 << 10;

/// The patterns, one a line; `None` without the file.
///
/// # Errors
/// The file cannot be read: in Railpack's own words.
pub(super) fn patterns(app: &App<'_>) -> Result<Option<Vec<Placed<String>>>, String> {
    if !app.has(FILE) {
        return Ok(None);
    }
    let failed = |what: &str| format!("failed to parse .dockerignore: {what}");
    let Some(text) = app.text(FILE) else { return Err(failed("error reading .dockerignore: read failed")) };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut patterns = Vec::new();
    for (index, line) in text.lines().enumerate() {
        if line.len() >= LONGEST {
            return Err(failed("error reading .dockerignore: bufio.Scanner: token too long"));
        }
        if let Some(value) = pattern(line) {
            patterns.push(Placed { value, source: app.line(FILE, Some(index + 1)) });
        }
    }
    Ok(Some(patterns))
}

/// The project without what the patterns name, from before the plan had a list of them. 0.15.4 takes what is excepted from them
/// for a path of its own.
pub(super) fn layer(app: &App<'_>, mut local: Layer, patterns: &[Placed<String>], rules: Rules) -> Layer {
    for Placed { value, .. } in patterns {
        let (list, path) = match value.strip_prefix('!').filter(|_| rules == Rules::V0_15) {
            Some(kept) if !app.has(kept) => continue,
            Some(kept) => (&mut local.include, kept),
            None => (&mut local.exclude, value.as_str()),
        };
        if !list.iter().any(|known| known == path) {
            list.push(path.to_owned());
        }
    }
    local
}

fn pattern(line: &str) -> Option<String> {
    let line = if line.starts_with('#') { "" } else { line.trim() };
    let (negated, path) = line.strip_prefix('!').map_or((false, line), |path| (true, path.trim()));
    if line.is_empty() {
        return None;
    }
    let path = if path.is_empty() { String::new() } else { clean(path) };
    let path = if path.len() > 1 { path.strip_prefix('/').unwrap_or(&path) } else { &path };
    Some(if negated { format!("!{path}") } else { path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_cleaned_and_comments_left_out() {
        let lines = ["# c", "  x  ", "/venv", ".venv/", "a/../b", "! keep", "", "  # kept", "/"];
        let read: Vec<Option<String>> = lines.into_iter().map(pattern).collect();
        let wanted =
            [None, Some("x"), Some("venv"), Some(".venv"), Some("b"), Some("!keep"), None, Some("# kept"), Some("/")];
        assert_eq!(read, wanted.map(|pattern| pattern.map(str::to_owned)));
    }
}
