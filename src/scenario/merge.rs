//! Joins what the shares of a suite reported. A share that is missing, or there twice, is named and never passed over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::error::Category;

use super::export::Reported;
use super::partition::{Partition, Whole};
use super::result::{Case, CaseResult, CaseStatus, Summary};
use crate::fs::read as read_file;

/// How deep reports may lie in a folder: CI services put each machine's files in a folder of their own.
const DEEPEST: usize = 3;
/// Of all reports together; those of 10,000 projects that fail are a third of it.
const MOST_BYTES: u64 = 512 << 20;

/// Reports that do not belong together, for the person who gathered them.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A folder or a file cannot be read.
    #[error("cannot read {}: {why}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// The system's word for it.
        why: std::io::Error,
    },
    /// There is nothing to join.
    #[error("no reports in {0}: each share writes one with suite --partition auto --format json --output FILE.json")]
    None(String),
    /// A file that is no report of a suite.
    #[error("{}: not what suite --format json prints: {why}", path.display())]
    Foreign {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A file that ends before its report does.
    #[error("{}: ends in its middle: what wrote it was stopped; run that share again, or delete the file to have the share named as missing", path.display())]
    CutShort {
        /// Which.
        path: PathBuf,
    },
    /// The report of another release, which may say the same words and mean something else.
    #[error("{}: made by shakedown {version}, and this is {}: run every share with one release", path.display(), env!("CARGO_PKG_VERSION"))]
    Version {
        /// Which.
        path: PathBuf,
        /// The release that made it.
        version: String,
    },
    /// Two reports of different scenarios, or of different numbers of shares.
    #[error("{} and {} are of different suites: {what}", first.display(), second.display())]
    Different {
        /// One of them.
        first: PathBuf,
        /// The other.
        second: PathBuf,
        /// In what they differ.
        what: String,
    },
}

/// Reads every report in `places`, files or folders, and joins them. What is missing or there twice becomes a result of its own,
/// which is bad.
pub fn merge(places: &[PathBuf]) -> Result<Summary, MergeError> {
    let mut paths = Vec::new();
    for place in places {
        walk(place, DEEPEST, &mut paths).map_err(|why| MergeError::Unreadable { path: place.clone(), why })?;
    }
    paths.sort();
    // The same file by two words of the command line reported once.
    let mut known = BTreeSet::new();
    paths.retain(|path| known.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    let mut left = MOST_BYTES;
    let mut parts = Vec::new();
    for path in &paths {
        parts.push((path.as_path(), read(path, &mut left)?));
    }
    let Some((first_path, first)) = parts.first() else {
        let places: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
        return Err(MergeError::None(places.join(", ")));
    };
    let shares = shares(first);
    for (path, part) in &parts {
        if let Some(what) = difference(&first.whole, shares, part) {
            return Err(MergeError::Different { first: (*first_path).to_owned(), second: (*path).to_owned(), what });
        }
    }
    let whole = first.whole.clone();
    Ok(joined(parts, shares, whole))
}

fn joined(parts: Vec<(&Path, Reported)>, shares: u64, whole: Whole) -> Summary {
    let mut summary = Summary { whole, ..Summary::default() };
    let mut reported: BTreeMap<u64, Vec<&Path>> = (1..=shares).map(|share| (share, Vec::new())).collect();
    for (path, part) in parts {
        let before = reported.entry(part.partition.map_or(1, Partition::share)).or_default();
        before.push(path);
        // Counted once, the first of them; which one is right is for whoever gathered them to say.
        if before.len() == 1 {
            summary.results.extend(part.results);
            summary.seconds = summary.seconds.max(part.seconds);
            summary.interrupted |= part.interrupted;
        }
    }
    let fault = |scenario: String, reason: String| {
        CaseResult::unrun(Case { scenario, backend: String::new() }, CaseStatus::Broken, reason)
    };
    let faults = reported.iter().filter_map(|(share, paths)| {
        let reason = match paths[..] {
            [] => "it never reported".to_owned(),
            [_] => return None,
            _ => {
                let files: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
                format!("it reported {} times, and the first counts: {}", files.len(), files.join(", "))
            }
        };
        Some(fault(format!("share {share} of {shares}"), reason))
    });
    let faults: Vec<CaseResult> = faults.collect();
    let names: BTreeSet<&String> = summary.results.iter().map(|result| &result.case.scenario).collect();
    // A share that is missing or cut short has said so itself.
    let is_complete = reported.values().all(|paths| !paths.is_empty()) && !summary.interrupted;
    let other = (is_complete && Whole::of(names.iter().copied()) != summary.whole).then(|| {
        let reason = format!(
            "the reports have results of {} scenarios, and not of the {} that were selected: run the shares again",
            names.len(),
            summary.whole.scenarios
        );
        fault("the whole suite".to_owned(), reason)
    });
    summary.results.extend(faults.into_iter().chain(other));
    summary
}

fn shares(part: &Reported) -> u64 {
    part.partition.map_or(1, Partition::of)
}

fn difference(whole: &Whole, expected: u64, part: &Reported) -> Option<String> {
    let of = shares(part);
    if of != expected {
        return Some(format!("one has {expected} shares, the other {of}"));
    }
    (part.whole != *whole).then(|| {
        format!("one has {} scenarios, the other {}, or others by name", whole.scenarios, part.whole.scenarios)
    })
}

/// Takes what it reads off what is `left` to be read.
fn read(path: &Path, left: &mut u64) -> Result<Reported, MergeError> {
    let foreign = |error: serde_json::Error| match error.classify() {
        Category::Eof => MergeError::CutShort { path: path.to_owned() },
        _ => MergeError::Foreign { path: path.to_owned(), why: error.to_string() },
    };
    let text = read_file(path, *left).map_err(|why| MergeError::Unreadable { path: path.to_owned(), why })?;
    *left -= text.len() as u64;
    let version: Version = serde_json::from_slice(&text).map_err(foreign)?;
    if version.version != env!("CARGO_PKG_VERSION") {
        return Err(MergeError::Version { path: path.to_owned(), version: version.version });
    }
    serde_json::from_slice(&text).map_err(foreign)
}

/// What is read first, as the rest is another release's affair.
#[derive(serde::Deserialize)]
#[serde(expecting = "a report")]
struct Version {
    version: String,
}

fn walk(place: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if place.is_file() {
        found.push(place.to_owned());
        return Ok(());
    }
    for entry in fs::read_dir(place)? {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_file() && path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        } else if kind.is_dir() && depth > 0 {
            walk(&path, depth - 1, found)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::export::json;
    use super::*;

    const NAMES: [&str; 3] = ["one", "two", "three"];

    fn share(share: u64, of: u64, names: &[&str]) -> Summary {
        let case = |name: &&str| Case { scenario: (**name).to_owned(), backend: "host".into() };
        let results = names.iter().map(|name| CaseResult::unrun(case(name), CaseStatus::Passed, String::new()));
        let whole = Whole::of(NAMES.map(str::to_owned).iter());
        Summary {
            results: results.collect(),
            seconds: 2.0,
            partition: Some(Partition::new(share, of).unwrap()),
            whole,
            ..Summary::default()
        }
    }

    fn gathered(parts: &[(&str, Summary)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, part) in parts {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, json(part).unwrap()).unwrap();
        }
        folder
    }

    fn merged(parts: &[(&str, Summary)]) -> Result<Summary, MergeError> {
        merge(&[gathered(parts).path().to_owned()])
    }

    fn bad(summary: &Summary) -> Vec<(&str, &str)> {
        let bad = summary.results.iter().filter(|result| result.status.is_bad());
        bad.map(|result| (result.case.scenario.as_str(), result.reasons[0].as_str())).collect()
    }

    #[test]
    fn every_share_once_is_the_whole() {
        let summary =
            merged(&[("a/1.json", share(1, 2, &["one"])), ("b/2.json", share(2, 2, &["two", "three"]))]).unwrap();
        assert_eq!(summary.count(CaseStatus::Passed), 3);
        assert_eq!(bad(&summary), []);
        assert_eq!(summary.partition, None);
    }

    #[test]
    fn a_share_that_never_reported_is_named() {
        let summary = merged(&[("2.json", share(2, 3, &["one"]))]).unwrap();
        assert_eq!(bad(&summary), [("share 1 of 3", "it never reported"), ("share 3 of 3", "it never reported")]);
    }

    #[test]
    fn a_share_that_reported_twice_is_named_and_counted_once() {
        let summary = merged(&[
            ("1.json", share(1, 2, &["one"])),
            ("again.json", share(1, 2, &["one"])),
            ("2.json", share(2, 2, &["two", "three"])),
        ])
        .unwrap();
        assert_eq!(summary.count(CaseStatus::Passed), 3);
        let [(name, why)] = bad(&summary)[..] else { panic!("{summary:?}") };
        assert_eq!(name, "share 1 of 2");
        assert!(why.contains("2 times") && why.contains("again.json"), "{why}");
    }

    #[test]
    fn a_file_that_is_named_twice_reported_once() {
        let folder = gathered(&[("1.json", share(1, 1, &NAMES))]);
        let places = [folder.path().to_owned(), folder.path().join("../").join(folder.path().file_name().unwrap())];
        assert_eq!(bad(&merge(&places).unwrap()), []);
    }

    #[test]
    fn a_report_that_was_cut_short_is_told_with_what_to_do() {
        let folder = gathered(&[("1.json", share(1, 2, &["one"])), ("2.json", share(2, 2, &["two", "three"]))]);
        let file = folder.path().join("2.json");
        let text = fs::read(&file).unwrap();
        for length in [0, 1, text.len() / 2, text.len() - 2] {
            fs::write(&file, &text[..length]).unwrap();
            let error = merge(&[folder.path().to_owned()]).unwrap_err();
            assert!(matches!(error, MergeError::CutShort { .. }), "{length}: {error}");
            assert!(error.to_string().contains("2.json: ends in its middle"), "{error}");
        }
        for other in ["[]", "null", "1", "{\"version\": 1}"] {
            fs::write(&file, other).unwrap();
            let error = merge(&[folder.path().to_owned()]).unwrap_err().to_string();
            assert!(error.contains("not what suite --format json prints") && !error.contains("struct"), "{error}");
        }
    }

    #[test]
    fn a_scenario_that_no_share_ran_is_missed() {
        let summary = merged(&[("1.json", share(1, 2, &["one"])), ("2.json", share(2, 2, &["two"]))]).unwrap();
        let [(name, why)] = bad(&summary)[..] else { panic!("{summary:?}") };
        assert_eq!(name, "the whole suite");
        assert!(why.contains("results of 2 scenarios, and not of the 3"), "{why}");
    }

    #[test]
    fn what_does_not_belong_together_is_refused_with_both_names() {
        let other = Summary { whole: Whole::of(["four".to_owned()].iter()), ..share(2, 2, &["four"]) };
        let error = merged(&[("1.json", share(1, 2, &["one"])), ("2.json", other)]).unwrap_err().to_string();
        assert!(error.contains("1.json") && error.contains("2.json") && error.contains("3 scenarios"), "{error}");
        let error = merged(&[("1.json", share(1, 2, &[])), ("2.json", share(2, 3, &[]))]).unwrap_err().to_string();
        assert!(error.contains("2 shares, the other 3"), "{error}");
    }

    #[test]
    fn reports_of_another_release_and_other_files_are_refused_by_name() {
        let folder = gathered(&[("1.json", share(1, 1, &["one"]))]);
        let file = folder.path().join("1.json");
        let text = fs::read_to_string(&file).unwrap();
        let own = format!("\"version\": \"{}\"", env!("CARGO_PKG_VERSION"));
        assert!(text.contains(&own));
        fs::write(&file, text.replace(&own, "\"version\": \"0.0.9\"")).unwrap();
        let error = merge(&[folder.path().to_owned()]).unwrap_err().to_string();
        assert!(error.contains("made by shakedown 0.0.9"), "{error}");
        fs::write(&file, "{}").unwrap();
        assert!(matches!(merge(&[file]).unwrap_err(), MergeError::Foreign { .. }));
        let empty = tempfile::tempdir().unwrap();
        assert!(matches!(merge(&[empty.path().to_owned()]).unwrap_err(), MergeError::None(_)));
        assert!(matches!(merge(&[empty.path().join("no")]).unwrap_err(), MergeError::Unreadable { .. }));
    }
}
