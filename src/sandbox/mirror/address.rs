//! Addresses as they are on the mirror, which holds the real one whole: `http://127.0.0.1:PORT/https/HOST/PATH`, and
//! `/http-8080/HOST/PATH` where there is a port. So each leads to the other without a table, and relative links stay right.

use std::net::SocketAddr;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// Where archives of PyPI are. pip shows what is from there by its file's name alone.
const PYPI_FILES: &str = "https://files.pythonhosted.org/";
/// What pip prints of no index but others.
const LOOKING: &str = "Looking in indexes: https://pypi.org/simple";

static REAL: LazyLock<Regex> = LazyLock::new(|| match Regex::new(r"^(https?)://([A-Za-z0-9.-]+)(?::(\d+))?(/.*)?$") {
    Ok(regex) => regex,
    Err(error) => unreachable!("a pattern of this file: {error}"),
});

/// The path on the mirror of a real address; none for one with a password, say.
pub(super) fn path(real: &str) -> Option<String> {
    let parts = REAL.captures(real)?;
    let port = parts.get(3).map(|port| format!("-{}", port.as_str())).unwrap_or_default();
    Some(format!("/{}{port}/{}{}", &parts[1], &parts[2], parts.get(4).map_or("", |rest| rest.as_str())))
}

/// The real address of a path on the mirror.
pub(super) fn real(path: &str) -> Option<String> {
    let (way, rest) = path.strip_prefix('/')?.split_once('/')?;
    let (scheme, port) = way.split_once('-').map_or((way, None), |(scheme, port)| (scheme, Some(port)));
    let (host, rest) = rest.split_once('/').map_or((rest, ""), |(host, rest)| (host, rest));
    let port = port.map(|port| format!(":{port}")).unwrap_or_default();
    let slash = if path.matches('/').count() > 2 { "/" } else { "" };
    Some(format!("{scheme}://{host}{port}{slash}{rest}")).filter(|real| REAL.is_match(real))
}

/// What one address is called by whoever writes it: percent signs aside, and without its fragment.
pub(super) fn name(real: &str) -> String {
    let real = real.split('#').next().unwrap_or(real).as_bytes();
    let (mut name, mut at) = (Vec::new(), 0);
    while let Some(byte) = real.get(at) {
        let coded = (*byte == b'%').then(|| real.get(at + 1..at + 3)).flatten();
        let decoded = coded.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        name.push(decoded.unwrap_or(*byte));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&name).into_owned()
}

/// Puts the real addresses into what an installer printed of a mirror's.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Words {
    led: Regex,
}

static SHOWN: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = format!(r"(Downloading|Using cached) {}\S*?([^/\s]+)(?:\s|$)", regex::escape(PYPI_FILES));
    Regex::new(&pattern).unwrap_or_else(|error| unreachable!("a pattern of this file: {error}"))
});

impl Words {
    pub(super) fn of(mirror: SocketAddr) -> Self {
        let pattern = format!(r"http://{}/(https?)(?:-(\d+))?/([A-Za-z0-9.-]+)", regex::escape(&mirror.to_string()));
        Self { led: Regex::new(&pattern).unwrap_or_else(|error| unreachable!("a pattern of this file: {error}")) }
    }

    /// A line as it would be without the mirror; none for one that would not be there.
    pub(in crate::sandbox) fn line(&self, line: &str) -> Option<String> {
        if !self.led.is_match(line) {
            return Some(line.to_owned());
        }
        let real = self.led.replace_all(line, |parts: &Captures<'_>| {
            let port = parts.get(2).map(|port| format!(":{}", port.as_str())).unwrap_or_default();
            format!("{}://{}{port}", &parts[1], &parts[3])
        });
        // pip's own log begins each line with the time.
        if real.trim_end().ends_with(LOOKING) {
            return None;
        }
        let Some(shown) = SHOWN.captures(&real) else { return Some(real.into_owned()) };
        let (whole, file) = (shown.get(0)?.range(), shown.get(2)?);
        Some(format!("{}{} {}{}", &real[..whole.start], &shown[1], name(file.as_str()), &real[file.end()..]))
    }

    /// The same of a text.
    pub(in crate::sandbox) fn text(&self, text: &str) -> String {
        text.lines().filter_map(|line| self.line(line)).map(|line| line + "\n").collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_there_and_back() {
        for (real_one, on_mirror) in [
            ("https://pypi.org/simple/tide/", "/https/pypi.org/simple/tide/"),
            ("http://127.0.0.1:8080/files/a-1.whl", "/http-8080/127.0.0.1/files/a-1.whl"),
            ("https://index.example", "/https/index.example"),
            ("https://index.example/", "/https/index.example/"),
        ] {
            assert_eq!(path(real_one).as_deref(), Some(on_mirror));
            assert_eq!(real(on_mirror).as_deref(), Some(real_one));
        }
        for other in ["https://u:p@index.example/a", "file:///a", "ftp://a/b", "https://[::1]/a"] {
            assert_eq!(path(other), None, "{other}");
        }
        for other in ["/", "/simple/tide/", "/file/etc/passwd", "/https//a", "/https-x/a/b", "https/a/b"] {
            assert_eq!(real(other), None, "{other}");
        }
    }

    #[test]
    fn what_is_printed_is_as_without_the_mirror() {
        let words = Words::of("127.0.0.1:4000".parse().unwrap());
        let line = |text: &str| words.line(text);
        let same = |text: &str| assert_eq!(line(text).as_deref(), Some(text));
        same("Collecting tide");
        same("Looking in indexes: https://pypi.org/simple");
        same("  Downloading http://127.0.0.1:40001/https/files.example/a-1.whl");
        assert_eq!(line("Looking in indexes: http://127.0.0.1:4000/https/pypi.org/simple"), None);
        assert_eq!(
            line("2026-11-28T08:54:01,303 Looking in indexes: http://127.0.0.1:4000/https/pypi.org/simple"),
            None
        );
        let both = "Looking in indexes: http://127.0.0.1:4000/https/pypi.org/simple, https://b.example/simple";
        let shown = "Looking in indexes: https://pypi.org/simple, https://b.example/simple";
        assert_eq!(line(both).as_deref(), Some(shown));
        let own = "Looking in indexes: http://127.0.0.1:4000/http-8080/127.0.0.1/simple/";
        assert_eq!(line(own).as_deref(), Some("Looking in indexes: http://127.0.0.1:8080/simple/"));
        let pypi = "  Downloading http://127.0.0.1:4000/https/files.pythonhosted.org/packages/0a/a-1%2Bb-py3-none-any.whl (11 kB)";
        assert_eq!(line(pypi).as_deref(), Some("  Downloading a-1+b-py3-none-any.whl (11 kB)"));
        let other = "  Downloading http://127.0.0.1:4000/https/files.example/a-1-py3-none-any.whl (11 kB)";
        assert_eq!(line(other).as_deref(), Some("  Downloading https://files.example/a-1-py3-none-any.whl (11 kB)"));
        assert_eq!(words.text(&format!("a\n{own}\n{pypi}\n")).lines().count(), 3);
    }
}
