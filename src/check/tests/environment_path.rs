use super::{fires, silent};

const ID: &str = "environment-missing";

fn starts(command: &str) -> String {
    format!("web: {command}\n")
}

#[test]
fn an_environment_of_the_developers_own_is_not_deployed() {
    let procfile = starts("source venv/bin/activate && gunicorn main:app");
    let finding =
        fires(ID, "Procfile:1", &[("main.py", ""), ("requirements.txt", "gunicorn\n"), ("Procfile", &procfile)]);
    assert_eq!(finding.fixes[0].summary, "start it with `gunicorn main:app`");
    let procfile = starts("./.venv/bin/python main.py");
    fires(ID, "Procfile:1", &[("main.py", ""), ("requirements.txt", "rich\n"), ("Procfile", &procfile)]);
}

#[test]
fn an_install_command_of_ones_own_leaves_the_builders_environment_unmade() {
    let config = "[phases.install]\ncmds = [\"python -m venv .venv && .venv/bin/pip install -r requirements.txt\"]\n\n[start]\ncmd = \"/opt/venv/bin/python main.py\"\n";
    let finding =
        fires(ID, "nixpacks.toml:5", &[("main.py", ""), ("requirements.txt", "rich\n"), ("nixpacks.toml", config)]);
    assert!(finding.help.unwrap().contains("python -m venv /opt/venv"));
}

#[test]
fn an_environment_that_something_makes_is_no_fault() {
    for command in [
        "/opt/venv/bin/gunicorn main:app",
        "python -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python main.py",
        "bash prepare.sh && venv/bin/python main.py",
        "/usr/bin/env python main.py",
    ] {
        let procfile = starts(command);
        silent(ID, &[("main.py", ""), ("requirements.txt", "gunicorn\n"), ("Procfile", &procfile)]);
    }
}
