//! Names that the standard library had once.

use super::found::find;
use super::imports::{is_building, is_tool};
use crate::catalog::modules;
use crate::diagnose::table::Finding;
use crate::diagnose::table::modules::{DEPENDENCY_VERSION_INCOMPATIBLE, IMPORT_NAME_ERROR, REMOVED_STDLIB_MODULE};
use crate::diagnose::table::python::PYTHON_VERSION_TOO_OLD;
use crate::diagnose::table::{DECISIVE, Rule};
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use crate::log::traceback::Home;

static NAME: Pattern = Pattern::new(r"cannot import name '?(\w+)'?(?: from '([\w.]+)')?");
static ATTRIBUTE: Pattern = Pattern::new(r"module '([\w.]+)' has no attribute '(\w+)'");

static COPY_OF_SIX: Pattern = Pattern::ascii(r"No module named '((\w+)(?:\.\w+)*\.six\.moves(?:\.\w+)*)'");

/// A copy of six from before 1.16 inside a package: it finds `six.moves` by `find_module`, which Python 3.12 took away.
pub(super) fn detect_copies(view: &LogView<'_>, found: &mut Vec<Finding>) {
    for (index, raised) in view.raised.iter().enumerate() {
        let Some(copy) = COPY_OF_SIX.captures(&raised.message) else { continue };
        // What is tried in its place, and missing too, is not what was wrong.
        let next = view.raised.get(index + 1).filter(|next| next.handling_previous);
        found.retain(|known| known.at != raised.at && next.is_none_or(|next| known.at != next.at));
        let (module, package) = (&copy[1], &copy[2]);
        let finding = find(found, &DEPENDENCY_VERSION_INCOMPATIBLE, raised.at, DECISIVE);
        finding.subject = Some(package.to_owned());
        finding.message = Some(format!(
            "`{package}` brings an old copy of six, which Python 3.12 and newer cannot import ({module})"
        ));
        finding.help =
            Some(format!("take a newer release of {}, or an older Python (before 3.12)", modules::to_install(package)));
        finding.is_unfixable = true;
    }
}

/// What the standard library once had: a newer Python is the last thing to take.
pub(super) fn detect(view: &LogView<'_>, found: &mut Vec<Finding>) {
    for raised in &view.raised {
        let by_attribute = ATTRIBUTE.captures(&raised.message).map(|found| (found[1].to_owned(), found[2].to_owned()));
        let by_import = || {
            let found = NAME.captures(&raised.message)?;
            Some((found.get(2)?.as_str().to_owned(), found[1].to_owned()))
        };
        let Some((module, name)) = by_attribute.or_else(by_import) else { continue };
        let Some((since, instead)) = modules::removed_attribute(&module, &name) else { continue };
        if is_building(raised) || is_tool(raised) {
            continue;
        }
        let an_old_release =
            |known: &&mut Finding| known.at == raised.at && known.rule == &DEPENDENCY_VERSION_INCOMPATIBLE;
        if let Some(known) = found.iter_mut().find(an_old_release) {
            known.help =
                Some(format!("take a newer release of the package that uses it, or an older Python (before {since})"));
            continue;
        }
        found.retain(|known| known.at != raised.at || shows_more(known.rule));
        let package = raised.importer().filter(|frame| frame.home() == Home::Package);
        let write = match instead {
            "nothing" => "leave it out".to_owned(),
            "async-def" => "write `async def`".to_owned(),
            _ => format!("write `{instead}`"),
        };
        let finding = find(found, &REMOVED_STDLIB_MODULE, raised.at, DECISIVE);
        finding.subject = Some(format!("{module}.{name}"));
        finding.message = Some(format!("`{module}` has had no `{name}` since Python {since}"));
        finding.help = Some(match (package, since) {
            (_, "3.0") => format!("the code is written for Python 2: {write}"),
            (Some(_), _) => {
                format!("take a newer release of the package that uses it, or an older Python (before {since})")
            }
            (None, _) => format!("{write} in its place, or choose an older Python (before {since})"),
        });
        finding.is_unfixable = true;
    }
}

/// Rules whose finding stays beside a removed name.
fn shows_more(rule: &Rule) -> bool {
    rule != &PYTHON_VERSION_TOO_OLD && rule != &IMPORT_NAME_ERROR
}
