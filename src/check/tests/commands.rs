use super::{fires, fires_with, silent};
use crate::finding::Severity;

const FLASK: (&str, &str) = ("requirements.txt", "flask==3.0.0\n");
const MAIN: (&str, &str) = ("main.py", "");

#[test]
fn changes_that_the_next_command_does_not_see() {
    let phase = |list: &str| format!("[phases.build]\ncmds = [{list}]\n");
    for list in [
        r#""cd frontend", "npm install""#,
        r#""export A=b", "python build.py""#,
        r#""source venv/bin/activate", "pip install x""#,
        r#""set -e; cd x", "make""#,
    ] {
        fires("command-without-effect", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", &phase(list))]);
    }
    fires_with("command-without-effect", "$NIXPACKS_BUILD_CMD", &[FLASK, MAIN], &["NIXPACKS_BUILD_CMD=cd frontend"]);
    for list in
        [r#""cd frontend && npm install""#, r#""export A=b; python x.py""#, r#""echo cd""#, r#"". ./env.sh && make""#]
    {
        silent("command-without-effect", &[FLASK, MAIN, ("nixpacks.toml", &phase(list))]);
    }
}

#[test]
fn an_activation_that_path_makes_up_for_is_a_note() {
    let config = "[phases.install]\ncmds = [\"python -m venv /opt/venv\", \". /opt/venv/bin/activate\", \"pip install -r requirements.txt\"]\n";
    let finding = fires("command-without-effect", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", config)]);
    assert_eq!(finding.severity, Severity::Note);
}

#[test]
fn a_phase_called_start() {
    let config = "[phases.start]\ncmds = [\"gunicorn app:app\"]\n";
    fires("start-phase-runs-in-build", "nixpacks.toml:1", &[FLASK, MAIN, ("nixpacks.toml", config)]);
    silent("start-phase-runs-in-build", &[FLASK, MAIN, ("nixpacks.toml", "[start]\ncmd = \"gunicorn app:app\"\n")]);
}

#[test]
fn a_phase_that_nothing_orders() {
    let config = "[phases.collect]\ncmds = [\"python manage.py collectstatic\"]\n";
    fires("phase-without-order", "nixpacks.toml:1", &[FLASK, MAIN, ("nixpacks.toml", config)]);
    silent("phase-without-order", &[FLASK, MAIN, ("nixpacks.toml", &format!("{config}dependsOn = [\"install\"]\n"))]);
    silent("phase-without-order", &[FLASK, MAIN, ("nixpacks.toml", "[phases.hello]\ncmds = [\"echo hello\"]\n")]);
}
