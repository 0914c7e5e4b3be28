//! What the code imports, held against what was really installed.

use std::collections::HashSet;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::catalog::servers::visited;
use crate::check::Import;
use crate::plan::{Plan, Vars};
use crate::sandbox::process::{self, Limits, Running};
use crate::sandbox::{Role, Sandbox, Step};

/// Asks the plan's own interpreter, as an import would find it, without running any code of a package: a module is there
/// when its file is, a package when its `__init__` is, and a namespace is followed to the next part of the name.
const ASK: &str = r"
import glob, os, sys

def is_there(name):
    top, *rest = name.split('.')
    found = None
    for finder in sys.meta_path:
        found = found or finder.find_spec(top, None)
    if found is None or found.has_location or not found.submodule_search_locations:
        return found is not None
    folders = list(found.submodule_search_locations)
    for part in rest:
        inside = [os.path.join(folder, part) for folder in folders]
        files = [at + end for at in inside for end in ('.py', '.so', '/__init__.py')]
        if any(map(os.path.isfile, files)) or any(glob.glob(glob.escape(at) + '.*.so') for at in inside):
            return True
        folders = [at for at in inside if os.path.isdir(at)]
    return bool(folders)

for name in sys.argv[1:]:
    if not is_there(name):
        print('absent', name)
print('asked')
";

/// More names than these would not fit on a command line.
const MOST: usize = 1000;
/// A look into folders takes no longer.
const LIMITS: Limits = Limits { total: Duration::from_secs(20), silence: None };
/// Programs whose `run` starts the app in an environment of its own.
const WRAPPERS: &[&str] = &["poetry", "pipenv", "uv", "pdm", "hatch", "conda"];

/// A question that is on its way.
pub(super) struct Asking(Running);

impl Asking {
    /// Asks, while the app starts if need be; none where it could not be told.
    pub(super) fn begin(sandbox: &dyn Sandbox, plan: &Plan, vars: &Vars, imports: &[Import]) -> Option<Self> {
        if plan.venv.as_os_str().is_empty() || plan.start_command().is_none_or(is_wrapped) || imports.is_empty() {
            return None;
        }
        let names: HashSet<&str> = imports.iter().map(|import| import.module.as_str()).collect();
        let python = plan.venv.join("bin/python").to_string_lossy().into_owned();
        let asked = names.into_iter().take(MOST).map(str::to_owned);
        let argv: Vec<String> = [python, "-c".to_owned(), ASK.to_owned()].into_iter().chain(asked).collect();
        // Not as a start, of which each adds to the profile.
        process::spawn(&sandbox.command(&Step { role: Role::Build, argv: &argv, vars, caches: &[] })).ok().map(Self)
    }

    /// What finds nothing; none where there was no whole answer.
    fn answer(mut self, interrupted: &AtomicBool) -> Option<HashSet<String>> {
        let (mut absent, mut is_complete) = (HashSet::new(), false);
        self.0
            .follow(LIMITS, interrupted, &mut |line| match line.strip_prefix("absent ") {
                Some(name) => drop(absent.insert(name.to_owned())),
                None => is_complete |= line == "asked",
            })
            .ok()?;
        is_complete.then_some(absent)
    }
}

/// Those of a working app's imports that find nothing; none where that cannot be told. `early` was asked as it started.
pub(super) fn absent(
    early: Option<Asking>,
    sandbox: &dyn Sandbox,
    plan: &Plan,
    vars: &Vars,
    imports: &[Import],
    interrupted: &AtomicBool,
) -> Option<HashSet<String>> {
    let early = early.and_then(|asking| asking.answer(interrupted));
    // What was not there then may have been made by the start.
    let absent = match early.filter(HashSet::is_empty) {
        Some(none) => none,
        None => Asking::begin(sandbox, plan, vars, imports)?.answer(interrupted)?,
    };
    let contradicts = |import: &Import| import.is_certain && absent.contains(&import.module);
    // An app that works without what it surely imports runs in another environment than the one that was asked, or has loaded nothing yet.
    let is_another = plan.start_command().and_then(visited).is_none() && imports.iter().any(contradicts);
    (!is_another).then_some(absent)
}

fn is_wrapped(start: &str) -> bool {
    let words: Vec<&str> = start.split_whitespace().collect();
    words.windows(2).any(|pair| pair[1] == "run" && WRAPPERS.contains(&pair[0]))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// What a Python that sees `folder` first says of the names.
    fn ask(folder: &std::path::Path, names: &[&str]) -> Option<String> {
        let asked = Command::new("python3").args(["-c", ASK]).args(names).env("PYTHONPATH", folder).output().ok()?;
        Some(String::from_utf8_lossy(&asked.stdout).into_owned())
    }

    #[test]
    fn a_module_is_there_when_its_file_is() {
        let folder = crate::folder::folder(&[
            ("gull/__init__.py", "raise SystemExit('was run')"),
            ("harbour/cloud/crane.py", ""),
            ("harbour/cloud/lamps/__init__.py", ""),
        ]);
        let names = [
            "gull",
            "gull.made_at_run_time",
            "harbour.cloud.crane",
            "harbour.cloud.lamps.more",
            "harbour.cloud.winch",
            "json",
            "nowhere_at_all",
        ];
        let Some(said) = ask(folder.path(), &names) else { return };
        assert_eq!(said, "absent harbour.cloud.winch\nabsent nowhere_at_all\nasked\n");
    }

    #[test]
    fn what_starts_in_an_environment_of_its_own_is_not_judged_by_this_one() {
        assert!(is_wrapped("poetry run python main.py") && is_wrapped("migrate && uv run bot.py"));
        assert!(!is_wrapped("streamlit run app.py"));
    }
}
