//! `uv run` and its like before the program.

use super::{fires, silent};
use crate::finding::Severity;

const MAIN: (&str, &str) = ("main.py", "from flask import Flask\n\napp = Flask(__name__)\n");
const PIP: (&str, &str) = ("requirements.txt", "flask==3.1.0\ngunicorn==23.0.0\n");

#[test]
fn a_tool_that_the_plan_does_not_install_is_taken_out_of_the_start() {
    for tool in ["uv", "poetry", "pipenv", "pdm", "rye", "hatch"] {
        let procfile = format!("web: {tool} run gunicorn main:app --bind 0.0.0.0:$PORT\n");
        let found = fires("start-makes-environment", "Procfile:1", &[MAIN, PIP, ("Procfile", &procfile)]);
        assert_eq!((found.severity, found.subject.as_deref()), (Severity::Error, Some(tool)));
        assert_eq!(found.fixes[0].summary, format!("start it without `{tool} run`"));
        assert!(found.message.ends_with("whose programs are on PATH without it"), "{}", found.message);
    }
}

#[test]
fn so_it_is_in_the_script_that_the_start_runs() {
    let start = ("Procfile", "web: bash entrypoint.sh\n");
    let script = "#!/bin/bash\nset -e\nif [ -n \"$MIGRATE\" ]; then\n  echo migrating\nfi\nexec uv run gunicorn main:app --bind 0.0.0.0:$PORT\n";
    fires("start-makes-environment", "entrypoint.sh:6", &[MAIN, PIP, start, ("entrypoint.sh", script)]);
    let plain = script.replace("uv run ", "");
    silent("start-makes-environment", &[MAIN, PIP, start, ("entrypoint.sh", &plain)]);
}

/// PDM's install writes .pdm-python, which leads its `run` to the environment that it installed into.
#[test]
fn pdm_finds_what_pdm_installed() {
    let start = ("Procfile", "web: pdm run gunicorn main:app --bind 0.0.0.0:$PORT\n");
    let project =
        ("pyproject.toml", "[project]\nname = \"tides\"\nversion = \"1\"\ndependencies = [\"flask\", \"gunicorn\"]\n");
    let lock = ("pdm.lock", "[[package]]\nname = \"flask\"\n[[package]]\nname = \"gunicorn\"\n");
    silent("start-makes-environment", &[MAIN, project, lock, start]);
}

/// An environment of its own has a Python and none of the packages; a program of /opt/venv is found on PATH and names its Python. As Poetry
/// 2.5.1 and pipenv 2026.10.3 do.
#[test]
fn a_tool_that_is_installed_hides_pythons_packages_and_no_program() {
    for tool in ["poetry", "pipenv"] {
        let requirements = format!("{}{tool}\n", PIP.1);
        let severity = |program: &str| {
            let procfile = format!("web: {tool} run {program}\n");
            let files = [MAIN, ("requirements.txt", &requirements), ("Procfile", &procfile)];
            fires("start-makes-environment", "Procfile:1", &files).severity
        };
        assert_eq!(severity("gunicorn main:app"), Severity::Warning);
        assert_eq!(severity("python main.py"), Severity::Error);
        assert_eq!(severity("python -m gunicorn main:app"), Severity::Error);
    }
}
