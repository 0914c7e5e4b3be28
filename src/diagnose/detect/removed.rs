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
use crate::log::traceback::{Home, Raised};

static NAME: Pattern = Pattern::new(r"cannot import name '?(\w+)'?(?: from '([\w.]+)')?");
static ATTRIBUTE: Pattern = Pattern::new(r"module '([\w.]+)' has no attribute '(\w+)'");

/// A member of a class: of an object, or of the class itself.
static MEMBER: Pattern = Pattern::new(r"'(?:[\w.]+\.)?(\w+)' (?:object )?has no attribute '(\w+)'");
/// An argument that a function, a method or a class no longer takes.
static ARGUMENT: Pattern = Pattern::new(r"^([\w.]+)\(\) got an unexpected keyword argument '(\w+)'");
/// The modules by whose names asyncio's are called, and those of the others that take arguments no more.
const OWNERS: &[&str] =
    &["asyncio", "client", "http.client", "smtplib", "imaplib", "gettext", "request", "collections", "json"];

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
        let by_member = || {
            let found = MEMBER.captures(&raised.message)?;
            Some((found[1].to_owned(), found[2].to_owned()))
        };
        let by_argument = || {
            let found = ARGUMENT.captures(&raised.message)?;
            let callee = found[1].trim_end_matches(".__init__").trim_end_matches(".__new__");
            let callee = callee.rsplit('.').next().filter(|callee| is_called_as_standard(raised, callee))?;
            Some((callee.to_owned(), format!("{}=", &found[2])))
        };
        let named = by_attribute.or_else(by_import).or_else(by_member).or_else(by_argument);
        let Some((module, name)) = named else { continue };
        let Some((since, instead)) = modules::removed_attribute(&module, &name) else { continue };
        let what = match name.strip_suffix('=') {
            Some(argument) => format!("`{module}` has taken no `{argument}` since Python {since}"),
            None => format!("`{module}` has had no `{name}` since Python {since}"),
        };
        if is_building(raised) || is_tool(raised) {
            continue;
        }
        let an_old_release =
            |known: &&mut Finding| known.at == raised.at && known.rule == &DEPENDENCY_VERSION_INCOMPATIBLE;
        // What is said of a release of some package is not so of the standard library.
        if let Some(known) = found.iter_mut().find(an_old_release).filter(|_| !name.ends_with('=')) {
            known.message = Some(what);
            known.help =
                Some(format!("take a newer release of the package that uses it, or an older Python (before {since})"));
            continue;
        }
        found.retain(|known| known.at != raised.at || shows_more(known.rule));
        let package = raised.importer().filter(|frame| frame.home() == Home::Package);
        let write = match instead {
            "nothing" => "leave it out".to_owned(),
            "async-def" => "write `async def` in its place".to_owned(),
            _ => format!("write `{instead}` in its place"),
        };
        let finding = find(found, &REMOVED_STDLIB_MODULE, raised.at, DECISIVE);
        finding.subject = Some(format!("{module}.{name}"));
        finding.message = Some(what);
        finding.help = Some(match (package, since) {
            (_, "3.0") => format!("the code is written for Python 2: {write}"),
            (Some(_), _) => {
                format!("take a newer release of the package that uses it, or an older Python (before {since})")
            }
            (None, _) => format!("{write}, or choose an older Python (before {since})"),
        });
        finding.is_unfixable = true;
    }
}

/// Whether the line that calls it does not name another module as its own: `janus.Queue(loop=loop)`.
fn is_called_as_standard(raised: &Raised, name: &str) -> bool {
    let code = raised.frames.last().map_or("", |frame| frame.code.as_str());
    let Some((before, _)) = code.split_once(&format!("{name}(")) else { return true };
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let owner = before.trim_end_matches(is_word);
    let owner = before[owner.len()..].strip_suffix('.');
    owner.is_none_or(|owner| OWNERS.contains(&owner))
}

/// Rules whose finding stays beside a removed name.
fn shows_more(rule: &Rule) -> bool {
    rule != &PYTHON_VERSION_TOO_OLD && rule != &IMPORT_NAME_ERROR && rule != &DEPENDENCY_VERSION_INCOMPATIBLE
}

#[cfg(test)]
mod tests {
    use crate::diagnose::{Case, diagnose};
    use crate::log::Log;

    fn words(place: &str, code: &str, message: &str) -> String {
        let log = format!(
            "Traceback (most recent call last):\n  File \"{place}\", line 3, in <module>\n    {code}\n{message}\n"
        );
        let found = diagnose(&Case::of_log(&Log::from(log.as_str())));
        let told = |found: &crate::finding::Diagnosis| {
            format!("{}; {}", found.message, found.help.clone().unwrap_or_default())
        };
        found.iter().map(told).collect::<Vec<_>>().join(" | ")
    }

    const PACKAGE: &str = "/opt/venv/lib/python3.12/site-packages/tides/core.py";

    #[test]
    fn what_python_has_dropped_is_told_as_pythons_alone() {
        for (code, message, what) in [
            (
                "done = asyncio.Event(loop=loop)",
                "TypeError: Event.__init__() got an unexpected keyword argument 'loop'",
                "`Event` has taken no `loop` since Python 3.10",
            ),
            (
                "await asyncio.sleep(1, loop=loop)",
                "TypeError: sleep() got an unexpected keyword argument 'loop'",
                "`sleep` has taken no `loop` since Python 3.10",
            ),
            (
                "thread.isAlive()",
                "AttributeError: 'Thread' object has no attribute 'isAlive'",
                "`Thread` has had no `isAlive` since Python 3.9",
            ),
            (
                "config.readfp(file)",
                "AttributeError: 'ConfigParser' object has no attribute 'readfp'",
                "`ConfigParser` has had no `readfp` since Python 3.12",
            ),
            (
                "task.all_tasks()",
                "AttributeError: type object '_asyncio.Task' has no attribute 'all_tasks'",
                "`Task` has had no `all_tasks` since Python 3.9",
            ),
            (
                "@asyncio.coroutine",
                "AttributeError: module 'asyncio' has no attribute 'coroutine'",
                "`asyncio` has had no `coroutine` since Python 3.11",
            ),
            (
                "isinstance(node, ast.Str)",
                "AttributeError: module 'ast' has no attribute 'Str'",
                "`ast` has had no `Str` since Python 3.14",
            ),
            (
                "from inspect import getargspec",
                "ImportError: cannot import name 'getargspec' from 'inspect' (/usr/lib/python3.12/inspect.py)",
                "`inspect` has had no `getargspec` since Python 3.11",
            ),
        ] {
            let of_package = words(PACKAGE, code, message);
            assert!(
                of_package.starts_with(what) && of_package.contains("a newer release of the package"),
                "{of_package}"
            );
            assert!(!of_package.contains(" | "), "{of_package}");
            let own = words("/app/main.py", code, message);
            assert!(own.contains("older Python (before 3."), "{own}");
        }
    }

    #[test]
    fn what_belongs_to_others_is_theirs() {
        for (code, message) in [
            ("queue = janus.Queue(loop=loop)", "TypeError: Queue.__init__() got an unexpected keyword argument 'loop'"),
            ("boat.isAlive()", "AttributeError: 'Boat' object has no attribute 'isAlive'"),
        ] {
            let told = words("/app/main.py", code, message);
            assert!(!told.contains("since Python"), "{told}");
        }
    }
}
