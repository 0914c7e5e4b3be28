use super::{fires, fires_with, silent, silent_with};
use crate::finding::Severity;

const FLASK: (&str, &str) = ("requirements.txt", "flask==3.0.0\n");
const MAIN: (&str, &str) = ("main.py", "");

#[test]
fn versions_that_fall_back() {
    for (name, text) in [
        (".python-version", "3.14\n"),
        (".python-version", "3.6.15\n"),
        (".python-version", "pypy3.9-7.3\n"),
        (".python-version", "my-env-3.11.4/envs/x\n"),
        ("runtime.txt", "python-3.14.0\n"),
    ] {
        fires("python-version-fallback", &format!("{name}:1"), &[FLASK, MAIN, (name, text)]);
    }
    for text in ["3.12.0rc1\n", "3.11.4\n3.10.2\n", "# ours\n3.11\n"] {
        let finding = fires("python-version-fallback", ".python-version:1", &[FLASK, MAIN, (".python-version", text)]);
        assert_eq!(finding.fixes.len(), 1, "{text}");
    }
    fires_with(
        "python-version-fallback",
        "$NIXPACKS_PYTHON_VERSION",
        &[FLASK, MAIN],
        &["NIXPACKS_PYTHON_VERSION=3.14"],
    );
    for text in ["3.11\n", "3.11.4", "python-3.10.1\n", "\"3.9\"\n"] {
        silent("python-version-fallback", &[FLASK, MAIN, (".python-version", text)]);
    }
}

#[test]
fn places_that_differ() {
    let finding = fires(
        "python-version-conflict",
        ".python-version:1",
        &[FLASK, MAIN, (".python-version", "3.11\n"), ("runtime.txt", "python-3.10.2\n")],
    );
    assert_eq!(finding.subject.as_deref(), Some("3.11"));
    let env = ["NIXPACKS_PYTHON_VERSION=3.12"];
    let finding = fires_with(
        "python-version-conflict",
        "$NIXPACKS_PYTHON_VERSION",
        &[FLASK, MAIN, ("runtime.txt", "python-3.10.2\n")],
        &env,
    );
    assert_eq!(finding.subject.as_deref(), Some("3.10"));
    silent(
        "python-version-conflict",
        &[FLASK, MAIN, (".python-version", "3.11\n"), ("runtime.txt", "python-3.11.4\n")],
    );
    silent_with("python-version-conflict", &[FLASK, MAIN], &env);
}

#[test]
fn places_that_nobody_reads() {
    fires("python-version-ignored", "mise.toml:2", &[FLASK, MAIN, ("mise.toml", "[tools]\npython = \"3.11\"\n")]);
    fires_with("python-version-ignored", "$PYTHON_VERSION", &[FLASK, MAIN], &["PYTHON_VERSION=3.10.4"]);
    silent(
        "python-version-ignored",
        &[FLASK, MAIN, (".python-version", "3.11\n"), ("mise.toml", "[tools]\npython = \"3.11\"\n")],
    );
    silent_with("python-version-ignored", &[FLASK, MAIN], &["PYTHON_VERSION=3.12.1"]);
}

#[test]
fn a_pipfile_without_blanks() {
    fires(
        "pipfile-python-version-not-read",
        "Pipfile:2",
        &[MAIN, ("Pipfile", "[requires]\npython_version=\"3.10\"\n")],
    );
    silent("pipfile-python-version-not-read", &[MAIN, ("Pipfile", "[requires]\npython_version = \"3.10\"\n")]);
    silent("pipfile-python-version-not-read", &[MAIN, ("Pipfile", "[requires]\npython_version=\"3.12\"\n")]);
}

#[test]
fn ranges_that_the_plan_does_not_meet() {
    let project = |range: &str| format!("[project]\nname = \"x\"\nversion = \"1\"\nrequires-python = \"{range}\"\n");
    let poetry =
        |range: &str| format!("[tool.poetry]\nname = \"x\"\n[tool.poetry.dependencies]\npython = \"{range}\"\n");
    for range in [">=3.13", "<3.12", "==3.11.*", ">=3.10,<3.12"] {
        let finding =
            fires("requires-python-mismatch", "pyproject.toml:4", &[MAIN, ("pyproject.toml", &project(range))]);
        assert_eq!((finding.severity, finding.fixes.len()), (Severity::Error, 1), "{range}");
    }
    for range in ["~3.11", "^3.13", "3.11.*", ">=3.9 <3.12", "~3.9 || ~3.10"] {
        fires(
            "requires-python-mismatch",
            "pyproject.toml:4",
            &[MAIN, ("poetry.lock", ""), ("pyproject.toml", &poetry(range))],
        );
    }
    let finding =
        fires("requires-python-mismatch", "pyproject.toml:4", &[FLASK, MAIN, ("pyproject.toml", &project(">=3.13"))]);
    assert_eq!(finding.severity, Severity::Warning);
    let finding =
        fires("requires-python-mismatch", "pyproject.toml:4", &[MAIN, ("pyproject.toml", &project(">=3.14"))]);
    assert!(finding.fixes.is_empty());
    for range in [">=3.8", ">=3.10,<4", "==3.12.*", ">=3.12.1"] {
        silent("requires-python-mismatch", &[MAIN, ("pyproject.toml", &project(range))]);
    }
    for range in ["^3.8", "~3.12", "*", "^3.11 || ^3.12", ">=3.9,<3.14"] {
        silent("requires-python-mismatch", &[MAIN, ("poetry.lock", ""), ("pyproject.toml", &poetry(range))]);
    }
    silent("requires-python-mismatch", &[MAIN, (".python-version", "3.13\n"), ("pyproject.toml", &project(">=3.13"))]);
}

#[test]
fn python_2_cannot_have_an_environment() {
    fires("python2-has-no-venv", "requirements.txt", &[FLASK, MAIN, ("runtime.txt", "python-2.7.18\n")]);
    silent("python2-has-no-venv", &[MAIN, ("runtime.txt", "python-2.7.18\n")]);
}

#[test]
fn a_pipfile_without_a_version_discards_the_variable() {
    let config = ("nixpacks.toml", "[variables]\nNIXPACKS_PYTHON_VERSION = \"3.10\"\n");
    let app = [("main.py", ""), ("requirements.txt", "flask==3.0.0\n"), config];
    fires("python-version-conflict", "nixpacks.toml:2", &[app[0], app[1], app[2], ("Pipfile", "[packages]\n")]);
    silent("python-version-conflict", &app);
}
