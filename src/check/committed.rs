//! Whether a push brings what is started and imported, and in a form that can be started.

use std::path::Path;

use super::facts::Facts;
use super::facts::command::invocations;
use super::facts::ignored::hiding;
use super::facts::shell_script::named;
use super::facts::start::Start;
use super::finding::{Check, Findings, error, warning};
use crate::finding::Severity;

const EXECUTABLE: Check = error(
    "start-script-not-executable",
    "A script that is started by its own path needs the executable bit, which git keeps. Start it with bash, or mark it executable.",
)
.decides();
const NOT_COMMITTED: Check = warning(
    "not-committed",
    "The file is in the folder, and git does not track it. A deploy from the repository does not have it until it is added and committed.",
);

pub(super) const CHECKS: &[Check] = &[EXECUTABLE, NOT_COMMITTED];

/// More names than these tell nothing new.
const MOST: usize = 10;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    // Before the first `git add` nothing is known of what will be committed.
    let Some(index) = facts.app.git_index().filter(|index| facts.is_python() && !index.is_empty()) else { return };
    let starts = Start::all(facts);
    let scripts = starts.iter().flat_map(|start| {
        let all = invocations(start.command);
        let paths: Vec<_> = all.iter().filter_map(|found| Some(Path::new(found.folder).join(named(found)?))).collect();
        paths.into_iter().map(|path| (path, start.source.clone(), start.command.to_owned()))
    });
    let modules = facts.loaded().filter(|_| !facts.builds()).map(|module| match &module.importer {
        Some((importer, line)) => {
            let source = facts.app.line(importer, Some(*line));
            let text = facts.line(&source);
            (module.path.clone(), source, text)
        }
        None => (module.path.clone(), facts.app.file(&module.path), String::new()),
    });
    let mut missing: Vec<_> = scripts.chain(modules).collect();
    missing.retain(|(path, ..)| {
        let is_plain = !path.starts_with("..") && facts.app.has_file(path);
        is_plain && !index.holds(path) && hiding(&facts.app, &path.to_string_lossy()).is_none()
    });
    let Some((first, ..)) = missing.first() else { return };
    let first = first.display().to_string();
    let names: Vec<String> = missing.iter().map(|(path, ..)| path.display().to_string()).collect();
    let (others, verb) = match names.len() - 1 {
        0 => (String::new(), "is"),
        1 => (format!(" and {}", names[1]), "are"),
        more => (format!(" and {more} other files"), "are"),
    };
    let them = if names.len() == 1 { "it" } else { "them" };
    let finding = NOT_COMMITTED
        .found(format!("{first}{others} {verb} not committed: a deploy from git does not have {them}"))
        .about(&first);
    let finding = missing.into_iter().take(MOST).fold(finding, |finding, (_, source, text)| finding.at(source, text));
    findings.push(finding.help(format!("git add {}", names[..names.len().min(MOST)].join(" "))));
}

/// Whether a file that is started by its own path is executable here, and in what git will push.
pub(super) fn executable(facts: &Facts<'_>, start: &Start<'_>, name: &str, path: &Path, findings: &mut Findings) {
    const PLAIN: u32 = 0o100_644;
    let changes_modes = |command: &str| command.contains("chmod");
    let by_build = facts.commands().into_iter().any(changes_modes);
    if by_build || changes_modes(start.command) || facts.script_text().contains(&format!("chmod +x {name}")) {
        return;
    }
    let here = is_executable(&facts.app.root().join(path));
    let index = facts.app.git_index();
    let is_plain = index.is_some_and(|index| index.mode(path) == Some(PLAIN));
    if here && !is_plain {
        return;
    }
    let finding = match here {
        false => EXECUTABLE.found(format!("{name} is started by its path, and is not executable")),
        true => EXECUTABLE.found(format!(
            "{name} is started by its path, and git has it as a file that is not executable: the deploy gets it so"
        )),
    };
    // Where git looks at the disk's bit, the next commit takes it along.
    let will_change = here && index.is_some_and(|index| index.takes_modes);
    let finding = if will_change { finding.severity(Severity::Warning) } else { finding };
    let better = start.command.replacen(name, &format!("bash {name}"), 1);
    let is_shell = name.ends_with(".sh");
    let edits = if is_shell { start.replaced_with(facts, &better) } else { Vec::new() };
    let finding = finding
        .about(name)
        .at(start.source.clone(), start.command)
        .help(format!("git update-index --chmod=+x {}, and commit it", path.display()));
    findings.push(finding.fix("start it with bash", edits));
}

fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o111 != 0)
}
