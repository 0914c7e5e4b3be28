//! Which package was being built when a build failed.

use crate::catalog::{changed, modules};
use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;

/// Lines that name the package being built, best first.
static NAMED: [Pattern; 7] = [
    Pattern::new(r"Failed building wheel for (\S+)"),
    Pattern::new(
        r"(?:Could not build wheels for|Failed to build installable wheels for .*pyproject\.toml based projects \(|Failed to build) [`']?([\w.-]+(?:==[\w.]+)?)",
    ),
    Pattern::new(r"Failed to (?:download and )?build:? `([^`]+)`"),
    Pattern::new(r"Building wheel for (\S+) \("),
    Pattern::new(r"([A-Za-z][\w.-]*)\.egg-info"),
    Pattern::new(r"/pip-install-\w+/([\w.-]+?)_[0-9a-f]{16,}/"),
    Pattern::new(r"^\s*Collecting ([^\s(]+)"),
];

/// Lines above and below among which the name is looked for.
const NEAR: usize = 400;

/// The subject is the package that was being built.
pub(in crate::diagnose) fn being_built(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if finding.subject.is_none() {
        finding.subject = package_at(view, finding.at);
    }
    true
}

static ASKED: Pattern = Pattern::new(r"^\s*Collecting ([\w.-]+)\S* \(from ([\w.-]+)(\[[^\]]*\])?(?:==([\w.]+))?\S*->");

/// The same, and who asks for it: a pin of the project's own is raised otherwise than one of another package's.
pub(in crate::diagnose) fn without_a_wheel(view: &LogView<'_>, finding: &mut Finding) -> bool {
    being_built(view, finding);
    let Some(name) = finding.subject.as_deref().map(|subject| subject.split("==").next().unwrap_or(subject)) else {
        return true;
    };
    let asked = (0..view.lines.len()).find_map(|at| ASKED.captures(view.text(at)).filter(|found| &found[1] == name));
    if let Some(asked) = asked {
        let package = &asked[2];
        let release = asked.get(4).map(|release| format!(" {}", release.as_str())).unwrap_or_default();
        finding.help = Some(format!(
            "{package}{release} asks for this {name}: take a newer {package}, or choose an older Python (runtime.txt, .python-version)"
        ));
    }
    true
}

fn package_at(view: &LogView<'_>, at: usize) -> Option<String> {
    let after = at..view.lines.len().min(at + NEAR);
    let before = (at.saturating_sub(NEAR)..at).rev();
    if let Some(name) = mentioned_above(view, at) {
        return Some(name);
    }
    NAMED.iter().find_map(|pattern| {
        after.clone().chain(before.clone()).find_map(|index| {
            pattern.captures(view.text(index)).map(|found| found[1].trim_end_matches([',', '.']).to_owned())
        })
    })
}

/// The name that pip prints alone on a line, above "This is an issue with the package mentioned above".
fn mentioned_above(view: &LogView<'_>, at: usize) -> Option<String> {
    let note = (at..view.lines.len().min(at + NEAR))
        .find(|index| view.text(*index).contains("issue with the package mentioned above"))?;
    let above = (at..note)
        .rev()
        .map(|index| view.text(index).trim_start_matches([' ', '╰', '─', '>']))
        .find(|text| !text.is_empty())?;
    let is_name = !above.contains(' ') && above.starts_with(|c: char| c.is_ascii_alphabetic());
    is_name.then(|| above.to_owned())
}

/// A build has an environment of its own, which a line of requirements.txt does not reach.
pub(in crate::diagnose) fn in_a_build(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if ["Getting requirements to build", "Preparing metadata (pyproject.toml)", "pip-build-env"]
        .iter()
        .any(|word| view.mentions(word))
    {
        finding.help = Some("take a newer release of the package, or one with a wheel; failing that, hold its build to an older setuptools: a file with `setuptools<81`, named by the variables PIP_CONSTRAINT, which reaches builds before pip 26.2, and PIP_BUILD_CONSTRAINT, which does from 25.3 on. A line in requirements.txt does not reach the environment of a build".to_owned());
    }
    true
}

/// Which package a program lacks that says so of a part of itself.
pub(in crate::diagnose) fn of_a_program(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if view.text(finding.at).contains("No such command") {
        // `db` is Flask-Migrate's, which gives it to Flask's command wherever it is installed.
        finding.subject = Some("Flask-Migrate".to_owned());
        return view.back_from(finding.at, 4, |text| text.contains("Usage: flask ")).is_some();
    }
    of_a_worker(view, finding)
}

/// gunicorn names a worker's class where what that class imports is missing; the traceback after it says what.
fn of_a_worker(view: &LogView<'_>, finding: &mut Finding) -> bool {
    /// Lines of such a traceback.
    const LONGEST: usize = 60;
    let Some(class) = finding.subject.as_deref().filter(|_| view.text(finding.at).contains("Error: class uri '"))
    else {
        return true;
    };
    let after = finding.at + 1..view.lines.len().min(finding.at + LONGEST);
    let missing = after.take_while(|at| view.text(*at).trim() != "]").find_map(|at| {
        Some(
            view.text(at).split_once("ModuleNotFoundError: No module named '")?.1.split(['\'', '.']).next()?.to_owned(),
        )
    });
    missing.is_none_or(|missing| class.split('.').next() == Some(&missing))
}

/// A dict is a key of nothing, here or elsewhere; Starlette takes one for a template's name, and Jinja asks for its hash.
pub(in crate::diagnose) fn of_a_page(view: &LogView<'_>, finding: &mut Finding) -> bool {
    view.text(finding.at).contains("TemplateResponse()")
        || view.raised_at(finding.at).is_some_and(|raised| raised.passes("/starlette/templating.py"))
}

/// Which package calls what another no longer takes, and exceptions that somebody catches.
pub(in crate::diagnose) fn that_calls(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at);
    // passlib prints what it catches, and goes on.
    if text.contains("'bcrypt' has no attribute '__about__'") && view.mentions("(trapped) error reading bcrypt version")
    {
        return false;
    }
    // bcrypt 5.0 refuses what passlib 1.7.4 tries it with; anybody else's password may really be too long.
    let is_passlibs = || view.raised_at(finding.at).is_some_and(|raised| raised.passes("/passlib/"));
    if text.contains("longer than 72 bytes") && !is_passlibs() {
        return false;
    }
    let changed = changed::by_message(text);
    if let Some(changed) = changed {
        finding.message = changed.message.map(str::to_owned);
        finding.subject = Some(changed.package.to_owned());
        finding.help = Some(changed.help.to_owned());
    }
    let Some(raised) = view.raised_at(finding.at) else { return true };
    let package = || raised.frames.last().and_then(|frame| frame.package()).map(modules::to_install);
    let argument = text.split_once("unexpected keyword argument").map(|(_, rest)| rest.trim().trim_matches('\''));
    if let Some(argument) = argument
        && let Some(package) = package()
    {
        finding.message = Some(format!(
            "`{package}` calls another package with `{argument}`, which that one's installed release does not take"
        ));
        let hold = if matches!(argument, "proxies" | "proxy") {
            ", or hold httpx back: `httpx<0.28` takes `proxies`"
        } else {
            ""
        };
        finding.help = Some(format!("take a newer release of `{package}`{hold}"));
        finding.subject = Some(package);
    } else if let Some(argument) = argument
        && changed.is_none()
    {
        // The argument is no package, and only who knows the class knows whose it is.
        let callee = raised.message.split('(').next().unwrap_or_default().to_owned();
        finding.message = Some(format!("`{callee}()` takes no `{argument}` in the installed release of its package"));
        finding.help = Some(format!(
            "pin the package of `{callee}` to the release that the code was written for, or leave `{argument}` out"
        ));
        finding.subject = Some(callee);
    } else if text.contains("ForwardRef._evaluate() missing") {
        let package = package().unwrap_or_else(|| "pydantic".to_owned());
        finding.message = Some(format!("the installed release of `{package}` does not work with this Python"));
        finding.help = Some(format!(
            "take a newer release of `{package}` (pydantic 1.10.16 is the first for Python 3.12.4 and newer), or Python 3.11"
        ));
        finding.subject = Some(package);
    }
    true
}

/// A version that is read from git's history cannot be read where that is not.
pub(in crate::diagnose) fn without_a_version(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if view.text(finding.at).contains("unable to detect version") {
        finding.message =
            Some("setuptools-scm reads the version from git's history, which the image does not have".to_owned());
        finding.help = Some(
            "set SETUPTOOLS_SCM_PRETEND_VERSION for the service, or write fallback_version under [tool.setuptools_scm] of pyproject.toml"
                .to_owned(),
        );
    }
    true
}

/// An app that calls git by itself fetches no requirement.
pub(in crate::diagnose) fn git(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at);
    let is_called =
        text.contains("FileNotFoundError") && view.back_from(finding.at, CALL, calls_from_the_app).is_some();
    if is_called || text.contains("Bad git executable") {
        finding.message = Some("the app runs git, and there is no git".to_owned());
    } else {
        finding.message = Some(finding.rule.message_for(None));
    }
    // By its name a run knows whether the plan declares it.
    finding.subject = Some("git".to_owned());
    true
}

/// Lines of a traceback between a call of the app and what it ends in.
const CALL: usize = 40;

fn calls_from_the_app(line: &str) -> bool {
    line.contains("File \"/app/") && !line.contains("/site-packages/")
}
