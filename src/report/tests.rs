//! Whatever a report is about, nothing in it commands a terminal.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use proptest::prelude::*;

use super::*;
use crate::builder::railpack::Printed;
use crate::builder::{Builder, Detected};
use crate::finding::{Certainty, Edit, Fix};
use crate::plan::{Action, Apt, Command, NixEnvironment, PackageList, Packages, Plan, Start, Step};
use crate::project::Source;
use crate::rehearse::replay::{FailedHere, Match};
use crate::run::{CmdOutcome, Outcome, PhaseOutcome, Smoke, SmokeKind, SmokeResult, Status};
use crate::sandbox::process::Exit;
use crate::sandbox::{Kept, Unverified};

fn sources(text: &str) -> Vec<Source> {
    vec![
        Source::File { path: PathBuf::from(text), line: Some(1) },
        Source::File { path: PathBuf::from(text), line: None },
        Source::Log { phase: Some(text.to_owned()), line: 1 },
        Source::Variable(text.to_owned()),
        Source::Flag(text.to_owned()),
    ]
}

fn diagnosis(text: &str) -> Diagnosis {
    let evidence = sources(text).into_iter().map(|source| Evidence { source, text: text.to_owned() }).collect();
    Diagnosis {
        rule: "code-error",
        severity: Severity::Error,
        message: text.to_owned(),
        subject: Some(text.to_owned()),
        evidence,
        certainty: Certainty::Certain,
        help: Some(text.to_owned()),
        fixes: vec![Fix { summary: text.to_owned(), edits: Vec::new() }],
    }
}

fn plan(text: &str) -> Plan {
    let list = || PackageList { key: text.to_owned(), names: vec![text.to_owned()] };
    let command = || Command { shown: text.to_owned(), argv: vec![text.to_owned()] };
    let nix =
        NixEnvironment { packages: list(), libraries: list(), command: text.to_owned(), ..NixEnvironment::default() };
    let apt = Some(Apt { packages: list(), command: text.to_owned() });
    let step = |name: &str| Step {
        name: name.to_owned(),
        packages: Packages { nix: vec![nix.clone()], apt: apt.clone(), ..Packages::default() },
        actions: vec![Action::Run(command())],
        ..Step::default()
    };
    let start = Some(Start { command: command(), user: Some(text.to_owned()), ..Start::default() });
    Plan { steps: vec![step("setup"), step(text)], start, ..Plan::default() }
}

fn rehearsal(text: &str, result: SmokeResult, status: Status) -> Report {
    let cmds = || vec![CmdOutcome { cmd: text.to_owned(), status, took: Duration::from_secs(1), origin: None }];
    let phase = |name: &str| PhaseOutcome { name: name.to_owned(), status, cmds: cmds() };
    let smoke = Smoke {
        cmd: format!("{text} && {text}"),
        kind: Some(SmokeKind::Answers),
        result,
        took: Duration::from_secs(1),
        listening: Vec::new(),
        outside: Vec::new(),
        running: Some(text.to_owned()),
        programs: Vec::new(),
        stops_on_sigterm: Some(false),
        lines: 1,
        unserved: vec![text.to_owned()],
        refuses_host: true,
        led_to: Some(text.to_owned()),
        was_visited: Some(true),
        sent_back: None,
    };
    let unverified = vec![Unverified { what: text.to_owned(), why: text.to_owned() }];
    let rehearsal = Rehearsal {
        plan: plan(text),
        builder: Some(Detected { builder: Builder::Nixpacks, because: sources(text).remove(0), doubt: None }),
        backend: text.to_owned(),
        reason: text.to_owned(),
        outcome: Outcome { phases: vec![phase("setup"), phase(text)], smoke: Some(smoke) },
        diagnoses: vec![diagnosis(text), diagnosis(text)],
        telling: vec![Evidence { source: sources(text).remove(2), text: text.to_owned() }],
        absent: Some(unverified[0].clone()),
        unverified,
        kept: Some(Kept::Folder(PathBuf::from(text))),
        ..Rehearsal::default()
    };
    Report { project: PathBuf::from(text), content: Content::Rehearsal(Box::new(rehearsal)) }
}

fn replay(text: &str, diagnoses: Vec<Diagnosis>) -> Report {
    let failure = Failure {
        phase: Some(text.to_owned()),
        command: Some(text.to_owned()),
        exit_code: Some(1),
        nixpacks: Some(text.to_owned()),
        railpack: Some(text.to_owned()),
        planned: Some(Printed {
            version: text.to_owned(),
            packages: vec![(text.to_owned(), text.to_owned())],
            steps: vec![(text.to_owned(), vec![text.to_owned()])],
            start: Some(text.to_owned()),
        }),
        form: "plain",
    };
    let telling = vec![Evidence { source: sources(text).remove(2), text: text.to_owned() }];
    let failed = Some(FailedHere {
        phase: text.to_owned(),
        rule: Some("rule"),
        message: text.to_owned(),
        help: Some(text.to_owned()),
    });
    let here =
        Some(Comparison { outcome: Match::Differs, failed, differences: vec![text.to_owned()], fixes: Vec::new() });
    let replay = Replay { log: Some(PathBuf::from(text)), failure, diagnoses, telling, here };
    Report { project: PathBuf::from(text), content: Content::Replay(Box::new(replay)) }
}

/// Every kind of report, with a text in every place that holds one.
fn reports(text: &str) -> Vec<Report> {
    let failed = Status::Failed(Exit::Code(1));
    vec![
        rehearsal(text, SmokeResult::NoAnswer(text.to_owned()), Status::Passed),
        rehearsal(text, SmokeResult::Crashed(Exit::Code(1)), failed),
        rehearsal(text, SmokeResult::StayedUp, Status::Passed),
        Report { project: PathBuf::from(text), content: Content::Findings(vec![diagnosis(text)]) },
        replay(text, vec![diagnosis(text)]),
        replay(text, Vec::new()),
    ]
}

#[test]
fn what_was_said_once_is_not_said_again() {
    let twice = |first: &str, second: &str, help: &str| {
        let mut report = rehearsal("tide", SmokeResult::Crashed(Exit::Code(1)), Status::Failed(Exit::Code(1)));
        let Content::Rehearsal(rehearsal) = &mut report.content else { return String::new() };
        let edits = |text: &str| vec![Edit::AppendLine { path: "requirements.txt".into(), text: text.to_owned() }];
        for (diagnosis, (rule, line)) in rehearsal.diagnoses.iter_mut().zip([("one", first), ("two", second)]) {
            diagnosis.rule = rule;
            diagnosis.fixes = vec![Fix { summary: "add flask to requirements.txt".to_owned(), edits: edits(line) }];
            diagnosis.help = Some(help.to_owned());
        }
        Format::Human.render(&report, Paint::PLAIN).unwrap()
    };
    let same = twice("flask", "flask", "add `flask` to requirements.txt");
    assert!(!same.contains("also seen:") && !same.contains("help:"), "{same}");
    let other = twice("flask", "redis", "mind the tide");
    assert!(other.contains("also seen:") && other.contains("help: mind the tide"), "{other}");
}

/// The text without the colours that [`Paint`] has.
fn without_our_colours(text: &str) -> String {
    ["31;1", "32;1", "33;1", "36", "2", "1", "0"]
        .iter()
        .fold(text.to_owned(), |text, numbers| text.replace(&format!("\x1b[{numbers}m"), ""))
}

fn commands(text: &str) -> Vec<char> {
    let harmful = |c: &char| {
        c.is_control() && !matches!(c, '\n' | '\t') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(harmful).collect()
}

fn is_harmless(text: &str) -> Result<(), TestCaseError> {
    for report in reports(text) {
        for format in Format::value_variants() {
            for paint in [Paint::PLAIN, Paint::new(true)] {
                let rendered = format.render(&report, paint).unwrap();
                let left = commands(&without_our_colours(&rendered));
                prop_assert!(left.is_empty(), "{format:?} holds {left:?} of {text:?}");
            }
        }
    }
    Ok(())
}

#[test]
fn a_text_of_every_kind_of_command_is_shown_as_what_it_is() {
    let text = "a\x1b[2Jb\x1b]0;t\x07c\u{9b}31md\u{202e}e\u{2066}f\rg\u{8}h\u{7f}";
    is_harmless(text).unwrap();
    for report in reports(text) {
        assert!(Format::Human.render(&report, Paint::PLAIN).unwrap().contains(r"\x1b[2J"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_text_of_any_report_commands_a_terminal(
        text in "(\\PC|\\p{Cc}|\\p{Cf}|\x1b\\[[0-9;]{0,3}[a-zA-Z]|[\u{202a}-\u{202e}\u{2066}-\u{2069}]){1,30}"
    ) {
        is_harmless(&text)?;
    }
}
