//! What the package index says of a name that nobody here knows, before it is advised.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::catalog::modules;
use crate::catalog::servers::programs;
use crate::diagnose::{MISSING_PYTHON_MODULE, START_PROGRAM_NOT_FOUND};
use crate::finding::{Diagnosis, Edit};
use crate::plan::{Plan, Vars};
use crate::run::Event;
use crate::sandbox::process::{self, Limits};
use crate::sandbox::{Role, Sandbox, Step};

/// Looks into the newest wheel of a name for a module's file or a program's entry. Nothing of the wheel is run.
const ASK: &str = r"
import glob, os, subprocess, sys, tempfile, zipfile

name, module, program = sys.argv[1:]

def pip(*words):
    command = [sys.executable, '-m', 'pip', '--no-input', '--disable-pip-version-check', *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode, done.stdout

def brings(wheel):
    names = wheel.namelist()
    if module:
        extension = lambda at: at.startswith(module + '.') and at.endswith('.so') and '/' not in at
        return any(at == module + '.py' or at.startswith(module + '/') or extension(at) for at in names)
    texts = [wheel.read(at).decode('utf-8', 'replace') for at in names if at.endswith('.dist-info/entry_points.txt')]
    starts = [line.split('=')[0].strip() for text in texts for line in text.splitlines()]
    return program in starts or any(at.endswith('.data/scripts/' + program) for at in names)

with tempfile.TemporaryDirectory() as folder:
    code, said = pip('download', '--no-deps', '--only-binary', ':all:', '--dest', folder, name)
    found = glob.glob(os.path.join(folder, '*.whl'))
    if found:
        with zipfile.ZipFile(found[0]) as wheel:
            print('brings' if brings(wheel) else 'stranger', os.path.basename(found[0]).split('-')[1])
    elif 'from versions: none' in said and 'Retrying' not in said:
        code, said = pip('index', 'versions', name)
        print('nobody' if code and 'No matching distribution' in said and 'Retrying' not in said else 'unknown')
    else:
        print('unknown')
";

/// A small wheel takes a second.
const LIMITS: Limits = Limits { total: Duration::from_secs(30), silence: None };

/// What was found on the index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// There is no package of the name.
    Nobody,
    /// This release of it has what is missed.
    Brings(String),
    /// This release of it has not: it is somebody else's.
    Stranger(String),
    /// Nobody could be asked, or there is no wheel to look into.
    Unknown,
}

/// The name that a diagnosis proposes to require, where no table knows what it is.
fn guess(diagnosis: &Diagnosis) -> Option<&str> {
    let subject = diagnosis.subject.as_deref()?;
    let is_known = match diagnosis.rule {
        // What is asked for by the name of its distribution, as `python-multipart` is, is no module to look for in a wheel.
        rule if rule == MISSING_PYTHON_MODULE.id => {
            subject.contains(['-', '[']) || modules::distribution(subject).is_some()
        }
        rule if rule == START_PROGRAM_NOT_FOUND.id => {
            [true, false].into_iter().flat_map(programs).any(|known| known == subject)
                || modules::distribution(subject).is_some()
        }
        _ => return None,
    };
    diagnosis.fixes.iter().flat_map(|fix| &fix.edits).find_map(|edit| match edit {
        Edit::AppendLine { text, .. } if !is_known && *text == modules::to_install(subject) => Some(text.as_str()),
        _ => None,
    })
}

/// Asks the index about what the primary cause proposes; none where it proposes no guess.
pub(super) fn ask(
    sandbox: &dyn Sandbox,
    plan: &Plan,
    vars: &Vars,
    primary: Option<&Diagnosis>,
    interrupted: &AtomicBool,
    emit: &mut dyn FnMut(&Event),
) -> Option<Answer> {
    let primary = primary?;
    let name = guess(primary)?;
    emit(&Event::Waiting { what: format!("the package index: whether its {name} is what is missed") });
    let subject = primary.subject.as_deref().unwrap_or(name);
    let top = subject.split('.').next().unwrap_or(subject);
    let (module, program) = if primary.rule == START_PROGRAM_NOT_FOUND.id { ("", subject) } else { (top, "") };
    let python = plan.venv.join("bin/python").to_string_lossy().into_owned();
    let argv = [&python, "-c", ASK, name, module, program].map(str::to_owned);
    let command = sandbox.command(&Step { role: Role::Start, argv: &argv, vars, caches: &[] });
    let mut answer = Answer::Unknown;
    let asked = process::run(&command, LIMITS, interrupted, &mut |line| {
        answer = match line.split_once(' ') {
            Some(("brings", version)) => Answer::Brings(version.to_owned()),
            Some(("stranger", version)) => Answer::Stranger(version.to_owned()),
            None if line == "nobody" => Answer::Nobody,
            _ => return,
        };
    });
    Some(asked.map_or(Answer::Unknown, |_| answer))
}

/// Advises what the index has and takes back what it does not. Where nobody could ask, the diagnosis says so already.
pub(super) fn amend(primary: &mut Diagnosis, answer: &Answer, manifest: &str) {
    let Some(name) = guess(primary).map(str::to_owned) else { return };
    let what = primary.subject.clone().unwrap_or_else(|| name.clone());
    match answer {
        Answer::Brings(version) => {
            primary.help = Some(format!(
                "add `{name}` to {manifest}: the index has {name} {version}, and it brings `{what}`; look whose it is"
            ));
        }
        Answer::Nobody => {
            primary.fixes.clear();
            primary.help = Some(format!(
                "the package index has no `{name}`: `{what}` is a module of your own that was not committed or lies elsewhere, or a package of another name brings it"
            ));
        }
        Answer::Stranger(version) => {
            primary.fixes.clear();
            primary.help = Some(format!(
                "do not add `{name}`: the index's {name} {version} does not bring `{what}`, and is somebody else's; `{what}` is your own, or a package of another name brings it"
            ));
        }
        Answer::Unknown => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{Case, diagnose};
    use crate::folder::folder;
    use crate::log::Log;
    use crate::project::Project;

    fn missing(module: &str) -> Diagnosis {
        let dir = folder(&[("main.py", ""), ("requirements.txt", "rich\n")]);
        let project = Project::open(dir.path()).unwrap();
        let log = Log::from(format!("Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    import {module}\nModuleNotFoundError: No module named '{module}'\n").as_str());
        diagnose(&Case { project: Some(&project), ..Case::of_log(&log) }).remove(0)
    }

    fn amended(module: &str, answer: &Answer) -> (usize, String) {
        let mut primary = missing(module);
        amend(&mut primary, answer, "requirements.txt");
        (primary.fixes.len(), primary.help.unwrap_or_default())
    }

    #[test]
    fn what_is_known_needs_no_question() {
        assert_eq!(guess(&missing("requests")), None);
        assert_eq!(guess(&missing("gullwing")), Some("gullwing"));
    }

    #[test]
    fn a_distribution_that_a_package_asks_for_is_not_looked_for_as_a_module() {
        let dir = folder(&[("main.py", ""), ("requirements.txt", "fastapi\n")]);
        let project = Project::open(dir.path()).unwrap();
        let log = Log::from("RuntimeError: Form data requires \"python-multipart\" to be installed.\n");
        let told = diagnose(&Case { project: Some(&project), ..Case::of_log(&log) }).remove(0);
        assert_eq!((told.subject.as_deref(), guess(&told)), (Some("python-multipart"), None));
        assert_eq!(told.fixes.len(), 1);
    }

    #[test]
    fn a_program_that_its_package_calls_otherwise_now_is_not_asked_for() {
        let dir = folder(&[("main.py", ""), ("requirements.txt", "huey\n")]);
        let project = Project::open(dir.path()).unwrap();
        let log = Log::from("/bin/bash: line 1: huey_consumer.py: command not found\n");
        let told = diagnose(&Case { project: Some(&project), ..Case::of_log(&log) }).remove(0);
        assert_eq!(guess(&told), None);
        assert!(told.help.is_some_and(|help| help.contains("start `huey_consumer`")));
    }

    #[test]
    fn a_stranger_is_not_advised() {
        let (fixes, help) = amended("gullwing", &Answer::Stranger("0.1".into()));
        assert!(fixes == 0 && help.contains("do not add"), "{help}");
        let (fixes, help) = amended("gullwing", &Answer::Nobody);
        assert!(fixes == 0 && help.contains("has no `gullwing`"), "{help}");
    }

    #[test]
    fn what_nobody_asked_about_is_not_verified() {
        let (fixes, help) = amended("gullwing", &Answer::Unknown);
        assert!(fixes == 1 && help.contains("not verified"), "{help}");
        let (fixes, help) = amended("gullwing", &Answer::Brings("2.0".into()));
        assert!(fixes == 1 && help.contains("gullwing 2.0"), "{help}");
    }
}
