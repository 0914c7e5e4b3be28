//! A page of a package index, with the files that can be kept led through the mirror.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

use super::address::{name, path};
use crate::sandbox::page_link::joined;

/// The suffix of a wheel's own description (PEP 658).
const METADATA: &str = ".metadata";
/// The keys of such a description's digest, the older one last.
const DESCRIBED: &[&str] = &["core-metadata", "dist-info-metadata"];

/// A page as the mirror gives it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) body: Vec<u8>,
    /// The sha256 of each file that is led through the mirror, by the name of its real address; none for one that may only
    /// be asked from the index itself.
    pub(super) files: BTreeMap<String, Option<String>>,
    /// All archives that it offers, in its order.
    pub(super) offers: Vec<Offer>,
    /// Of its bytes as the index gave them.
    pub(super) digest: String,
    /// Whether the index says that there is no such page.
    pub(super) is_missing: bool,
}

/// An archive on a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    /// Its real address.
    pub(super) real: String,
    pub(super) sha256: Option<String>,
    pub(super) is_yanked: bool,
}

/// Reads a page from the address `at`, to be given by the mirror at `origin`; none where it is of no known kind.
///
/// Wheels are led through, and the source archives with one of the digests `sources`.
pub(super) fn read(kind: &str, at: &str, body: &[u8], origin: &str, sources: &[String]) -> Option<Page> {
    let kind = kind.split(';').next().unwrap_or(kind).trim();
    let leading = Leading { at, origin, sources };
    match kind {
        "application/vnd.pypi.simple.v1+json" => json(&leading, body),
        "application/vnd.pypi.simple.v1+html" | "text/html" => html(&leading, std::str::from_utf8(body).ok()?),
        _ => None,
    }
}

/// Whence and where to links are led.
struct Leading<'a> {
    at: &'a str,
    origin: &'a str,
    sources: &'a [String],
}

impl Page {
    /// The address that a link is to have, with what is known of the file.
    fn lead(&mut self, leading: &Leading<'_>, link: &str, file: &File) -> String {
        let Leading { at, origin, sources } = leading;
        let Some(real) = joined(at, link) else { return link.to_owned() };
        let name = name(&real);
        let plain = real.split('#').next().unwrap_or(&real).to_owned();
        self.offers.push(Offer { real: plain, sha256: file.sha256.clone(), is_yanked: file.is_yanked });
        let is_led = name.ends_with(".whl") || file.sha256.as_ref().is_some_and(|sha256| sources.contains(sha256));
        let on_mirror = path(&real).filter(|_| is_led);
        let Some((sha256, on_mirror)) = file.sha256.clone().zip(on_mirror) else { return real };
        match &file.described {
            Described::No => {}
            Described::Somehow => drop(self.files.insert(name.clone() + METADATA, None)),
            Described::With(sha256) => drop(self.files.insert(name.clone() + METADATA, Some(sha256.clone()))),
        }
        self.files.insert(name, Some(sha256));
        format!("{origin}{on_mirror}")
    }
}

/// What a page says of a file.
struct File {
    sha256: Option<String>,
    described: Described,
    is_yanked: bool,
}

/// Whether there is a description beside a file.
enum Described {
    No,
    Somehow,
    With(String),
}

fn json(leading: &Leading<'_>, body: &[u8]) -> Option<Page> {
    let mut whole: Value = serde_json::from_slice(body).ok()?;
    let mut page = Page::default();
    for entry in whole.get_mut("files")?.as_array_mut()? {
        let sha256 = |value: &Value| value.get("sha256").and_then(Value::as_str).map(str::to_lowercase);
        let described = DESCRIBED.iter().find_map(|key| entry.get(*key)).map_or(Described::No, |value| match value {
            Value::Bool(false) | Value::Null => Described::No,
            value => sha256(value).map_or(Described::Somehow, Described::With),
        });
        let is_yanked = !matches!(entry.get("yanked"), None | Some(Value::Bool(false) | Value::Null));
        let file = File { sha256: entry.get("hashes").and_then(sha256), described, is_yanked };
        let link = entry.get("url")?.as_str()?;
        let led = page.lead(leading, link, &file);
        *entry.get_mut("url")? = Value::String(led);
    }
    page.body = serde_json::to_vec(&whole).ok()?;
    Some(page)
}

static LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?is)<a\s(?:[^>"']|"[^"]*"|'[^']*')*>"#));
static HREF: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?is)(\shref\s*=\s*)(?:"([^"]*)"|'([^']*)')"#));
static SAID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?is)\sdata-(?:core|dist-info)-metadata(?:\s*=\s*["']?([^"'\s>]*))?"#));

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("a pattern of this file: {error}"))
}

fn html(leading: &Leading<'_>, text: &str) -> Option<Page> {
    // Links of such a page are joined to something else.
    if text.to_ascii_lowercase().contains("<base") {
        return None;
    }
    let mut page = Page::default();
    let body = LINK.replace_all(text, |tag: &Captures<'_>| {
        let tag = &tag[0];
        let described = SAID.captures(tag).map_or(Described::No, |said| match said.get(1).map(|said| said.as_str()) {
            Some("false") => Described::No,
            said => said
                .and_then(|said| said.strip_prefix("sha256="))
                .map_or(Described::Somehow, |sha256| Described::With(sha256.to_lowercase())),
        });
        let Some(parts) = HREF.captures(tag) else { return tag.to_owned() };
        let link = parts.get(2).or(parts.get(3)).map_or("", |link| link.as_str()).replace("&amp;", "&");
        let digest = link.split_once("#sha256=").map(|(_, rest)| rest.split('&').next().unwrap_or(rest));
        let is_yanked = tag.to_ascii_lowercase().contains("data-yanked");
        let file = File { sha256: digest.map(str::to_lowercase), described, is_yanked };
        let led = page.lead(leading, &link, &file).replace('&', "&amp;").replace('"', "%22");
        let whole = parts.get(0).map_or(0..0, |whole| whole.range());
        format!("{}{}\"{led}\"{}", &tag[..whole.start], &parts[1], &tag[whole.end..])
    });
    page.body = body.into_owned().into_bytes();
    Some(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: &str = "http://127.0.0.1:4000";
    const AT: &str = "https://index.example/simple/tide/";

    fn sha(digit: &str) -> String {
        digit.repeat(64)
    }

    #[test]
    fn wheels_with_a_digest_are_led_through_and_the_rest_is_not() {
        let (a, b) = (sha("a"), sha("b"));
        let text = format!(
            r#"{{"files":[
            {{"filename":"t-1.whl","url":"https://f.example/t-1%2Bx.whl","hashes":{{"sha256":"{a}"}},"core-metadata":{{"sha256":"{b}"}},"yanked":"no"}},
            {{"filename":"u-1.whl","url":"../../u-1.whl","hashes":{{"sha256":"{b}"}},"dist-info-metadata":true}},
            {{"filename":"v-1.whl","url":"../../v-1.whl","hashes":{{"md5":"0"}}}},
            {{"filename":"t-1.tar.gz","url":"https://f.example/t-1.tar.gz","hashes":{{"sha256":"{a}"}}}}],"name":"tide"}}"#
        );
        let page = read("application/vnd.pypi.simple.v1+json", AT, text.as_bytes(), ORIGIN, &[]).unwrap();
        let told: Value = serde_json::from_slice(&page.body).unwrap();
        let urls: Vec<&str> =
            told["files"].as_array().unwrap().iter().map(|file| file["url"].as_str().unwrap()).collect();
        assert_eq!(
            urls,
            [
                "http://127.0.0.1:4000/https/f.example/t-1%2Bx.whl",
                "http://127.0.0.1:4000/https/index.example/u-1.whl",
                "https://index.example/v-1.whl",
                "https://f.example/t-1.tar.gz",
            ]
        );
        assert_eq!((told["name"].as_str(), told["files"][0]["yanked"].as_str()), (Some("tide"), Some("no")));
        let named = [
            ("https://f.example/t-1+x.whl", Some(a)),
            ("https://f.example/t-1+x.whl.metadata", Some(b.clone())),
            ("https://index.example/u-1.whl", Some(b)),
            ("https://index.example/u-1.whl.metadata", None),
        ];
        assert_eq!(page.files, named.map(|(name, sha256)| (name.to_owned(), sha256)).into());
        let sources = [page.offers[3].sha256.clone().unwrap()];
        let page = read("application/vnd.pypi.simple.v1+json", AT, text.as_bytes(), ORIGIN, &sources).unwrap();
        assert_eq!(page.files["https://f.example/t-1.tar.gz"], Some(sources[0].clone()));
        let yanked: Vec<bool> = page.offers.iter().map(|offer| offer.is_yanked).collect();
        assert_eq!(yanked, [true, false, false, false]);
    }

    #[test]
    fn html_stays_as_it_is_but_for_its_links() {
        let (a, b) = (sha("a"), sha("b"));
        let text = format!(
            "<!DOCTYPE html>\n<a href=\"../../t-1.whl?x=1&amp;y=2#sha256={a}\" data-requires-python=\"&gt;=3.9\" data-core-metadata='sha256={b}'>t</a><br>\n\
             <A class=x HREF='https://f.example/u-1.whl' data-yanked=\"\">u</A>"
        );
        let page = read("text/html; charset=UTF-8", AT, text.as_bytes(), ORIGIN, &[]).unwrap();
        let told = String::from_utf8(page.body).unwrap();
        let first = format!(
            "<a href=\"{ORIGIN}/https/index.example/t-1.whl?x=1&amp;y=2#sha256={a}\" data-requires-python=\"&gt;=3.9\" data-core-metadata='sha256={b}'>t</a><br>"
        );
        // What has a query is no file that can be told to be a wheel.
        assert!(told.contains("https://index.example/t-1.whl?x=1&amp;y=2#"), "{told}");
        let plain = text.replace("?x=1&amp;y=2", "");
        let page = read("text/html", AT, plain.as_bytes(), ORIGIN, &[]).unwrap();
        let told = String::from_utf8(page.body).unwrap();
        assert!(told.contains(&first.replace("?x=1&amp;y=2", "")), "{told}");
        assert!(told.ends_with("<A class=x HREF=\"https://f.example/u-1.whl\" data-yanked=\"\">u</A>"), "{told}");
        assert_eq!(page.files.len(), 2);
        assert_eq!(page.offers[0].real, "https://index.example/t-1.whl");
        assert_eq!(page.files["https://index.example/t-1.whl.metadata"], Some(b));
    }

    #[test]
    fn a_page_of_another_kind_is_left_to_the_index() {
        assert_eq!(read("text/plain", AT, b"", ORIGIN, &[]), None);
        assert_eq!(read("application/vnd.pypi.simple.v1+json", AT, b"{", ORIGIN, &[]), None);
        assert_eq!(read("application/vnd.pypi.simple.v1+json", AT, br#"{"files":[{}]}"#, ORIGIN, &[]), None);
        assert_eq!(read("text/html", AT, b"<base href='/a/'><a href='b-1.whl'>b</a>", ORIGIN, &[]), None);
    }
}
