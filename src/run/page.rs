//! The stylesheets and scripts of a page, asked for as a browser would.

use std::collections::BTreeSet;

use crate::log::pattern::Pattern;
use crate::sandbox::{Probe, Sandbox};

/// Files of a page that are asked for.
const MOST: usize = 12;

static LINK: Pattern = Pattern::new(r#"(?i)<link\b[^>]*>"#);
static SCRIPT: Pattern = Pattern::new(r#"(?i)<script\b[^>]*>"#);
/// What stands within a script names nothing of the page's.
static INSIDE: Pattern = Pattern::new(r"(?is)(<script\b[^>]*>).*?</script>");
/// HTML lets a value without spaces stand unquoted.
static HREF: Pattern = Pattern::new(r#"(?i)\bhref\s*=\s*(?:"([^"]+)"|'([^']+)'|([^\s"'<>=`]+))"#);
static SRC: Pattern = Pattern::new(r#"(?i)\bsrc\s*=\s*(?:"([^"]+)"|'([^']+)'|([^\s"'<>=`]+))"#);

/// Paths of the page's own stylesheets and scripts that are answered with 404. `probe` is the one that the page answered.
pub(super) fn absent(probe: &Probe<'_>, sandbox: &dyn Sandbox) -> Vec<String> {
    let Some(page) = sandbox.page(probe) else { return Vec::new() };
    let is_absent = |path: &&String| sandbox.probe(&Probe { path: Some(path), ..*probe }).http == Some(Ok(404));
    named(&page, probe.path.unwrap_or("/")).iter().take(MOST).filter(is_absent).cloned().collect()
}

/// What a page names of its own server, in order of the alphabet.
fn named(page: &str, at: &str) -> BTreeSet<String> {
    let page = INSIDE.regex().map_or(page.into(), |inside| inside.replace_all(page, "$1"));
    let tags = |pattern: &Pattern| -> Vec<String> {
        let found = pattern.regex().into_iter().flat_map(|pattern| pattern.find_iter(&page));
        found.map(|tag| tag.as_str().to_owned()).collect()
    };
    let styles = tags(&LINK).into_iter().filter(|tag| tag.to_lowercase().contains("stylesheet"));
    let styles = styles.filter_map(|tag| value(&HREF, &tag));
    let scripts = tags(&SCRIPT).into_iter().filter_map(|tag| value(&SRC, &tag));
    styles.chain(scripts).filter_map(|link| path(&link, at)).collect()
}

/// What an attribute of a tag says.
fn value(attribute: &Pattern, tag: &str) -> Option<String> {
    let found = attribute.captures(tag)?;
    found.iter().skip(1).flatten().next().map(|value| value.as_str().to_owned())
}

/// The path that a link of the page at `at` leads to, where it stays on the server.
pub(super) fn path(link: &str, at: &str) -> Option<String> {
    let link = link.split('#').next().unwrap_or_default().trim().replace("&amp;", "&");
    let has_scheme = link.split(['/', '?']).next().is_some_and(|head| head.contains(':'));
    if link.is_empty() || link.starts_with("//") || has_scheme || link.contains(['{', '<', ' ']) {
        return None;
    }
    if link.starts_with('/') {
        return Some(link);
    }
    let folder = at.split('?').next().and_then(|at| at.rsplit_once('/')).map_or("", |(folder, _)| folder);
    Some(format!("{folder}/{}", link.trim_start_matches("./")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pages_own_files_are_named() {
        let page = r#"<LINK rel="stylesheet" href="/static/a.css?v=1"><link rel='icon' href='/favicon.ico'>
            <script src="js/b.js#x"></script><script>var a = "<script src='no'";</script>
            <script src="https://cdn.example/c.js"></script><link rel=stylesheet href="//cdn.example/d.css">
            <link rel="stylesheet" href="{{ later }}"><script src="data:text/javascript,1"></script>"#;
        let found: Vec<_> = named(page, "/tides/today").into_iter().collect();
        assert_eq!(found, ["/static/a.css?v=1", "/tides/js/b.js"]);
    }

    #[test]
    fn values_without_quotes_are_read() {
        let page =
            "<link rel=stylesheet href=/static/a.css><script src=b.js defer></script><script src='it\"s.js'></script>";
        let found: Vec<_> = named(page, "/").into_iter().collect();
        assert_eq!(found, ["/b.js", "/it\"s.js", "/static/a.css"]);
    }

    #[test]
    fn a_page_without_files_names_none() {
        assert!(named("{\"ok\": true}", "/").is_empty());
        assert!(named("<link <script src= ><", "/").is_empty());
    }
}
