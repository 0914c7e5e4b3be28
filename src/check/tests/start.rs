use super::{fires, silent};
use crate::finding::Severity;

const FLASK: (&str, &str) = ("requirements.txt", "flask==3.0.0\ngunicorn==23.0.0\n");
const MAIN: (&str, &str) = ("main.py", "");

#[test]
fn a_backslash_ends_the_container_silently() {
    let config = "[start]\ncmd = 'python main.py --pattern \\d+'\n";
    fires("start-backslash", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", config)]);
    let joined = "[start]\ncmd = '''python \\\nmain.py'''\n";
    assert_eq!(fires("start-backslash", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", joined)]).fixes.len(), 1);
    silent("start-backslash", &[FLASK, MAIN, ("nixpacks.toml", "[start]\ncmd = \"python main.py\"\n")]);
}

#[test]
fn a_list_is_no_command() {
    let config = "[start]\ncmd = '[\"python\", \"main.py\"]'\n";
    fires("start-exec-form", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", config)]);
    silent("start-exec-form", &[FLASK, MAIN, ("Procfile", "web: python main.py\n")]);
}

#[test]
fn several_files_say_how_to_start() {
    let procfile = ("Procfile", "web: gunicorn main:app\n");
    let config = ("nixpacks.toml", "[start]\ncmd = \"python main.py\"\n");
    let finding = fires("start-commands-disagree", "nixpacks.toml:2", &[FLASK, MAIN, procfile, config]);
    assert_eq!(finding.evidence[1].source.to_string(), "Procfile:1");
    let railway = ("railway.json", r#"{"deploy": {"startCommand": "python  main.py"}}"#);
    fires("start-commands-disagree", "railway.json:1", &[FLASK, MAIN, procfile, config, railway]);
    silent("start-commands-disagree", &[FLASK, MAIN, config, railway]);
    silent("start-commands-disagree", &[FLASK, MAIN, procfile]);
}

#[test]
fn images_and_users_that_lose_the_environment() {
    let image = "[start]\ncmd = \"python main.py\"\nrunImage = \"ubuntu:22.04\"\n";
    fires("run-image-loses-venv", "nixpacks.toml:3", &[FLASK, MAIN, ("nixpacks.toml", image)]);
    silent("run-image-loses-venv", &[FLASK, MAIN]);
    let user = |cmd: &str| format!("[start]\ncmd = \"{cmd}\"\nuser = \"app\"\n");
    fires("start-user-loses-path", "nixpacks.toml:3", &[FLASK, MAIN, ("nixpacks.toml", &user("python main.py"))]);
    silent("start-user-loses-path", &[FLASK, MAIN, ("nixpacks.toml", &user("/opt/venv/bin/python main.py"))]);
}

#[test]
fn a_procfile_is_yaml() {
    let finding = fires("procfile-comment", "Procfile:1", &[FLASK, MAIN, ("Procfile", "web: python main.py #room\n")]);
    assert_eq!(finding.severity, Severity::Warning);
    silent("procfile-comment", &[FLASK, MAIN, ("Procfile", "# all\nweb: python main.py a#b\n")]);
    silent("procfile-comment", &[FLASK, MAIN, ("Procfile", "web: 'python main.py #room'\n")]);
}

#[test]
fn only_one_process_is_started() {
    fires(
        "procfile-processes-ignored",
        "Procfile:2",
        &[FLASK, MAIN, ("Procfile", "web: gunicorn main:app\nworker: python main.py\n")],
    );
    silent("procfile-processes-ignored", &[FLASK, MAIN, ("Procfile", "web: gunicorn main:app\nrelease: echo\n")]);
}

#[test]
fn a_release_runs_too_early() {
    let procfile = ("Procfile", "web: gunicorn main:app\nrelease: python manage.py migrate\n");
    fires("release-runs-in-build", "Procfile:2", &[FLASK, MAIN, procfile]);
    let finding = fires("release-runs-in-build", "Procfile:2", &[FLASK, MAIN, procfile, ("railway.json", "{}")]);
    assert_eq!(finding.fixes.len(), 1);
    let finding = fires("release-runs-in-build", "Procfile:1", &[FLASK, MAIN, ("Procfile", "release: echo x\n")]);
    assert_eq!(finding.severity, Severity::Note);
    silent("release-runs-in-build", &[FLASK, MAIN, ("Procfile", "web: gunicorn main:app\n")]);
}

#[test]
fn processes_of_a_procfile_that_are_not_what_they_seem() {
    let app = ("requirements.txt", "flask==3.0.0\n");
    fires(
        "procfile-command-empty",
        "Procfile:1",
        &[app, ("main.py", ""), ("Procfile", "web:\nworker: python main.py\n")],
    );
    silent("procfile-command-empty", &[app, ("main.py", ""), ("Procfile", "clock:\nweb: python main.py\n")]);
    let finding = fires(
        "procfile-process-twice",
        "Procfile:2",
        &[app, ("main.py", ""), ("Procfile", "web: python a.py\nweb: python main.py\n")],
    );
    assert_eq!(finding.evidence[1].source.to_string(), "Procfile:1");
}

#[test]
fn what_goes_into_a_cache_is_not_in_the_image() {
    let kept =
        |directory: &str| format!("[phases.build]\ncmds = [\"make tiles\"]\ncacheDirectories = [\"{directory}\"]\n");
    let main = ("main.py", "print('up')\n");
    for directory in ["/app/tiles", "tiles/"] {
        let found = fires("cache-directory-in-app", "nixpacks.toml:3", &[main, ("nixpacks.toml", &kept(directory))]);
        assert_eq!(found.fixes[0].summary, format!("take {directory} out of cacheDirectories"));
    }
    for directory in ["/root/.cache/tiles", "/app/node_modules", "/app/web/.next/cache"] {
        silent("cache-directory-in-app", &[main, ("nixpacks.toml", &kept(directory))]);
    }
}

#[test]
fn a_page_may_be_drawn_by_a_module_of_the_started_file() {
    let list = ("requirements.txt", "streamlit==1.50.0\n");
    let page = ("pages/home.py", "import streamlit as st\n\ndef draw():\n    st.title('tides')\n");
    let main = ("main.py", "from pages.home import draw\n\ndraw()\n");
    let start = ("Procfile", "web: python main.py\n");
    let found = fires("framework-not-started", "Procfile:1", &[list, page, main, start]);
    assert_eq!(
        found.fixes[0].summary,
        "start it with `streamlit run main.py --server.address 0.0.0.0 --server.port $PORT`"
    );
    assert_eq!(found.evidence[1].source.to_string(), "pages/home.py:1");
    silent("framework-not-started", &[list, page, ("main.py", "def later():\n    import pages.home\n"), start]);
    let served = (
        "main.py",
        "from pages.home import draw\nfrom fastapi import FastAPI\nimport uvicorn\n\nuvicorn.run(FastAPI())\n",
    );
    silent("framework-not-started", &[list, page, served, start]);
}
