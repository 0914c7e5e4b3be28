//! Where in the project a diagnosis' subject stands.

use std::io::Read;
use std::path::{Component, Path};

use crate::builder::BuilderKind;
use crate::finding::Evidence;
use crate::log::traceback::Frame;
use crate::project::{Project, Source};

/// Files in which people write requirements, commands and packages.
const FILES: &[&str] = &[
    "railway.json",
    "railway.toml",
    "requirements.txt",
    "requirements/base.txt",
    "requirements/production.txt",
    "pyproject.toml",
    "Pipfile",
    "Procfile",
    "runtime.txt",
    ".python-version",
    "setup.py",
];
const LARGEST: u64 = 1 << 20;
const MOST: usize = 2;

/// The lines of the project that have one of the words, or, where there are none, name the subject.
pub(super) fn of(project: Option<&Project>, shown_by: &[&str], subject: Option<&str>) -> Vec<Evidence> {
    let Some(project) = project else { return Vec::new() };
    let needles: Vec<String> = match shown_by {
        [] => subject.map(needle).into_iter().collect(),
        words => words.iter().map(|word| (*word).to_owned()).collect(),
    };
    needles
        .iter()
        .filter(|needle| needle.len() > 1)
        .flat_map(|needle| search(project.root(), needle))
        .take(MOST)
        .collect()
}

/// The line of the project's own code that a traceback shows.
pub(super) fn of_frame(project: &Project, frame: &Frame) -> Option<Evidence> {
    let path = path_of(project, frame).filter(|_| frame.line > 0)?;
    Some(Evidence { source: project.line(path, Some(frame.line)), text: frame.code.trim().to_owned() })
}

/// The file of the project that a traceback names.
pub(crate) fn path_of<'f>(project: &Project, frame: &'f Frame) -> Option<&'f str> {
    let path = frame.file.strip_prefix("/app/").unwrap_or(&frame.file).trim_start_matches("./");
    let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
    (inside && project.has_file(path)).then_some(path)
}

/// The name in a subject such as `flask==3.0.2` or `/app/main.py:3`.
fn needle(subject: &str) -> String {
    let name = subject.split(['=', '<', '>', '~', '!', '[', ' ', ';']).next().unwrap_or(subject);
    name.trim_matches(['\'', '"', '`', ',']).to_lowercase()
}

/// Lines of the project's configuration that have `needle`, in any case.
pub(super) fn search(root: &Path, needle: &str) -> Vec<Evidence> {
    let needle = needle.to_lowercase();
    let mut found = Vec::new();
    for name in BuilderKind::all_config_files().chain(FILES.iter().copied()) {
        let Some(text) = text_of(root, name) else { continue };
        for (index, line) in text.lines().enumerate() {
            if line.to_lowercase().contains(&needle) {
                found.push(Evidence { source: Source::line(name, index + 1), text: line.trim().to_owned() });
                break;
            }
        }
    }
    found
}

/// A file of the project, unless it is missing or too large to have been written by hand.
pub(super) fn text_of(root: &Path, name: &str) -> Option<String> {
    let mut bytes = Vec::new();
    crate::fs::open(&root.join(name)).ok()?.take(LARGEST).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
