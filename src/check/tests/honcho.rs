use super::{fires, fires_with, silent};
use crate::finding::Severity;

const NEEDS: (&str, &str) = ("requirements.txt", "honcho==2.0.0\ngunicorn==27.0.1\n");
const START: (&str, &str) = ("nixpacks.toml", "[start]\ncmd = \"honcho start\"\n");

#[test]
fn the_first_line_of_a_procfile_has_the_port() {
    let late = "worker: python work.py\nbeat: python beat.py\nweb: gunicorn app:app\n";
    let finding = fires("honcho-port-by-line", "Procfile:3", &[NEEDS, START, ("Procfile", late)]);
    assert_eq!(finding.message, "honcho gives PORT to worker, and PORT + 200 to web");
    let by_port = "worker: python work.py\nsite: uvicorn app:app --host 0.0.0.0 --port $PORT\n";
    fires("honcho-port-by-line", "Procfile:2", &[NEEDS, START, ("Procfile", by_port)]);
    let other = ("Procfile.all", "worker: python work.py\nweb: gunicorn app:app\n");
    fires(
        "honcho-port-by-line",
        "Procfile.all:2",
        &[NEEDS, other, ("Procfile", "web: honcho start -f Procfile.all\n")],
    );
    let first = ("Procfile", "web: gunicorn app:app\nworker: python work.py\n");
    silent("honcho-port-by-line", &[NEEDS, START, first]);
    silent("procfile-processes-ignored", &[NEEDS, START, first]);
    silent("start-commands-disagree", &[NEEDS, START, first]);
    let alone = ("nixpacks.toml", "[start]\ncmd = \"honcho start web\"\n");
    silent("honcho-port-by-line", &[NEEDS, alone, ("Procfile", late)]);
    silent("honcho-port-by-line", &[NEEDS, ("Procfile", late)]);
}

#[test]
fn a_deployed_env_file_beats_the_platform() {
    let procfile = ("Procfile", "web: gunicorn app:app\n");
    let env = (".env", "# local\nHARBOUR=laptop\nPORT=5000\n");
    let finding = fires("honcho-env-file-wins", ".env:3", &[NEEDS, START, procfile, env]);
    assert_eq!(finding.evidence[0].text, "PORT=…");
    fires_with("honcho-env-file-wins", ".env:2", &[NEEDS, START, procfile, env], &["HARBOUR=platform"]);
    let quiet = fires("honcho-env-file-wins", ".env:1", &[NEEDS, START, procfile, (".env", "HARBOUR=laptop\n")]);
    assert_eq!(quiet.severity, Severity::Note);
    silent("honcho-env-file-wins", &[NEEDS, START, procfile]);
    silent("honcho-env-file-wins", &[NEEDS, procfile, env]);
    let another = ("nixpacks.toml", "[start]\ncmd = \"honcho -e live.env start\"\n");
    silent("honcho-env-file-wins", &[NEEDS, another, procfile, env]);
}
