//! A start command that runs a shell script is followed into it.

use super::{fires, found, silent};

const ALL: (&str, &str) = ("requirements.txt", "fastapi==0.115.6\nuvicorn==0.34.0\n");
const START: (&str, &str) = ("Procfile", "web: bash start.sh\n");
const APP: (&str, &str) =
    ("main.py", "import os\nfrom fastapi import FastAPI\n\napp = FastAPI()\nkey = os.environ['KEY']\n");

fn script(lines: &str) -> String {
    format!("#!/bin/bash\nset -e\n{lines}\n")
}

#[test]
fn what_a_start_script_runs_is_looked_at() {
    let lines = script("exec uvicorn main:app \\\n  --port 8000");
    let rules: Vec<_> = found(&[ALL, START, APP, ("start.sh", &lines)]).into_iter().map(|found| found.rule).collect();
    for rule in ["wrong-bind-host", "hard-coded-port", "missing-env-var"] {
        assert!(rules.contains(&rule), "no {rule} in {rules:?}");
    }
    let lines = script("exec uvicorn main:app --port $PORT");
    fires("wrong-bind-host", "start.sh:3", &[ALL, START, APP, ("start.sh", &lines)]);
    let lines = script("exec uvicorn app:app --host 0.0.0.0 --port $PORT");
    fires("wrong-start-module", "start.sh:3", &[ALL, START, APP, ("start.sh", &lines)]);
}

#[test]
fn a_script_that_does_not_give_its_place_to_the_server() {
    let lines = script("uvicorn main:app --host 0.0.0.0 --port $PORT");
    fires("start-behind-shell", "start.sh:3", &[ALL, START, APP, ("start.sh", &lines)]);
    let lines = script("exec uvicorn main:app --host 0.0.0.0 --port $PORT");
    silent("start-behind-shell", &[ALL, START, APP, ("start.sh", &lines)]);
}

#[test]
fn what_a_condition_decides_is_not_followed() {
    let lines = script(
        "if [ -n \"$DEBUG\" ]; then\n  exec uvicorn main:app\nfi\nexec uvicorn main:app --host 0.0.0.0 --port $PORT",
    );
    silent("wrong-bind-host", &[ALL, START, APP, ("start.sh", &lines)]);
    let lines = script(
        "if [ -n \"$DEBUG\" ]; then\n  echo for all\nfi\nfor tide in 1 2; do echo $tide; done\nexec uvicorn main:app --port $PORT",
    );
    fires("wrong-bind-host", "start.sh:7", &[ALL, START, APP, ("start.sh", &lines)]);
    let lines = script("export KEY=1\nexec uvicorn main:app --host 0.0.0.0 --port $PORT");
    silent("missing-env-var", &[ALL, START, APP, ("start.sh", &lines)]);
}
