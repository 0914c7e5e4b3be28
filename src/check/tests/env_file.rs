use super::*;
use crate::finding::Severity;

const NEEDS: (&str, &str) = ("requirements.txt", "flask==3.1.0\npython-dotenv==1.1.0\n");
const ENV: (&str, &str) = (".env", "HARBOUR=laptop\nPORT=5000\n");

fn app(load: &str) -> String {
    format!("import os\nfrom dotenv import load_dotenv\n{load}\nport = os.environ['PORT']\n")
}

#[test]
fn a_port_in_a_deployed_env_file_that_overrides_beats_the_platforms() {
    for load in
        ["load_dotenv(override=True)", "load_dotenv('.env', override=True)", "os.environ.update(dotenv_values())"]
    {
        let finding = fires("hard-coded-port", ".env:2", &[NEEDS, ENV, ("main.py", &app(load))]);
        assert_eq!(finding.subject.as_deref(), Some("5000"));
        silent("env-file-overrides", &[NEEDS, ENV, ("main.py", &app(load))]);
    }
}

#[test]
fn other_variables_of_it_are_told_as_they_are_known_to_be_set() {
    let main = app("load_dotenv(override=True)");
    let files = [NEEDS, (".env", "HARBOUR=laptop\n"), ("main.py", main.as_str())];
    assert_eq!(fires("env-file-overrides", ".env:1", &files).severity, Severity::Note);
    assert_eq!(fires_with("env-file-overrides", ".env:1", &files, &["HARBOUR=platform"]).severity, Severity::Warning);
}

#[test]
fn a_file_that_is_not_deployed_or_does_not_override_beats_nothing() {
    let overriding = app("load_dotenv(override=True)");
    let ignored = (".gitignore", ".env\n");
    for files in [
        &[NEEDS, ENV, ("main.py", &*app("load_dotenv()"))][..],
        &[NEEDS, ENV, ignored, ("main.py", &overriding)],
        &[NEEDS, ENV, ("main.py", &app("load_dotenv('.env.local', override=True)"))],
        &[NEEDS, ENV, ("main.py", &app("if os.getenv('LOCAL'):\n    load_dotenv(override=True)"))],
        &[NEEDS, ("main.py", &overriding)],
    ] {
        silent("hard-coded-port", files);
        silent("env-file-overrides", files);
    }
}

#[test]
fn what_a_file_alone_gives_is_not_there_without_it() {
    let list = ("requirements.txt", "python-dotenv\n");
    let main = ("main.py", "from dotenv import dotenv_values\n\nsaid = dotenv_values('.env')\nprint(said['BERTH'])\n");
    let hidden = [(".gitignore", ".env\n"), (".env", "BERTH=7\n")];
    let finding = fires("env-file-alone", "main.py:4", &[&[list, main], &hidden[..]].concat());
    assert_eq!(finding.subject.as_deref(), Some("BERTH"));
    fires("env-file-alone", "main.py:4", &[list, main]);
    silent("env-file-alone", &[list, main, hidden[1]]);
    for other in ["said = {**dotenv_values('.env'), **os.environ}", "said = dotenv_values('shared.env')"] {
        let text = main.1.replace("said = dotenv_values('.env')", other);
        silent("env-file-alone", &[list, ("main.py", &text)]);
    }
}
