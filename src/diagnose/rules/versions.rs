//! What pip's list of versions tells about a requirement that nothing satisfies.

use std::str::FromStr;
use std::sync::LazyLock;

use pep440_rs::Version;
use regex::Regex;

use super::find;
use crate::diagnose::rank::Finding;
use crate::diagnose::reading::Reading;
use crate::diagnose::rule::{DECISIVE, HINT, SAID};

static UNSATISFIED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"Could not find a version that satisfies the requirement ([\w.-]+)(?:\[[^\]]*\])?(?:==([\w.+!]+))?[^(]*\((?:from [^)]*?)?\(?from versions: ([^)]*)").ok()
});
static UNSATISFIED_PLAIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"Could not find a version that satisfies the requirement ([\w.-]+)(?:\[[^\]]*\])?(?:(==|~=|>=|<=|<|>)([\w.+!]+))?.*\(from versions: ([^)]*)").ok()
});
const IGNORED: &str = "Ignored the following versions that require a different";

/// Distributions that publish wheels only: no versions at all means none for this Python.
const WHEELS_ONLY: &[&str] = &[
    "torch",
    "torchvision",
    "torchaudio",
    "tensorflow",
    "tensorflow-cpu",
    "tensorflow-gpu",
    "tflite-runtime",
    "mediapipe",
    "open3d",
    "onnxruntime",
    "onnxruntime-gpu",
    "jaxlib",
    "faiss-gpu",
    "ray",
    "tensorflow-intel",
    "tensorflow-macos",
    "paddlepaddle",
    "tensorflow-text",
    "tensorflow-io",
    "tensorflow-io-gcs-filesystem",
    "intel-openmp",
    "mkl",
    "triton",
    "xformers",
    "bitsandbytes",
    "decord",
    "pythonnet",
    "ctranslate2",
    "tensorrt",
    "pyqt6-qt6",
    "dm-tree",
    "ai-edge-litert",
];

static WANTED: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"The user requested (\S.*)$").ok());
static DEPENDS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\s*([\w.-]+(?:\[[^\]]*\])? \S+) depends on (\S.*)$").ok());
static HASHED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^\s+([\w.-]+==\S+)(?: from | --hash|:? *\\?$)").ok());

/// Gives conflicts and hashes the requirements that pip lists below them.
pub(super) fn name_requirements(reading: &Reading<'_>, found: &mut [Finding]) {
    let near = |at: usize| (at.saturating_sub(40)..reading.lines.len().min(at + 40)).map(|index| reading.text(index));
    for finding in found.iter_mut() {
        match finding.rule.id {
            "resolution-conflict" => {
                let wanted = near(finding.at).find_map(|text| Some(WANTED.as_ref()?.captures(text)?[1].to_owned()));
                let depends = near(finding.at).find_map(|text| {
                    DEPENDS.as_ref()?.captures(text).map(|found| format!("{} (wants {})", &found[1], &found[2]))
                });
                if let Some(subject) = match (wanted, depends) {
                    (Some(wanted), Some(depends)) => Some(format!("{wanted} and {depends}")),
                    (wanted, depends) => wanted.or(depends),
                } {
                    finding.subject = Some(subject);
                }
            }
            // Without a network no index has any version of anything.
            "windows-only-requirement" if reading.mentions("Retrying (Retry(total=0") => {
                finding.rank = finding.rank.min(SAID);
            }
            "no-matching-distribution"
                if reading.mentions("Retrying (Retry(") && reading.mentions("(from versions: none)") =>
            {
                finding.rank = finding.rank.min(HINT);
            }
            "hash-mismatch" if finding.subject.is_none() => {
                finding.subject =
                    near(finding.at).find_map(|text| Some(HASHED.as_ref()?.captures(text)?[1].to_owned()));
            }
            _ => {}
        }
    }
}

pub(super) fn read(reading: &Reading<'_>, found: &mut Vec<Finding>) {
    for (at, line) in reading.lines.iter().enumerate() {
        if !line.text.contains("Could not find a version that satisfies") {
            continue;
        }
        let Some(captures) = UNSATISFIED_PLAIN
            .as_ref()
            .and_then(|regex| regex.captures(&line.text))
            .or_else(|| UNSATISFIED.as_ref()?.captures(&line.text))
        else {
            continue;
        };
        let name = captures[1].to_lowercase().replace('_', "-");
        let pinned = captures.get(3).map(|group| group.as_str());
        let versions: Vec<Version> = captures
            .get(4)
            .map_or("", |group| group.as_str())
            .split(", ")
            .filter_map(|version| Version::from_str(version.trim()).ok())
            .collect();
        let ignored = reading.back_from(at, 12, |text| text.contains(IGNORED));
        let named_there = ignored.is_some_and(|line| {
            pinned.is_none_or(|version| reading.text(line).contains(&format!(" {version} Requires-Python")))
        });
        let id = if named_there && (pinned.is_some() || versions.is_empty()) {
            "requires-python-mismatch"
        } else if versions.is_empty() && WHEELS_ONLY.contains(&name.as_str()) && !reading.mentions("Retrying (Retry(") {
            "no-wheel-for-python"
        } else if let Some(pinned) = pinned.and_then(|version| Version::from_str(version).ok())
            && let Some(oldest) = versions.iter().min()
            && pinned < *oldest
            // Sources are listed whatever the Python: only wheels can have gone from a long list.
            && (versions.len() > 2 || WHEELS_ONLY.contains(&name.as_str()))
        {
            "no-wheel-for-python"
        } else {
            continue;
        };
        if let Some(index) = find(found, id, at, DECISIVE) {
            found[index].subject = Some(
                captures
                    .get(3)
                    .map_or(captures[1].to_owned(), |version| format!("{}=={}", &captures[1], version.as_str())),
            );
            found[index].also.extend(ignored);
        }
    }
}
