//! What a wheel says of itself.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::LazyLock;

use regex::Regex;

/// The most bytes of a description.
const MOST: u64 = 4 << 20;
/// Where pip looks for PyPI's files.
const PYPI: &[&str] = &["files.pythonhosted.org", "test-files.pythonhosted.org"];

/// What is wanted of a wheel's description.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Described {
    /// The projects that it requires, extras aside.
    pub(super) requires: Vec<String>,
    /// Whether it requires one by its address: pip refuses that of what is from PyPI, and knows PyPI by its host.
    pub(super) requires_an_address: bool,
}

/// Whether a real address is one of PyPI's files.
pub(super) fn is_of_pypi(real: &str) -> bool {
    let host = real.split_once("://").map(|(_, rest)| rest.split(['/', ':']).next().unwrap_or_default());
    host.is_some_and(|host| PYPI.iter().any(|known| host.eq_ignore_ascii_case(known)))
}

/// Reads the description of the wheel, or the description itself, that `name` ends in; none where it cannot be read.
pub(super) fn described(name: &str, mut file: &File) -> Option<Described> {
    file.seek(SeekFrom::Start(0)).ok()?;
    let mut text = Vec::new();
    if name.ends_with(".metadata") {
        file.take(MOST).read_to_end(&mut text).ok()?;
    } else {
        let mut zip = zip::ZipArchive::new(file).ok()?;
        let is_description = |name: &str| name.matches('/').count() == 1 && name.ends_with(".dist-info/METADATA");
        let at = (0..zip.len())
            .find(|at| zip.name_for_index(*at).is_some_and(|name| name.is_ok_and(|name| is_description(&name))))?;
        zip.by_index(at).ok()?.take(MOST).read_to_end(&mut text).ok()?;
    }
    Some(read(&String::from_utf8_lossy(&text)))
}

static REQUIRED: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?mi)^Requires-Dist:\s*([A-Z0-9][A-Z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(@)?([^\r\n]*)";
    Regex::new(pattern).unwrap_or_else(|error| unreachable!("a pattern of this file: {error}"))
});

fn read(text: &str) -> Described {
    // What follows the first empty line is prose.
    let head = text.replace("\r\n", "\n");
    let head = head.split("\n\n").next().unwrap_or_default();
    let mut described = Described::default();
    for found in REQUIRED.captures_iter(head) {
        described.requires_an_address |= found.get(2).is_some();
        if !found[3].split(';').nth(1).is_some_and(|marker| marker.contains("extra")) {
            described.requires.push(found[1].to_owned());
        }
    }
    described
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_wheel_requires_is_read() {
        let text = "Name: a\nRequires-Dist: tide>=1\nRequires-Dist: ebb[x] ; python_version > '3'\nRequires-Dist: flow; extra == 'y'\n\nRequires-Dist: prose @ https://a.example\n";
        let requires = vec!["tide".to_owned(), "ebb".to_owned()];
        assert_eq!(read(text), Described { requires, requires_an_address: false });
        for address in ["a @ https://a.example", "a[b]@https://a.example", "\n  a @ file:///a ; extra == 'y'"] {
            assert!(read(&format!("Name: a\nRequires-Dist: {address}\n")).requires_an_address, "{address}");
        }
        assert!(
            is_of_pypi("https://files.pythonhosted.org/packages/a.whl") && !is_of_pypi("https://files.example/a.whl")
        );
    }
}
