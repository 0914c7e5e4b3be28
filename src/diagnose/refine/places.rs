//! The project's own line at which something came out.

use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use crate::log::traceback::{Frame, Raised};

static CONNECT: Pattern = Pattern::new(r#"connect\(\s*f?["']([^"']+)["']"#);

/// The subject of what names nothing is the line at which it came out, as `file:line: code`.
pub(in crate::diagnose) fn own_line(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if finding.subject.is_none() {
        finding.subject = view.raised_at(finding.at).and_then(Raised::own_frame).map(Frame::quoted);
    }
    true
}

/// The subject is the file that the code connects to.
pub(in crate::diagnose) fn sqlite_file(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if finding.subject.is_none() {
        let frames = view.raised_at(finding.at).map(|raised| raised.frames.iter().rev());
        finding.subject =
            frames.into_iter().flatten().find_map(|frame| Some(CONNECT.captures(&frame.code)?[1].to_owned()));
    }
    true
}

/// A program of a virtual environment is no file of the project.
pub(in crate::diagnose) fn of_the_project(_: &LogView<'_>, finding: &mut Finding) -> bool {
    !finding.subject.as_deref().is_some_and(|file| file.contains("env/bin/"))
}
