//! What stands where a finding points.

use crate::project::{Project, Source};

/// The line that a source points at, empty where it names none.
pub(super) fn text_at(project: &Project, source: &Source) -> String {
    let Source::File { path, line: Some(line) } = source else { return String::new() };
    let text = project.read_text(path).unwrap_or_default();
    text.lines().nth(line.saturating_sub(1)).unwrap_or_default().to_owned()
}
