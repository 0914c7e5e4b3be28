//! `shakedown fix`: an edit that cures the deploy, tried on a copy before it is shown.

use std::fmt::Write;
use std::io::{IsTerminal, Write as _};
use std::path::Path;
use std::sync::atomic::Ordering;

use anyhow::Result;
use clap::{Args as ClapArgs, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;

use super::args::Rehearsing;
use super::exit::{Exit, UsageError};
use super::interrupt;
use super::output::{Color, argument, data, hint, print, tell_written, warn};
use crate::check::variables::rehearsal_options;
use crate::diagnose::OF_ADDRESSES;
use crate::finding::Diagnosis;
use crate::fix::{Attempt, Bounds, GitState, Proof, Standing, Step, Trial, git_state, prove};
use crate::rehearse::{Rehearsal, rehearse, rehearse_trials, unread};
use crate::report::{Live, Paint, SCHEMA, in_json, not_verified};
use crate::run::Verdict;
use crate::sandbox::Unverified;

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    rehearsing: Rehearsing,
    /// Write the edit to the project
    #[arg(long)]
    apply: bool,
    /// With --apply: do not ask, even where the git tree has changes
    #[arg(short, long, requires = "apply")]
    yes: bool,
    /// With --apply: write an edit that is not proven too
    #[arg(long, requires = "apply")]
    force: bool,
    /// How to report
    #[arg(short, long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Show one line of progress a trial
    #[arg(short, long)]
    quiet: bool,
    /// When to use colour
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// What each edit cured, and a unified diff
    #[default]
    Human,
    /// The unified diff alone, for `git apply`
    Diff,
    /// One object
    Json,
}

pub(super) fn run(args: Args) -> Result<Exit> {
    let (_, request) = args.rehearsing.request()?;
    let interrupted = interrupt::flag()?;
    let live = Live::new(Paint::new(args.color.is_on(console::colors_enabled_stderr())), args.quiet);
    let seen = match rehearse(&request, &interrupted, &mut |event| live.event(event)) {
        Ok(first) if first.verdict() == Verdict::Fails => first.attempt(),
        Ok(first) => {
            drop(live);
            return nothing_to_do(&first, args.format);
        }
        Err(error) => unread(&request, error)?,
    };
    let project = request.path.clone();
    let tell = |trial: &str, found: &Attempt| {
        // Where there is no terminal, nothing else shows that it goes on.
        if args.quiet || !std::io::stderr().is_terminal() {
            hint(&format!("{trial}:"), &in_a_line(found));
        }
    };
    tell("as it is", &seen);
    let mut number = 0;
    let mut tell_trial = |trial: &Trial, found: &Attempt| {
        number += 1;
        tell(&format!("trial {number} ({})", trial.what), found);
    };
    let bounds = bounds(&seen);
    let proof = prove(&project, seen, bounds, &mut |trials, is_enough| {
        rehearse_trials(&request, trials, &interrupted, &mut |_, event| live.event(event), &mut tell_trial, is_enough)
    })?;
    drop(live);
    if interrupted.load(Ordering::Relaxed) {
        return Ok(Exit::Interrupted);
    }
    let paint = Paint::new(args.color.is_on(console::colors_enabled()));
    match args.format {
        Format::Human => print(&human(&proof, paint))?,
        // As it is for `git apply`; whoever looks at it is shown what it holds.
        Format::Diff if std::io::stdout().is_terminal() => print(&proof.patch.diff())?,
        Format::Diff => data(&proof.patch.diff())?,
        Format::Json => data(&in_json(&json(&proof)?))?,
    }
    if args.apply {
        return apply(&proof, &project, &args);
    }
    if args.format == Format::Human && proof.standing == Standing::Proven {
        let project = argument(&args.rehearsing.planning.path);
        hint("next:", &format!("shakedown fix{project} --apply writes the edit (with the same options)"));
    }
    if let Some(options) = only_variables(&proof).filter(|_| args.format == Format::Human) {
        let project = argument(&args.rehearsing.planning.path);
        hint("next:", &format!("shakedown fix{project} {options} goes on with it (and the same options)"));
    }
    Ok(exit_for(&proof))
}

/// Before the variables are there that the app reads first, no edit can be proven.
fn bounds(seen: &Attempt) -> Bounds {
    let waits =
        seen.diagnoses.first().is_some_and(|cause| cause.fixes.is_empty() && rehearsal_options(cause).is_some());
    if waits { Bounds { rehearsals: 0, ..Bounds::default() } } else { Bounds::default() }
}

/// What a trial came to.
fn in_a_line(found: &Attempt) -> String {
    let rule = || found.diagnoses.first().map(|first| format!(" ({})", first.rule)).unwrap_or_default();
    match found.verdict {
        Verdict::Works => "works".to_owned(),
        Verdict::Fails => format!("fails{}", rule()),
        Verdict::CannotTell => format!("cannot tell{}", rule()),
    }
}

fn nothing_to_do(first: &Rehearsal, format: Format) -> Result<Exit> {
    let words = match (first.verdict(), &first.absent) {
        (Verdict::Works, _) => "the deploy works: nothing to fix".to_owned(),
        // No backend has what another machine alone knows.
        (_, Some(absent))
            if first.diagnoses.first().is_some_and(|cause| OF_ADDRESSES.iter().any(|rule| rule.id == cause.rule)) =>
        {
            format!("cannot tell: {}, {}", absent.what, absent.why)
        }
        (_, Some(absent)) => format!("cannot tell: {}, {}; another --backend may have it", absent.what, absent.why),
        _ => match first.diagnoses.first() {
            Some(cause) => format!("cannot tell ({}): {}{}", cause.rule, cause.message, helped(cause)),
            None => "cannot tell".to_owned(),
        },
    };
    match format {
        Format::Human => print(&format!("{words}\n{}", open_points(&first.unverified)))?,
        // There is no diff.
        Format::Diff => hint("fix:", &words),
        Format::Json => data(&in_json(&untried(first)?))?,
    }
    Ok(Exit::of_run(first))
}

fn helped(cause: &Diagnosis) -> String {
    cause.help.as_ref().map(|help| format!("\n  help: {help}")).unwrap_or_default()
}

/// The report of a project of which no edit was tried.
fn untried(first: &Rehearsal) -> Result<String> {
    let works = first.verdict() == Verdict::Works;
    let document = FixReport {
        schema: SCHEMA,
        standing: if works { Standing::NothingToFix } else { Standing::NoFix },
        steps: &[],
        diff: String::new(),
        refused: &[],
        rehearsals: 0,
        diagnoses: &first.diagnoses,
        unverified: &first.unverified,
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

/// A fix that is proven is good news, even before it is applied; a project without one still fails.
fn exit_for(proof: &Proof) -> Exit {
    match proof.standing {
        Standing::Proven | Standing::NothingToFix => Exit::Works,
        Standing::NotProven if proof.attempt.verdict == Verdict::CannotTell => Exit::CannotTell,
        Standing::NotProven | Standing::MadeItWorse | Standing::NoFix => Exit::Fails,
    }
}

/// The options that give the variables of which nothing but the lack is left.
fn only_variables(proof: &Proof) -> Option<&str> {
    let fails = proof.attempt.verdict == Verdict::Fails && proof.standing != Standing::MadeItWorse;
    proof.attempt.diagnoses.first().filter(|_| fails).and_then(rehearsal_options)
}

fn words(proof: &Proof) -> &'static str {
    match proof.standing {
        Standing::Proven => "proven: with this edit the deploy works",
        Standing::NotProven if proof.attempt.verdict == Verdict::CannotTell => {
            "not proven: with this edit the deploy comes to what cannot be told here"
        }
        _ if only_variables(proof).is_some() && proof.steps.is_empty() => {
            "a variable is missing, which no edit gives, and without it none can be proven"
        }
        Standing::NotProven if only_variables(proof).is_some() => {
            "not proven: with this edit only a variable is still missing, which no edit gives"
        }
        Standing::NotProven => "not proven: the deploy still fails with this edit, later or for another cause",
        Standing::MadeItWorse => "made it worse: the deploy fails earlier with this edit",
        Standing::NothingToFix => "the deploy works: nothing to fix",
        Standing::NoFix => "no edit is known that could be tried",
    }
}

fn human(proof: &Proof, paint: Paint) -> String {
    let mut out = String::new();
    for step in &proof.steps {
        let cured = if step.cured.is_empty() { "nothing yet".to_owned() } else { step.cured.join(", ") };
        let _ = writeln!(out, "{} {} {}", paint.hint("fix:"), step.fix.summary, paint.dim(format!("(cured {cured})")));
    }
    let diff = proof.patch.diff();
    if !diff.is_empty() {
        let _ = write!(out, "\n{}\n", coloured(&diff, paint));
    }
    // What could not be made is of no interest once something else has cured it.
    for refused in proof.refused.iter().filter(|_| proof.standing != Standing::Proven) {
        let _ = writeln!(out, "{} {refused}", paint.warn("refused:"));
    }
    if let Some(left) = proof.attempt.diagnoses.first().filter(|_| proof.standing != Standing::Proven) {
        let _ = writeln!(out, "{} {}: {}", paint.warn("still there:"), left.rule, left.message);
        if let Some(help) = &left.help {
            let _ = writeln!(out, "  {} {help}", paint.hint("help:"));
        }
    }
    let said = words(proof);
    let said = if proof.standing == Standing::Proven { paint.good(said) } else { paint.bad(said) };
    let rehearsals = proof.rehearsals;
    let tried = match rehearsals {
        0 => String::new(),
        1 => " (1 rehearsal)".to_owned(),
        _ => format!(" ({rehearsals} rehearsals)"),
    };
    let _ = writeln!(out, "{said}{tried}");
    out + &open_points(&proof.attempt.unverified)
}

/// What stays open, be the edit proven or not, below an empty line.
fn open_points(unverified: &[Unverified]) -> String {
    let list = not_verified(unverified, Paint::PLAIN);
    if list.is_empty() { list } else { format!("\n{list}") }
}

fn coloured(diff: &str, paint: Paint) -> String {
    let line = |line: &str| match line.as_bytes().first() {
        Some(b'+') => paint.good(line),
        Some(b'-') => paint.bad(line),
        Some(b'@') => paint.hint(line),
        _ => line.to_owned(),
    };
    diff.lines().map(|text| line(text) + "\n").collect()
}

/// What `shakedown fix --format json` prints.
#[derive(Serialize, JsonSchema)]
pub(super) struct FixReport<'a> {
    /// The version of the format.
    schema: u32,
    /// What is known of the edit.
    standing: Standing,
    /// The fixes it consists of, in order.
    steps: &'a [Step],
    /// The whole edit as a unified diff; empty where there is none.
    diff: String,
    /// Fixes that could not be made, and why.
    refused: &'a [String],
    /// How many rehearsals it took.
    rehearsals: usize,
    /// What the last rehearsal found.
    diagnoses: &'a [Diagnosis],
    /// What it could not verify.
    unverified: &'a [Unverified],
}

fn json(proof: &Proof) -> Result<String> {
    let document = FixReport {
        schema: SCHEMA,
        standing: proof.standing,
        steps: &proof.steps,
        diff: proof.patch.diff(),
        refused: &proof.refused,
        rehearsals: proof.rehearsals,
        diagnoses: &proof.attempt.diagnoses,
        unverified: &proof.attempt.unverified,
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn apply(proof: &Proof, project: &Path, args: &Args) -> Result<Exit> {
    if proof.patch.is_empty() {
        return Ok(exit_for(proof));
    }
    if proof.standing != Standing::Proven && !args.force {
        warn("not written:", "the edit is not proven; --force writes it all the same");
        return Ok(exit_for(proof));
    }
    write_edit(proof, project, args.yes, args.format == Format::Human)
}

/// Writes an edit, once it is agreed that the git tree may have changes; `has_human` says whether people read stdout.
pub(super) fn write_edit(proof: &Proof, project: &Path, yes: bool, has_human: bool) -> Result<Exit> {
    if let GitState::Dirty(files) = git_state(project)
        && !yes
        && !agreed(&changes(files.len()))?
    {
        return Ok(Exit::Fails);
    }
    proof.patch.apply()?;
    tell_written(proof.patch.files(), has_human)?;
    Ok(exit_for(proof))
}

fn changes(files: usize) -> String {
    format!("the git tree has changes in {files} file{}", if files == 1 { "" } else { "s" })
}

/// Asks at a terminal; elsewhere the answer has to be given beforehand.
#[expect(clippy::print_stderr, reason = "a question to the person at the terminal")]
fn agreed(but: &str) -> Result<bool> {
    if !std::io::stdin().is_terminal() {
        return Err(UsageError(format!("nothing is written: {but}; --yes writes the edit all the same")).into());
    }
    eprint!("{but}; write the edit all the same? [y/N] ");
    std::io::stderr().flush()?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnose::{Case, diagnose};
    use crate::log::Log;

    #[test]
    fn nothing_is_tried_before_the_variables_are_there() {
        let log = Log::from(
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 2, in <module>\n    token = os.environ[\"TOKEN\"]\nKeyError: 'TOKEN'\n",
        );
        let diagnoses = diagnose(&Case::of_log(&log));
        let found = |diagnoses| Attempt { verdict: Verdict::Fails, failed_at: None, diagnoses, unverified: Vec::new() };
        assert_eq!((diagnoses[0].rule, bounds(&found(diagnoses)).rehearsals), ("missing-env-var", 0));
        assert!(bounds(&found(Vec::new())).rehearsals > 0);
    }

    #[test]
    fn a_trial_is_told_in_one_line() {
        let found = |verdict| Attempt { verdict, failed_at: None, diagnoses: Vec::new(), unverified: Vec::new() };
        assert_eq!(in_a_line(&found(Verdict::Works)), "works");
        assert_eq!(in_a_line(&found(Verdict::Fails)), "fails");
    }
}
