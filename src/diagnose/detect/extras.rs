//! Parts of a package that an extra completes: without it they end in whatever their first use of a missing or an old library raises.

use super::found::find;
use crate::catalog::extras;
use crate::diagnose::table::modules::{DEPENDENCY_VERSION_INCOMPATIBLE, MISSING_PYTHON_MODULE};
use crate::diagnose::table::{DECISIVE, Finding};
use crate::diagnose::view::LogView;
use crate::log::traceback::Raised;

/// Takes the place of what was guessed of the same exception.
pub(super) fn detect(view: &LogView<'_>, found: &mut Vec<Finding>) {
    for raised in &view.raised {
        let Some(frame) = raised.importer() else { continue };
        let Some(extra) = extras::of_file(&frame.file.replace('\\', "/")) else { continue };
        let Some(is_old) = lack(raised) else { continue };
        let (distribution, library) = (extra.distribution, extra.library);
        let requirement = format!("{distribution}[{}]", extra.name);
        let said = raised.message.lines().next().unwrap_or_default();
        let rule = if is_old { &DEPENDENCY_VERSION_INCOMPATIBLE } else { &MISSING_PYTHON_MODULE };
        let guesses = [&MISSING_PYTHON_MODULE, &DEPENDENCY_VERSION_INCOMPATIBLE];
        found.retain(|known| known.at != raised.at || !guesses.contains(&known.rule));
        let finding = find(found, rule, raised.at, DECISIVE);
        finding.message = Some(match is_old {
            true => format!("the installed `{library}` is too old for what `{distribution}` uses of it: {said}"),
            false => format!("no requirement asks for `{requirement}`, whose packages {} uses", frame.place()),
        });
        finding.help = Some(format!(
            "require `{requirement}` in place of `{distribution}`: the extra brings what that part needs, in releases that go together, so no line should hold `{library}` to another"
        ));
        finding.subject = Some(requirement);
    }
}

/// Whether an exception shows that a library is missing (`false`) or too old (`true`); none where it shows neither.
fn lack(raised: &Raised) -> Option<bool> {
    let message = raised.message.as_str();
    match raised.short() {
        // kombu 5.7.0: `Redis transport requires redis-py versions 6.1.0 or later. You have 5.0.1`.
        "VersionMismatch" => Some(true),
        "ImportError" => Some(message.starts_with("cannot import name")),
        "ModuleNotFoundError" => Some(false),
        // Celery's backends say so of what they could not import.
        "ImproperlyConfigured" => (message.contains("You need to install")).then_some(false),
        // kombu goes on without the library until a class of its own is to come of one of it.
        "AttributeError" => message.starts_with("'NoneType' object has no attribute").then_some(false),
        _ => None,
    }
}
