//! The archives that a page of an index offers.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde::Deserialize;

use crate::sandbox::store::lock::file_name;

static LINK: LazyLock<Regex> =
    LazyLock::new(|| match Regex::new(r#"(?is)<a\s[^>]*?href\s*=\s*["']([^"']*)["'][^>]*"#) {
        Ok(regex) => regex,
        Err(error) => unreachable!("a pattern of this file: {error}"),
    });

/// An archive on a page.
pub(super) struct Archive {
    pub(super) name: String,
    pub(super) is_hashed: bool,
    /// Its address as the page writes it.
    pub(super) link: String,
    /// As `sha256:` and digits, where the page tells it.
    pub(super) sha256: Option<String>,
    /// All that the page says of it.
    pub(super) text: String,
}

impl Archive {
    /// Whether its hash is one of those.
    pub(super) fn is_among(&self, hashes: &BTreeSet<String>) -> bool {
        self.sha256.as_ref().is_some_and(|hash| hashes.contains(hash))
    }
}

/// The archives that a page offers.
pub(super) fn archives(page: &[u8]) -> Vec<Archive> {
    #[derive(Deserialize)]
    struct Page {
        files: Vec<serde_json::Value>,
    }
    if let Ok(Page { files }) = serde_json::from_slice(page) {
        let archive = |file: serde_json::Value| {
            let hashes = file.get("hashes").and_then(serde_json::Value::as_object);
            let sha256 = hashes.and_then(|hashes| hashes.get("sha256")?.as_str()).map(|hash| format!("sha256:{hash}"));
            let is_hashed = hashes.is_some_and(|hashes| !hashes.is_empty());
            let link = file.get("url")?.as_str()?.to_owned();
            Some(Archive { name: file_name(&link), is_hashed, link, sha256, text: file.to_string() })
        };
        return files.into_iter().filter_map(archive).collect();
    }
    let text = String::from_utf8_lossy(page);
    let archive = |link: regex::Captures<'_>| {
        let address = link[1].replace("&amp;", "&");
        let fragment = address.split_once('#').map(|(_, fragment)| fragment).unwrap_or_default();
        let is_hashed = ["sha256=", "sha384=", "sha512="].iter().any(|kind| fragment.starts_with(kind));
        let sha256 = fragment.strip_prefix("sha256=").map(|hash| format!("sha256:{hash}"));
        let name = file_name(&address);
        Archive { name, is_hashed, link: address, sha256, text: link[0].to_owned() }
    };
    LINK.captures_iter(&text).map(archive).filter(|archive| !archive.name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_page_name_their_archives() {
        let json = br#"{"files":[{"filename":"a","url":"https://f.example/x/a-1.whl","hashes":{"sha256":"0"}},{"url":"b-1.zip"}]}"#;
        let told = |page: &[u8]| -> Vec<(String, bool)> {
            archives(page).into_iter().map(|archive| (archive.name, archive.is_hashed)).collect()
        };
        assert_eq!(told(json), [("a-1.whl".to_owned(), true), ("b-1.zip".to_owned(), false)]);
        let html = b"<!DOCTYPE html><a href=\"../../files/a-1.whl#sha256=0\" data-yanked>a</a><br>\n<A class=x HREF='b-1%2Bcpu.whl'>b</A>";
        assert_eq!(told(html), [("a-1.whl".to_owned(), true), ("b-1+cpu.whl".to_owned(), false)]);
    }
}
