use super::{fires, silent};

const FLASK: (&str, &str) = ("requirements.txt", "flask==3.0.0\n");
const MAIN: (&str, &str) = ("main.py", "");

#[test]
fn a_dockerfile_wins() {
    fires("dockerfile-wins", "Dockerfile", &[FLASK, MAIN, ("Dockerfile", "FROM x\n")]);
    silent("dockerfile-wins", &[FLASK, MAIN, ("docker/Dockerfile", "FROM x\n")]);
}

#[test]
fn another_builder_is_named() {
    fires("other-builder", "railway.json:1", &[FLASK, MAIN, ("railway.json", r#"{"build": {"builder": "RAILPACK"}}"#)]);
    silent("other-builder", &[FLASK, MAIN, ("railway.json", r#"{"build": {"builder": "nixpacks"}}"#)]);
}

#[test]
fn railway_moves_on() {
    let told = fires("nixpacks-deprecated-on-railway", "railway.json", &[FLASK, MAIN, ("railway.json", "{}")]);
    assert!(told.advice.unwrap().contains("3.13"));
    silent("nixpacks-deprecated-on-railway", &[FLASK, MAIN]);
    fires("railway-config-as-code-ends", "railway.toml", &[FLASK, MAIN, ("railway.toml", "")]);
    silent("railway-config-as-code-ends", &[FLASK, MAIN]);
}
