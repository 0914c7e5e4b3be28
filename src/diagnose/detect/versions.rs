//! What pip's list of versions tells about a requirement that nothing satisfies.

use super::found::find;
use crate::diagnose::table::DECISIVE;
use crate::diagnose::table::Finding;
use crate::diagnose::table::install::{NO_WHEEL_FOR_PYTHON, REQUIRES_PYTHON_MISMATCH};
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use pep440_rs::Version;
use std::str::FromStr;

static UNSATISFIED: Pattern = Pattern::new(
    r"Could not find a version that satisfies the requirement ([\w.-]+)(?:\[[^\]]*\])?(?:==([\w.+!]+))?[^(]*\((?:from [^)]*?)?\(?from versions: ([^)]*)",
);
static UNSATISFIED_PLAIN: Pattern = Pattern::new(
    r"Could not find a version that satisfies the requirement ([\w.-]+)(?:\[[^\]]*\])?(?:(==|~=|>=|<=|<|>)([\w.+!]+))?.*\(from versions: ([^)]*)",
);
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

pub(super) fn detect(view: &LogView<'_>, found: &mut Vec<Finding>) {
    for (at, line) in view.lines.iter().enumerate() {
        if !line.text.contains("Could not find a version that satisfies") {
            continue;
        }
        let Some(captures) = UNSATISFIED_PLAIN.captures(&line.text).or_else(|| UNSATISFIED.captures(&line.text)) else {
            continue;
        };
        let name = captures[1].to_lowercase().replace('_', "-");
        let pinned = captures.get(3).map(|group| group.as_str());
        // No Python is at fault where a build of somebody's own is on another index.
        if pinned.is_some_and(|version| version.contains('+')) {
            continue;
        }
        let versions: Vec<Version> = captures
            .get(4)
            .map_or("", |group| group.as_str())
            .split(", ")
            .filter_map(|version| Version::from_str(version.trim()).ok())
            .collect();
        let ignored = view.back_from(at, 12, |text| text.contains(IGNORED));
        let named_there = ignored.is_some_and(|line| {
            pinned.is_none_or(|version| view.text(line).contains(&format!(" {version} Requires-Python")))
        });
        let rule = if named_there && (pinned.is_some() || versions.is_empty()) {
            &REQUIRES_PYTHON_MISMATCH
        } else if versions.is_empty() && WHEELS_ONLY.contains(&name.as_str()) && !view.mentions("Retrying (Retry(") {
            &NO_WHEEL_FOR_PYTHON
        } else if let Some(pinned) = pinned.and_then(|version| Version::from_str(version).ok())
            && let Some(oldest) = versions.iter().min()
            && pinned < *oldest
            // Sources are listed whatever the Python: only wheels can have gone from a long list.
            && (versions.len() > 2 || WHEELS_ONLY.contains(&name.as_str()))
        {
            &NO_WHEEL_FOR_PYTHON
        } else {
            continue;
        };
        let finding = find(found, rule, at, DECISIVE);
        finding.subject = Some(
            captures.get(3).map_or(captures[1].to_owned(), |version| format!("{}=={}", &captures[1], version.as_str())),
        );
        finding.also.extend(ignored);
    }
}
