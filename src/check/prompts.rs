//! Commands that ask before they go on: in a deploy nobody answers.

use super::facts::Facts;
use super::facts::command::{Invocation, invocations};
use super::facts::ignored::hiding;
use super::facts::start::Start;
use super::finding::{Check, Findings, error, replace_once};
use crate::log::pattern::Pattern;
use crate::project::Source;

pub(crate) const ASKS: Check = error(
    "interactive-input",
    "In a deploy standard input is empty, so input(), getpass() and login prompts end at once.",
);

pub(super) const CHECKS: &[Check] = &[ASKS];

/// A command that asks whatever it finds.
struct Asking {
    program: &'static str,
    verb: &'static str,
    /// The options that answer, the one to add first.
    answers: &'static [&'static str],
}

/// pip 26, apt 2.4 to 3.0 and Django 5.2.
const ASKING: &[Asking] = &[
    Asking { program: "pip", verb: "uninstall", answers: &["-y", "--yes"] },
    Asking { program: "pip3", verb: "uninstall", answers: &["-y", "--yes"] },
    Asking {
        program: "apt-get",
        verb: "install",
        answers: &["-y", "--yes", "--assume-yes", "-yq", "-qy", "-qq", "-yqq", "-qqy"],
    },
    Asking {
        program: "apt",
        verb: "install",
        answers: &["-y", "--yes", "--assume-yes", "-yq", "-qy", "-qq", "-yqq", "-qqy"],
    },
    Asking { program: DJANGO, verb: "flush", answers: NO_INPUT },
];
/// `manage.py` and what stands in for it.
const DJANGO: &str = "django-admin";
const NO_INPUT: &[&str] = &["--noinput", "--no-input"];
const COLLECT: Asking = Asking { program: DJANGO, verb: "collectstatic", answers: NO_INPUT };

static ROOT: Pattern = Pattern::ascii(
    r#"(?m)^STATIC_ROOT\s*=\s*(?:str\()?(?:[\w.]+\s*/\s*|os\.path\.join\(\s*\w+\s*,\s*|\w+\.joinpath\(\s*)?["']([\w./-]+)["']"#,
);

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    let build: Vec<(&str, &Source)> = facts
        .install_choices()
        .chain(facts.build_choices())
        .map(|choice| (choice.value.as_str(), &choice.because))
        .collect();
    let starts = Start::by_shell(facts);
    let start = starts.iter().map(|start| (start.command, start.source));
    // Django asks for what stands in the folder already: of the project's own, or of a command before this one.
    let mut filled = filled_root(facts);
    for (command, source) in build.into_iter().chain(start) {
        if is_answered(command) {
            continue;
        }
        for invocation in &invocations(command) {
            if invocation.has_fallback(command) {
                continue;
            }
            if let Some(asking) = ASKING.iter().find(|asking| asking.is(invocation)) {
                asks(facts, asking, (command, source, invocation), "", findings);
            }
            if COLLECT.is_called(invocation) {
                let why = filled.as_deref().filter(|_| COLLECT.is(invocation));
                if let Some(why) = why {
                    asks(facts, &COLLECT, (command, source, invocation), &format!(", as {why}"), findings);
                }
                filled = Some("another command has filled its folder before".to_owned());
            }
        }
    }
}

impl Asking {
    fn is_called(&self, invocation: &Invocation<'_>) -> bool {
        let by_django = invocation.program == DJANGO
            || invocation.program == "manage.py"
            || invocation.arguments.iter().any(|word| word.ends_with("manage.py"));
        let is_program = if self.program == DJANGO { by_django } else { invocation.program == self.program };
        is_program && invocation.has(self.verb)
    }

    fn is(&self, invocation: &Invocation<'_>) -> bool {
        self.is_called(invocation) && !self.answers.iter().any(|answer| invocation.has(answer))
    }
}

/// Whether the line answers by a pipe or a text.
fn is_answered(command: &str) -> bool {
    ["yes |", "yes|", "<<<", "echo "].iter().any(|way| command.contains(way)) && command.contains(['|', '<'])
}

fn asks(
    facts: &Facts<'_>,
    asking: &Asking,
    (command, source, invocation): (&str, &Source, &Invocation<'_>),
    why: &str,
    findings: &mut Findings,
) {
    let (verb, answer) = (asking.verb, asking.answers[0]);
    let better = invocation.text.replacen(verb, &format!("{verb} {answer}"), 1);
    let finding = ASKS
        .found(format!("`{verb}` asks before it goes on{why}, and nobody answers"))
        .about(verb)
        .at(source.clone(), command)
        .help(format!("answer it by {answer}"));
    let edit = replace_once(source, &facts.line(source), invocation.text.trim(), better.trim());
    findings.push(finding.fix(format!("answer by {answer}"), edit.into_iter().collect()));
}

/// Why the folder of STATIC_ROOT is not empty in the deploy, where it is one of the project's with files.
fn filled_root(facts: &Facts<'_>) -> Option<String> {
    let (_, text) = super::django::settings(facts)?;
    let folder = ROOT.captures(&text)?[1].to_owned();
    let mut entries = std::fs::read_dir(facts.app.root().join(&folder)).into_iter().flatten().flatten();
    let held = format!("{}/{}", folder.trim_end_matches('/'), entries.next()?.file_name().to_str()?);
    hiding(&facts.app, &held).is_none().then(|| format!("{held} is in its folder, STATIC_ROOT"))
}
