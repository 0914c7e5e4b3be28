//! Environments that tools make at the start.

use super::found::find;
use crate::diagnose::table::DECISIVE;
use crate::diagnose::table::Finding;
use crate::diagnose::table::start::START_MAKES_ENVIRONMENT;
use crate::diagnose::view::{LogView, Stage};
use crate::log::pattern::Pattern;

static MADE: Pattern = Pattern::new(
    r"^\s*Creating (?:a )?virtual ?env(?:ironment)?(?: ([\w.-]+) in | for this project|\.\.\.| at: | with )",
);

/// An environment that is made when the app starts is empty: a module that is missing then is missing there.
pub(super) fn detect(view: &LogView<'_>, found: &mut Vec<Finding>) {
    let is_start = |at: usize| view.lines[at].phase.as_deref() == Some("start") || view.stage_at(at) == Stage::Start;
    let made = (0..view.lines.len()).find_map(|at| {
        let captures = MADE.captures(view.text(at)).filter(|_| is_start(at))?;
        Some((at, captures.get(1).map(|name| name.as_str().to_owned())))
    });
    let Some((at, name)) = made else { return };
    let misses = view.raised.iter().any(|raised| raised.at > at && raised.message.starts_with("No module named"));
    let fails = (at..view.lines.len()).any(|at| view.text(at).contains("ommand not found"));
    if misses || fails {
        find(found, &START_MAKES_ENVIRONMENT, at, DECISIVE).subject = name;
    }
}
