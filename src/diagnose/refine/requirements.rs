//! The requirements that pip lists below what it says of them.

use crate::check::local_version::index_of;
use crate::diagnose::table::Finding;
use crate::diagnose::table::{HINT, SAID};
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;

static WANTED: Pattern = Pattern::new(r"The user requested (\S.*)$");
static DEPENDS: Pattern = Pattern::new(r"^\s*([\w.-]+(?:\[[^\]]*\])? \S+) depends on (\S.*)$");
static HASHED: Pattern = Pattern::new(r"^\s+([\w.-]+==\S+)(?: from | --hash|:? *\\?$)");

/// Lines above and below among which they are looked for.
const NEAR: usize = 40;

fn near<'r>(view: &'r LogView<'_>, at: usize) -> impl Iterator<Item = &'r str> {
    (at.saturating_sub(NEAR)..view.lines.len().min(at + NEAR)).map(|index| view.text(index))
}

/// The subject is what was asked for and what that does not go with.
pub(in crate::diagnose) fn in_conflict(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let wanted = near(view, finding.at).find_map(|text| Some(WANTED.captures(text)?[1].to_owned()));
    let depends = near(view, finding.at)
        .find_map(|text| DEPENDS.captures(text).map(|found| format!("{} (wants {})", &found[1], &found[2])));
    // A pin that no release fits is in conflict with nothing.
    let others = near(view, finding.at).filter_map(|text| Some(WANTED.captures(text)?[1].to_owned()));
    if depends.is_none()
        && wanted.is_some()
        && others.into_iter().all(|other| Some(&other) == wanted.as_ref())
        && view.mentions("No matching distribution found for")
    {
        return false;
    }
    let both = match (wanted, depends) {
        (Some(wanted), Some(depends)) => Some(format!("{wanted} and {depends}")),
        (wanted, depends) => wanted.or(depends),
    };
    finding.subject = both.or(finding.subject.take());
    if !view.mentions("The conflict is caused by") {
        finding.help = Some("loosen or align the pins that the log names".to_owned());
    }
    true
}

/// The Python that a project's own files ask for is no package.
pub(in crate::diagnose) fn of_the_project(_: &LogView<'_>, finding: &mut Finding) -> bool {
    let Some(wanted) =
        finding.subject.as_deref().filter(|subject| subject.starts_with(['^', '~', '<', '>', '=', '2', '3']))
    else {
        return true;
    };
    finding.message = Some(format!("the project asks for Python `{wanted}`, and another one builds"));
    finding.help = Some(
        "choose such a Python in .python-version or runtime.txt (or the builder's variable), or change what the project asks for"
            .to_owned(),
    );
    true
}

/// The subject is a requirement without its hash.
pub(in crate::diagnose) fn hashed(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if finding.subject.is_none() {
        finding.subject = near(view, finding.at).find_map(|text| Some(HASHED.captures(text)?[1].to_owned()));
    }
    true
}

/// Without a network no index has any version of anything.
pub(in crate::diagnose) fn offline(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if view.mentions("Retrying (Retry(total=0") {
        finding.rank = finding.rank.min(SAID);
    }
    true
}

/// The same, where the index did not answer often enough to list a single version.
pub(in crate::diagnose) fn without_an_index(view: &LogView<'_>, finding: &mut Finding) -> bool {
    // The console may have broken the list of no versions in two, and an older pip prints none.
    let lists_none =
        || view.lines.iter().any(|line| line.text.trim_end().ends_with("none)")) || !view.mentions("from versions:");
    let text = view.text(finding.at);
    if ["known to git", "in upstream", "ailed to find", "ailed to fetch", "verify ref exists"]
        .iter()
        .any(|words| text.contains(words))
        && let Some(reference) = &finding.subject
    {
        finding.message = Some(format!("a repository has no branch, tag or commit `{reference}`"));
        finding.help =
            Some(format!("correct `{reference}` in the requirement, or push it to the repository that it names"));
        finding.is_unfixable = true;
    } else if view.mentions("Retrying (Retry(") && lists_none() {
        finding.rank = finding.rank.min(HINT);
    } else if let Some((name, own)) =
        finding.subject.as_deref().and_then(local).filter(|(_, own)| !is_listed(view, finding, own))
    {
        finding.message = Some(format!("`+{own}` is somebody's own build of {name}, which no public index has"));
        let index = index_of(name, own).unwrap_or_else(|| "URL".to_owned());
        finding.help = Some(format!(
            "name the index that has it in requirements.txt (`--extra-index-url {index}`), or take {name} without `+{own}`"
        ));
    } else if text.contains("(from versions: none)") {
        finding.help = Some(
            "look at the name: the index has nothing of it that this Python can install. Only wheels for other Pythons count as nothing, and a package of this repository, or of a private index, is not found there"
                .to_owned(),
        );
    }
    true
}

/// Whether the index that was asked has other versions of that build.
fn is_listed(view: &LogView<'_>, finding: &Finding, own: &str) -> bool {
    let lists =
        |text: &str| text.split_once("from versions:").is_some_and(|(_, list)| list.contains(&format!("+{own}")));
    near(view, finding.at).any(lists)
}

/// The package and the local part of the version that a requirement pins.
fn local(requirement: &str) -> Option<(&str, &str)> {
    let (name, version) = requirement.split_once("==")?;
    Some((name, version.split_once('+')?.1))
}

/// A pylock.toml is no list of requirements: pip 26.1 is the first that installs from one.
pub(in crate::diagnose) fn a_lock_file(view: &LogView<'_>, finding: &mut Finding) -> bool {
    const BELOW: usize = 4;
    // uv shows the line, and the place in it, below the file's name.
    if view.text(finding.at).contains("arse requirement in `") {
        let caret = (finding.at + 1..finding.at + 2 * BELOW).find(|at| view.text(*at).trim() == "^");
        finding.subject = caret.map(|at| view.text(at - 1).trim().to_owned()).or(finding.subject.take());
    }
    let from = (finding.at..view.lines.len().min(finding.at + BELOW)).any(|at| view.text(at).contains("pylock."));
    if from || finding.subject.as_deref().is_some_and(|subject| subject.starts_with("lock-version")) {
        finding.message = Some(
            "this pip takes pylock.toml for a list of requirements: pip 26.1 is the first that installs from it"
                .to_owned(),
        );
        finding.help = Some(
            "take pip 26.1 or newer (`python -m pip install -U \"pip>=26.1\"` before it), or export a requirements.txt"
                .to_owned(),
        );
        finding.is_unfixable = true;
    }
    true
}
