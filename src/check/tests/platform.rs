use super::{fires, silent};
use crate::builder::Planned;
use crate::builder::{DeployOptions, nixpacks};
use crate::check::check;
use crate::finding::Severity;
use crate::project::Project;

const FLASK: (&str, &str) = ("requirements.txt", "flask==3.0.0\n");
const MAIN: (&str, &str) = ("main.py", "");

#[test]
fn a_dockerfile_wins() {
    fires("dockerfile-wins", "Dockerfile", &[FLASK, MAIN, ("Dockerfile", "FROM x\n")]);
    silent("dockerfile-wins", &[FLASK, MAIN, ("docker/Dockerfile", "FROM x\n")]);
}

#[test]
fn what_a_dockerfile_makes_moot_is_no_error() {
    let dockerfile = ("Dockerfile", "FROM x\n");
    let moot = |files: super::Files<'_>| super::found(files).iter().all(|found| found.severity <= Severity::Note);
    assert!(moot(&[FLASK, ("app.py", ""), dockerfile]), "there is no start command, and nobody asks for it");
    let config = ("nixpacks.toml", "[phases.install]\ncmds = [\"pip install -r requirements.txt\"]\n");
    assert!(!moot(&[FLASK, MAIN, dockerfile, config]), "somebody builds with Nixpacks here");
    let railway = ("railway.json", r#"{"build": {"builder": "DOCKERFILE"}}"#);
    let finding = super::found(&[FLASK, ("app.py", ""), dockerfile, railway]);
    assert!(finding.iter().all(|found| found.severity == Severity::Note), "{finding:#?}");
}

#[test]
fn another_builder_is_named() {
    fires("other-builder", "railway.json:1", &[FLASK, MAIN, ("railway.json", r#"{"build": {"builder": "RAILPACK"}}"#)]);
    silent("other-builder", &[FLASK, MAIN, ("railway.json", r#"{"build": {"builder": "nixpacks"}}"#)]);
}

#[test]
fn railway_moves_on() {
    let finding = fires("nixpacks-deprecated-on-railway", "railway.json", &[FLASK, MAIN, ("railway.json", "{}")]);
    assert!(finding.help.unwrap().contains("3.13"));
    silent("nixpacks-deprecated-on-railway", &[FLASK, MAIN]);
    fires("railway-config-as-code-ends", "railway.toml", &[FLASK, MAIN, ("railway.toml", "")]);
    silent("railway-config-as-code-ends", &[FLASK, MAIN]);
}

#[test]
fn a_file_that_railway_reads_no_more_is_told_and_left_out() {
    let dir = super::folder(&[FLASK, MAIN, ("railway.json", r#"{"deploy": {"startCommand": "python gone.py"}}"#)]);
    let project = Project::open(dir.path()).unwrap();
    let given = DeployOptions { railway_ended: true, ..DeployOptions::default() };
    let planned = Planned::Nixpacks(nixpacks::derive(&project, &given, &nixpacks::Options::default()));
    let all = check(&project, &given, &planned);
    let finding = all.iter().find(|found| found.rule == "railway-config-as-code-ends").unwrap();
    assert!(finding.message.contains("has not read railway.json"), "{}", finding.message);
    assert!(!all.iter().any(|found| found.message.contains("gone.py")), "{all:#?}");
}

#[test]
fn an_environment_that_the_file_does_not_name() {
    let dir = super::folder(&[
        FLASK,
        MAIN,
        ("railway.json", r#"{"environments": {"production": {"deploy": {"startCommand": "python main.py"}}}}"#),
    ]);
    let finding = |environment: &str| {
        let project = Project::open(dir.path()).unwrap();
        let options = DeployOptions { environment: Some(environment.to_owned()), ..DeployOptions::default() };
        let found = check(
            &project,
            &options,
            &Planned::Nixpacks(nixpacks::derive(&project, &options, &nixpacks::Options::default())),
        );
        found.into_iter().find(|found| found.rule == "unknown-environment").and_then(|found| found.help)
    };
    assert_eq!(finding("prodution").as_deref(), Some("it has production"));
    assert_eq!(finding("production"), None);
}

#[test]
fn a_start_command_that_no_shell_runs() {
    let dockerfile = ("Dockerfile", "FROM x\n");
    let railway =
        |command: &str| format!("[build]\nbuilder = \"DOCKERFILE\"\n[deploy]\nstartCommand = \"{command}\"\n");
    let asks = railway("gunicorn app:app -b 0.0.0.0:$PORT");
    fires("start-variable-not-expanded", "railway.toml:4", &[FLASK, MAIN, dockerfile, ("railway.toml", &asks)]);
    let by_shell = railway("sh -c 'gunicorn app:app -b 0.0.0.0:$PORT'");
    silent("start-variable-not-expanded", &[FLASK, MAIN, dockerfile, ("railway.toml", &by_shell)]);
    let nixpacks = asks.replace("DOCKERFILE", "NIXPACKS");
    silent("start-variable-not-expanded", &[FLASK, MAIN, ("railway.toml", &nixpacks)]);
}
