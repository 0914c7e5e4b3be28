//! Source archives that may be led through the mirror.
//!
//! pip refuses what a package of PyPI requires by its address, and knows PyPI by its host, which the mirror hides. So a source archive is
//! led only when nothing in it can become such a requirement.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::str::FromStr;
use std::sync::LazyLock;

use flate2::read::MultiGzDecoder;
use pep440_rs::Version;
use regex::bytes::Regex;

use super::address::name;
use super::page::Offer;

/// The largest archive that is looked into, unpacked, in bytes.
const MOST: u64 = 256 << 20;
/// The most bytes of one file that is looked at; a longer one may hold anything.
const MOST_OF_ONE: u64 = 1 << 20;

/// A requirement by address (PEP 508): a URL behind an `@`.
static BY_ADDRESS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?i)@\s*(?:(?:git|hg|svn|bzr)\+|[a-z]+://|file:)"));
/// The same put together by code: an `@` at the end of a text, or before what is put in.
static MADE: LazyLock<Regex> = LazyLock::new(|| pattern(r#"@\s*["'{%]"#));

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| unreachable!("a pattern of this file: {error}"))
}

/// The source archive that an installer will take of what a page offers: of `pinned`, or of the newest version, if that has no wheel.
pub(super) fn likely<'a>(offers: &'a [Offer], pinned: Option<&Version>) -> Option<&'a Offer> {
    let mut versions: BTreeMap<Version, Option<&Offer>> = BTreeMap::new();
    for offer in offers {
        let file = name(&offer.real);
        let file = file.rsplit('/').next().unwrap_or(&file);
        let Some(version) = version(file) else { continue };
        let is_wanted = match pinned {
            Some(pinned) => version == *pinned,
            None => !version.any_prerelease() && !offer.is_yanked,
        };
        if is_wanted {
            let source = versions.entry(version).or_insert(Some(offer));
            // One with a wheel is not built.
            *source = source.filter(|_| !file.ends_with(".whl"));
        }
    }
    let (_, newest) = versions.pop_last()?;
    newest.filter(|offer| offer.real.ends_with(".tar.gz") && offer.sha256.is_some())
}

/// The version in the name of a wheel or of a source archive.
fn version(file: &str) -> Option<Version> {
    let text = match file.strip_suffix(".whl") {
        Some(wheel) => wheel.split('-').nth(1)?,
        None => {
            let stem = [".tar.gz", ".zip", ".tar.bz2"].iter().find_map(|end| file.strip_suffix(end))?;
            stem.rsplit_once('-')?.1
        }
    };
    Version::from_str(text).ok()
}

/// Whether nothing in a `.tar.gz` can become a requirement by address.
pub(super) fn requires_by_name_alone(mut file: &File) -> bool {
    file.seek(SeekFrom::Start(0)).is_ok() && looked_through(file).unwrap_or(false)
}

fn looked_through(file: &File) -> std::io::Result<bool> {
    // pip unpacks what follows a first stream of gzip's, too.
    let mut archive = tar::Archive::new(MultiGzDecoder::new(file).take(MOST));
    for entry in archive.entries()? {
        let mut entry = entry?;
        let path = entry.path()?.into_owned();
        let Some(is_made) = may_say(&path) else { continue };
        let mut text = Vec::new();
        entry.by_ref().take(MOST_OF_ONE + 1).read_to_end(&mut text)?;
        if path.ends_with("PKG-INFO") {
            // What follows the first empty line is prose.
            let end = memchr::memmem::find(&text, b"\n\n").or_else(|| memchr::memmem::find(&text, b"\r\n\r\n"));
            text.truncate(end.unwrap_or(text.len()));
        }
        if text.len() as u64 > MOST_OF_ONE || BY_ADDRESS.is_match(&text) || is_made && MADE.is_match(&text) {
            return Ok(false);
        }
    }
    // What is beyond was not looked at.
    Ok(archive.into_inner().limit() > 0)
}

/// Whether a file may say what is required, and whether it may put that together.
fn may_say(path: &Path) -> Option<bool> {
    let name = path.file_name()?.to_str()?;
    match path.extension().and_then(|end| end.to_str()) {
        _ if name == "setup.py" || name == "PKG-INFO" => Some(true),
        // What setup.py may import, and what it or the settings may read.
        Some("py") => Some(path.components().count()).filter(|parts| *parts <= 3).map(|parts| parts <= 2),
        Some("txt" | "in" | "pip" | "req" | "reqs" | "toml" | "cfg" | "ini" | "json" | "yml" | "yaml" | "lock") => {
            Some(false)
        }
        None => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::read::GzDecoder;
    use flate2::write::GzEncoder;

    use super::*;

    fn offer(file: &str) -> Offer {
        Offer { real: format!("https://f.example/{file}"), sha256: Some("00".to_owned()), is_yanked: false }
    }

    #[test]
    fn what_has_no_wheel_is_built() {
        let offers =
            ["tide-1.0.tar.gz", "tide-1.1.tar.gz", "tide-1.1-py3-none-any.whl", "tide-2.0rc1.tar.gz"].map(offer);
        let likely = |pinned: Option<&str>| {
            let pinned = pinned.map(|version| Version::from_str(version).unwrap());
            super::likely(&offers, pinned.as_ref()).map(|offer| offer.real.clone())
        };
        assert_eq!(likely(None), None);
        assert_eq!(likely(Some("1.0")).as_deref(), Some("https://f.example/tide-1.0.tar.gz"));
        assert_eq!(likely(Some("2.0rc1")).as_deref(), Some("https://f.example/tide-2.0rc1.tar.gz"));
        assert_eq!((likely(Some("1.1")), likely(Some("3"))), (None, None));
        let of_old = [offer("tide-1.0.tar.gz"), Offer { is_yanked: true, ..offer("tide-1.1.tar.gz") }];
        assert_eq!(super::likely(&of_old, None).unwrap().real, "https://f.example/tide-1.0.tar.gz");
    }

    /// A source archive with these files.
    fn archive(files: &[(&str, &str)]) -> Vec<u8> {
        let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, text) in files {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        tar.into_inner().unwrap().finish().unwrap()
    }

    fn is_plain(files: &[(&str, &str)]) -> bool {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&archive(files)).unwrap();
        requires_by_name_alone(&file)
    }

    #[test]
    fn what_may_require_something_by_its_address_is_not_led() {
        assert!(is_plain(&[
            ("t-1/setup.py", "setup(author_email='a@b.example', install_requires=['ebb>=1'])"),
            ("t-1/PKG-INFO", "Name: t\n\npip install t @ git+https://a.example"),
            ("t-1/README.md", "pip install 't @ https://a.example/t.zip'"),
            ("t-1/t/deep/more.py", "x = 'a@http://b'"),
        ]));
        for (path, text) in [
            ("t-1/setup.py", "install_requires=['ebb @ https://a.example/ebb.zip']"),
            ("t-1/setup.py", "install_requires=['ebb@' + URL]"),
            ("t-1/setup.py", "install_requires=[f'ebb @ {URL}']"),
            ("t-1/setup.py", "install_requires=['%s @ %s' % pair]"),
            ("t-1/t/version.py", "NEEDS = ['ebb @ git+ssh://a.example/ebb']"),
            ("t-1/requirements.txt", "ebb @file:///ebb"),
            ("t-1/setup.cfg", "install_requires =\n  ebb @ hg+https://a.example"),
            ("t-1/t.egg-info/requires.txt", "ebb@ https://a.example"),
            ("t-1/PKG-INFO", "Requires-Dist: ebb @ https://a.example"),
            ("t-1/needs.py", "NEEDS = [f'ebb @ {URL}']"),
            ("t-1/requirements/base.pip", "ebb @ git+https://a.example/ebb"),
            ("t-1/REQUIREMENTS", "ebb @ git+https://a.example/ebb"),
        ] {
            assert!(!is_plain(&[("t-1/setup.cfg", ""), (path, text)]), "{path}: {text}");
        }
        let file = tempfile::tempfile().unwrap();
        assert!(!requires_by_name_alone(&file));
    }

    /// A tar between its two streams of gzip's, of which the second has the requirement.
    #[test]
    fn all_streams_of_an_archive_are_looked_through() {
        let mut tar = Vec::new();
        let files = [("t-1/setup.py", "setup()"), ("t-1/requires.txt", "ebb @ https://a.example/ebb.zip")];
        GzDecoder::new(&archive(&files)[..]).read_to_end(&mut tar).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        // A header and a block of content each.
        for part in [&tar[..1024], &tar[1024..]] {
            let mut stream = GzEncoder::new(&mut file, Compression::fast());
            stream.write_all(part).unwrap();
            stream.finish().unwrap();
        }
        assert!(!requires_by_name_alone(&file));
    }
}
