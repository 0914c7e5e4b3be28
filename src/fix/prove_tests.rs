//! What a proof is, with a rehearsal that knows its faults.

use std::fs;

use anyhow::bail;

use super::{Attempt, Bounds, Proof, Standing, Trial, phase_rank, prove};
use crate::finding::{Certainty, Diagnosis, Edit, Fix, Severity};
use crate::run::Verdict;

fn fix(name: &str) -> Fix {
    fixes(&[name])
}

/// A fix that appends lines to `fixed.txt`.
fn fixes(names: &[&str]) -> Fix {
    let append = |name: &&str| Edit::AppendLine { path: "fixed.txt".into(), text: (*name).to_owned() };
    Fix { summary: names.join(" and "), edits: names.iter().map(append).collect() }
}

fn diagnosis(rule: &'static str, fixes: Vec<Fix>) -> Diagnosis {
    Diagnosis {
        rule,
        severity: Severity::Error,
        message: String::new(),
        subject: None,
        evidence: Vec::new(),
        certainty: Certainty::Certain,
        help: None,
        fixes,
    }
}

fn fails(phase: &str, diagnoses: Vec<Diagnosis>) -> Attempt {
    Attempt { verdict: Verdict::Fails, failed_at: Some(phase_rank(phase)), diagnoses, unverified: Vec::new() }
}

fn works() -> Attempt {
    Attempt { verdict: Verdict::Works, failed_at: None, diagnoses: Vec::new(), unverified: Vec::new() }
}

/// Proves with a deploy whose outcome depends on which fixes were made.
fn proof(deploy: impl Fn(&dyn Fn(&str) -> bool) -> Attempt, bounds: Bounds) -> (Proof, Vec<String>) {
    let project = tempfile::tempdir().unwrap();
    let mut tried = Vec::new();
    let mut rehearse = |trial: &Trial| -> Attempt {
        assert_ne!(trial.root(), project.path());
        let made = fs::read_to_string(trial.root().join("fixed.txt")).unwrap_or_default();
        tried.push(made.lines().collect::<Vec<_>>().join("+"));
        deploy(&|name| made.lines().any(|line| line == name))
    };
    let proof = prove(project.path(), deploy(&|_| false), bounds, &mut |trials, is_enough| {
        assert!(trials.len() <= bounds.at_once);
        let mut found = Vec::new();
        for trial in trials {
            found.push(rehearse(trial));
            if is_enough(&found[found.len() - 1]) {
                break;
            }
        }
        Ok(found)
    })
    .unwrap();
    assert_eq!(proof.rehearsals, tried.len());
    assert_eq!(fs::read_dir(project.path()).unwrap().count(), 0, "the project itself is never touched");
    (proof, tried)
}

/// However many are rehearsed side by side, what was looked at and what came of it is the same.
fn prove_all(deploy: impl Fn(&dyn Fn(&str) -> bool) -> Attempt) -> (Proof, Vec<String>) {
    let [(alone, tried), (two, also), (many, too)] =
        [1, 2, 16].map(|at_once| proof(&deploy, Bounds { at_once, ..Bounds::default() }));
    for (other, tried_then) in [(two, also), (many, too)] {
        assert_eq!((other.standing, &other.steps, other.rehearsals), (alone.standing, &alone.steps, alone.rehearsals));
        assert_eq!((other.patch.diff(), other.attempt), (alone.patch.diff(), alone.attempt.clone()));
        assert_eq!(tried_then, tried);
        assert_eq!(other.refused, alone.refused);
    }
    (alone, tried)
}

fn names(proof: &Proof) -> Vec<&str> {
    proof.steps.iter().map(|step| step.fix.summary.as_str()).collect()
}

#[test]
fn a_fix_that_makes_it_work_is_proven() {
    let (proof, tried) = prove_all(|has| {
        if has("a") { works() } else { fails("install", vec![diagnosis("broken", vec![fix("a"), fix("b")])]) }
    });
    assert_eq!(proof.standing, Standing::Proven);
    assert_eq!(proof.steps[0].cured, ["broken"]);
    assert_eq!(tried, ["a"]);
    assert!(proof.patch.diff().contains("+a\n"));
}

#[test]
fn several_faults_are_cured_one_after_the_other() {
    const CHAIN: [(&str, &str); 5] = [
        ("undefined-variable", "setup"),
        ("pip-not-found", "install"),
        ("externally-managed", "install"),
        ("build-tool-missing", "build"),
        ("wrong-start", "start"),
    ];
    let (proof, tried) = prove_all(|has| {
        let fault = CHAIN.iter().find(|(rule, _)| !has(rule));
        fault.map_or_else(works, |&(rule, phase)| fails(phase, vec![diagnosis(rule, vec![fix(rule)])]))
    });
    assert_eq!(proof.standing, Standing::Proven);
    assert_eq!(names(&proof), CHAIN.map(|(rule, _)| rule));
    for (step, (rule, _)) in proof.steps.iter().zip(CHAIN) {
        assert_eq!(step.cured, [rule]);
    }
    assert_eq!(tried.iter().filter(|made| made.split('+').count() == 5).count(), 1, "{tried:?}");
}

#[test]
fn what_is_only_hidden_is_not_cured() {
    let suspected = |cause| vec![diagnosis(cause, vec![fix(cause)]), diagnosis("suspect", vec![fix("suspect")])];
    let (proof, _) = prove_all(|has| match (has("first"), has("second"), has("suspect")) {
        (false, ..) => fails("setup", suspected("first")),
        (_, false, _) => fails("start", vec![diagnosis("second", vec![fix("second")])]),
        (_, _, false) => fails("start", vec![diagnosis("suspect", vec![fix("suspect")])]),
        _ => works(),
    });
    let cured: Vec<_> = proof.steps.iter().map(|step| step.cured.as_slice()).collect();
    assert_eq!(cured, [["first"], ["second"], ["suspect"]]);
}

#[test]
fn a_fault_that_stands_before_another_phase_is_still_passed() {
    // Node's plan reaches the start; Python's, once chosen, fails at the install.
    let (proof, _) = prove_all(|has| match (has("python"), has("venv")) {
        (false, _) => fails("start", vec![diagnosis("node-detected", vec![fix("python")])]),
        (true, false) => fails("install", vec![diagnosis("no-venv", vec![fix("venv")])]),
        (true, true) => works(),
    });
    assert_eq!(proof.standing, Standing::Proven);
    assert_eq!(names(&proof), ["python", "venv"]);
}

#[test]
fn a_fix_that_hides_the_fault_behind_an_earlier_one_comes_last() {
    let (proof, tried) = prove_all(|has| match (has("bad"), has("good")) {
        (true, _) => fails("setup", vec![diagnosis("broken-setup", vec![fix("worse")])]),
        (false, true) => works(),
        _ => fails("install", vec![diagnosis("no-pip", vec![fix("bad"), fix("good")])]),
    });
    assert_eq!(proof.standing, Standing::Proven);
    assert_eq!(names(&proof), ["good"]);
    assert_eq!(tried, ["bad", "good"]);
}

#[test]
fn a_dead_end_is_left_again() {
    let (proof, _) = prove_all(|has| match (has("left"), has("right")) {
        (true, _) => fails("build", vec![diagnosis("stuck", vec![])]),
        (_, true) => works(),
        _ => fails("install", vec![diagnosis("fork", vec![fix("left"), fix("right")])]),
    });
    assert_eq!((proof.standing, names(&proof)), (Standing::Proven, vec!["right"]));
}

#[test]
fn a_step_that_was_not_needed_is_dropped() {
    let (proof, tried) = prove_all(|has| match (has("detail"), has("cause")) {
        (_, true) => works(),
        (true, false) => fails("build", vec![diagnosis("cause", vec![fix("cause")])]),
        (false, false) => fails("install", vec![diagnosis("detail", vec![fix("detail")])]),
    });
    assert_eq!((proof.standing, names(&proof)), (Standing::Proven, vec!["cause"]));
    assert_eq!(tried, ["detail", "detail+cause", "cause"]);
    assert!(!proof.patch.diff().contains("detail"));
}

#[test]
fn the_same_change_is_never_tried_twice() {
    let both =
        || vec![diagnosis("one", vec![fix("a")]), diagnosis("two", vec![fix("b"), fixes(&["a"]), fixes(&["b"])])];
    let (proof, tried) = prove_all(|_| fails("install", both()));
    assert_eq!(tried, ["a", "b"]);
    assert_eq!(proof.standing, Standing::NotProven);
}

#[test]
fn a_rule_that_is_seen_for_another_thing_is_progress() {
    let missing = |module: &str, name: &str| Diagnosis {
        subject: Some(module.to_owned()),
        ..diagnosis("module-not-found", vec![fix(name)])
    };
    let (proof, _) = prove_all(|has| match (has("flask"), has("requests")) {
        (true, true) => works(),
        (true, false) => fails("start", vec![missing("requests", "requests")]),
        _ => fails("start", vec![missing("flask", "flask")]),
    });
    assert_eq!((proof.standing, names(&proof)), (Standing::Proven, vec!["flask", "requests"]));
}

#[test]
fn the_furthest_is_shown_when_nothing_works() {
    let (proof, _) = prove_all(|has| match (has("a"), has("b")) {
        (_, true) => fails("start", vec![diagnosis("unknown", vec![])]),
        (true, _) => fails("build", vec![]),
        _ => fails("install", vec![diagnosis("broken", vec![fix("a"), fix("b")])]),
    });
    assert_eq!((proof.standing, names(&proof)), (Standing::NotProven, vec!["b"]));
}

#[test]
fn what_has_cured_more_is_shown_though_it_fails_in_the_same_phase() {
    let (proof, _) = prove_all(|has| match (has("library"), has("module")) {
        (true, true) => fails("start", vec![diagnosis("unknown", vec![])]),
        (true, false) => fails("start", vec![diagnosis("no-module", vec![fix("module")])]),
        _ => fails("start", vec![diagnosis("no-library", vec![fix("library")])]),
    });
    assert_eq!((proof.standing, names(&proof)), (Standing::NotProven, vec!["library", "module"]));
}

#[test]
fn a_fix_after_which_an_earlier_phase_fails_made_it_worse() {
    let (proof, _) = prove_all(|has| {
        if has("a") { fails("setup", vec![]) } else { fails("install", vec![diagnosis("broken", vec![fix("a")])]) }
    });
    assert_eq!((proof.standing, names(&proof)), (Standing::MadeItWorse, vec!["a"]));
}

#[test]
fn a_rehearsal_that_cannot_tell_proves_nothing() {
    let unknown =
        Attempt { verdict: Verdict::CannotTell, failed_at: None, diagnoses: Vec::new(), unverified: Vec::new() };
    let (proof, _) =
        prove_all(
            |has| {
                if has("a") { unknown.clone() } else { fails("install", vec![diagnosis("broken", vec![fix("a")])]) }
            },
        );
    assert_eq!(proof.standing, Standing::NotProven);
}

#[test]
fn without_a_fix_nothing_is_tried() {
    let (proof, tried) = prove_all(|_| fails("install", vec![diagnosis("broken", vec![])]));
    assert_eq!(proof.standing, Standing::NoFix);
    assert!(tried.is_empty() && proof.patch.is_empty());
}

#[test]
fn notes_beside_the_cause_are_left_alone() {
    let note = || Diagnosis { severity: Severity::Note, ..diagnosis("unpinned", vec![fix("pin")]) };
    let (_, tried) = prove_all(|_| fails("install", vec![diagnosis("broken", vec![fix("a")]), note()]));
    assert_eq!(tried, ["a"]);
}

#[test]
fn an_edit_that_cannot_be_made_is_passed_over_and_named() {
    let impossible = || Fix { summary: "x".into(), edits: vec![Edit::RemoveFile { path: "gone.txt".into() }] };
    let (proof, _) = prove_all(|has| {
        if has("a") { works() } else { fails("install", vec![diagnosis("broken", vec![impossible(), fix("a")])]) }
    });
    assert_eq!(proof.standing, Standing::Proven);
    assert_eq!(proof.refused, ["gone.txt: is not there any more"]);
}

#[test]
fn endless_faults_end_at_the_bound() {
    let deploy = |_: &dyn Fn(&str) -> bool| {
        fails("install", (0..50).map(|n| diagnosis("x", vec![fix(&n.to_string())])).collect())
    };
    let (proof, tried) = proof(deploy, Bounds { rehearsals: 5, ..Bounds::default() });
    assert_eq!((proof.standing, tried.len()), (Standing::NotProven, 5));
}

#[test]
fn an_error_of_ours_is_handed_on() {
    let project = tempfile::tempdir().unwrap();
    let seen = fails("install", vec![diagnosis("broken", vec![fix("a")])]);
    let error = prove(project.path(), seen, Bounds::default(), &mut |_, _| bail!("no sandbox")).unwrap_err();
    assert_eq!(error.to_string(), "no sandbox");
}
