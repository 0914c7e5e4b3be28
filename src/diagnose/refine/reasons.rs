//! The reason that stands some lines from the message that it explains.

use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;

/// What parsers of TOML and JSON say is wrong.
static PARSER: Pattern = Pattern::new(
    r"^\s*(?:\|\s*)?((?:duplicate key|unknown field|invalid type|invalid value|missing field|unclosed|unterminated|expected|unexpected|string values must|failed to parse|control character|key with no value|trailing characters|EOF while parsing)\b.*)$",
);
/// A path between quotes, in a line that says what was done to it.
static PATH: Pattern = Pattern::new(r"(?i)(?:failed|could not|cannot|unable) .*[`'‘](/[^`'’]+)[`'’]");

/// The repository that a command clones, without the credentials that its address may hold.
static CLONED: Pattern = Pattern::new(
    r"(?:git clone .*?|Cloning |[Rr]epository ['‘`]?|git\+)((?:https?|ssh)://)(?:[^\s/@]*@)?([\w.-]+[/:][^\s'’`@#]+)",
);

/// How far below a parser's reason is looked for, and how far above the path of a refusal.
const BELOW: usize = 12;
const ABOVE: usize = 4;
const BELOW_NIX: usize = 10;
const CLONED_ABOVE: usize = 15;

/// The subject is what the parser says.
pub(in crate::diagnose) fn what_the_parser_says(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if finding.subject.is_none() {
        finding.subject = parser(view, finding.at);
    }
    true
}

/// The lock that is not there may be PDM's.
pub(in crate::diagnose) fn whose_lock(view: &LogView<'_>, finding: &mut Finding) -> bool {
    // PDM goes on, and writes one.
    if view.text(finding.at).contains("WARNING") {
        return false;
    }
    if view.text(finding.at).contains("[ProjectError]") {
        finding.message = Some("PDM was asked to install from its lock, and there is no pdm.lock".to_owned());
        finding.help = Some("run `pdm lock` and commit pdm.lock".to_owned());
    }
    true
}

/// Whether a file of another tool's is what was parsed.
fn is_of_another_file(view: &LogView<'_>, at: usize) -> bool {
    const OTHERS: &[&str] = &["pyproject.toml", "uv.lock", "uv.toml", "poetry.lock", "pdm.lock", "pylock.toml"];
    let text = view.text(at);
    text.contains("TOML parse error")
        && view.back_from(at, 2, |text| OTHERS.iter().any(|file| text.contains(file))).is_some()
}

/// The message ends with what the parser says.
pub(in crate::diagnose) fn and_what_the_parser_says(view: &LogView<'_>, finding: &mut Finding) -> bool {
    if is_of_another_file(view, finding.at) {
        return false;
    }
    if finding.message.is_none() {
        let message = finding.rule.message_for(finding.subject.as_deref());
        finding.message = parser(view, finding.at).map(|reason| format!("{message}: {reason}"));
    }
    true
}

/// The subject is the path that a line above names.
pub(in crate::diagnose) fn refused_path(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at);
    let is_run = text.starts_with("bash:")
        || text.starts_with("sh:")
        || text.contains("/sh:")
        || text.contains("/bash:")
        || text.contains("exec");
    if let Some(script) = finding.subject.as_deref().filter(|path| is_run && path.ends_with(".sh")) {
        finding.message = Some(format!("the script `{script}` lacks its executable bit"));
        finding.help = Some(format!(
            "start it with `bash {script}`, or commit the bit: `git update-index --chmod=+x {}`",
            script.trim_start_matches("./").trim_start_matches("/app/")
        ));
    }
    if finding.subject.is_none() {
        let mut above = (finding.at.saturating_sub(ABOVE)..finding.at).rev();
        finding.subject = above.find_map(|at| Some(PATH.captures(view.text(at))?[1].to_owned()));
    }
    true
}

/// The subject is the repository that was being cloned.
pub(in crate::diagnose) fn repository(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let cloned = (finding.at.saturating_sub(CLONED_ABOVE)..=finding.at).rev().find_map(|at| {
        let found = CLONED.captures(view.text(at))?;
        Some(format!("{}{}", &found[1], &found[2]))
    });
    finding.subject = cloned.or(finding.subject.take());
    true
}

/// Whose package set it is that lacks a name; and the word under Nix' caret, where the message itself names none.
pub(in crate::diagnose) fn nix_excerpt(view: &LogView<'_>, finding: &mut Finding) -> bool {
    match &finding.subject {
        Some(name) if view.text(finding.at).contains("E: ") && has_no_lists(view, finding.at) => {
            finding.message = Some(format!(
                "apt knows no package `{name}`: the image comes without apt's lists, and nothing fetches them first"
            ));
            finding.help = Some(format!(
                "name `{name}` in aptPkgs (or nixPkgs) of nixpacks.toml, or write `apt-get update &&` before the command"
            ));
            finding.is_unfixable = true;
        }
        Some(name) if view.text(finding.at).contains("E: ") => {
            finding.message = Some(format!("apt knows no package `{name}` in the image's release"));
            finding.help = Some(format!("take `{name}` out of aptPkgs, or give it its name in that release"));
        }
        Some(_) => {}
        None => {
            let mut below = finding.at..view.lines.len().min(finding.at + BELOW_NIX);
            finding.subject = below.find_map(|at| word_above_caret(view, at));
        }
    }
    true
}

/// Whether the command that asked for a package did so without `apt-get update` before: Nixpacks' own has it.
fn has_no_lists(view: &LogView<'_>, at: usize) -> bool {
    let installs = |text: &str| text.contains("apt-get install") || text.contains("apt install");
    let command = view.back_from(at, BELOW_NIX, installs).map(|at| view.text(at));
    let fetched =
        || view.back_from(at, CLONED_ABOVE, |text| text.starts_with("Get:") || text.contains(" update")).is_some();
    command.is_some_and(|command| !command.contains(" update")) && !fetched()
}

fn word_above_caret(view: &LogView<'_>, at: usize) -> Option<String> {
    let text = view.text(at);
    let caret = text.find('^').filter(|_| text.trim_matches([' ', '|', '^']).is_empty())?;
    let code = view.text(at.checked_sub(1)?);
    let start = code.get(..caret)?.rfind([' ', '|']).map_or(0, |blank| blank + 1);
    code.get(start..)?.split(' ').next().filter(|word| !word.is_empty()).map(str::to_owned)
}

fn parser(view: &LogView<'_>, at: usize) -> Option<String> {
    let below = at..view.lines.len().min(at + BELOW);
    below.into_iter().find_map(|at| Some(PARSER.captures(view.text(at))?[1].trim().to_owned()))
}
