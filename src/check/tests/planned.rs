use super::{findings, fires, fires_with, folder, silent};
use crate::finding::Severity;

const FLASK: (&str, &str) = ("requirements.txt", "flask==3.0.0\ngunicorn==23.0.0\n");
const MAIN: (&str, &str) = ("main.py", "");

#[test]
fn configuration_that_nixpacks_does_not_take() {
    fires(
        "invalid-nixpacks-config",
        "nixpacks.toml:1",
        &[FLASK, MAIN, ("nixpacks.toml", "[phases.install\ncmds = 1\n")],
    );
    let text = "[phases.build]\ncmds = \"make\"\nnixPkgs = \"ffmpeg\"\n";
    let finding = fires("invalid-nixpacks-config", "nixpacks.toml:2", &[FLASK, MAIN, ("nixpacks.toml", text)]);
    assert_eq!(finding.fixes[0].edits.len(), 2);
    let list = "[start]\ncmd = [\"gunicorn\", \"main:app\"]\n";
    let finding = fires("invalid-nixpacks-config", "nixpacks.toml:1", &[FLASK, MAIN, ("nixpacks.toml", list)]);
    assert_eq!(finding.fixes[0].summary, "write the start command as one text");
    fires("invalid-nixpacks-config", "nixpacks.json:1", &[FLASK, MAIN, ("nixpacks.json", "{,}")]);
    fires("invalid-railway-config", "railway.json:2", &[FLASK, MAIN, ("railway.json", "{\n,}")]);
    fires("invalid-procfile", "Procfile:1", &[FLASK, MAIN, ("Procfile", "web: echo a: b\n")]);
    silent("invalid-procfile", &[FLASK, MAIN, ("Procfile", "web: echo a:b\n")]);
    for (line, summary) in [
        ("web:gunicorn main:app", "put a blank behind the colon"),
        ("web gunicorn main:app", "put a colon behind the name"),
        ("web: \"gunicorn\" main:app", "quote the command"),
        ("web: @gunicorn main:app", "quote the command"),
    ] {
        let finding = fires("invalid-procfile", "Procfile:1", &[FLASK, MAIN, ("Procfile", &format!("{line}\n"))]);
        assert_eq!(finding.fixes[0].summary, summary, "{line}");
    }
    silent("invalid-nixpacks-config", &[FLASK, MAIN, ("nixpacks.toml", "")]);
    silent("invalid-railway-config", &[FLASK, MAIN, ("railway.json", "{}")]);
}

#[test]
fn a_source_file_that_is_not_utf8() {
    let dir = folder(&[FLASK, MAIN]);
    std::fs::write(dir.path().join("old.py"), b"# caf\xe9\n").unwrap();
    assert_eq!(findings(&dir, &[])[0].rule, "source-encoding");
    silent("source-encoding", &[FLASK, MAIN, ("new.py", "# café\n")]);
}

#[test]
fn django_without_wsgi() {
    let comment = ("requirements.txt", "# not django\nflask\n");
    fires("django-wsgi-not-found", "requirements.txt:1", &[comment, ("manage.py", "")]);
    let settings = ("site/settings.py", "WSGI_APPLICATION = 'site.wsgi.application'\n");
    silent("django-wsgi-not-found", &[("requirements.txt", "django\n"), ("manage.py", ""), settings]);
}

#[test]
fn what_makes_nixpacks_crash() {
    fires("nixpacks-crashes", ".tool-versions:1", &[FLASK, MAIN, (".tool-versions", "python 3\n")]);
    fires("nixpacks-crashes", ".tool-versions:2", &[FLASK, MAIN, (".tool-versions", "node 20.1\npython latest\n")]);
    silent("nixpacks-crashes", &[FLASK, MAIN, (".tool-versions", "python 3.11.4\n")]);
}

#[test]
fn a_provider_that_does_not_exist() {
    fires("unknown-provider", "nixpacks.toml:1", &[FLASK, MAIN, ("nixpacks.toml", "providers = [\"pyhton\"]\n")]);
    silent("unknown-provider", &[FLASK, MAIN, ("nixpacks.toml", "providers = [\"python\"]\n")]);
}

#[test]
fn nothing_to_plan() {
    fires("no-build-plan", "app.py", &[("app.py", "print(1)\n")]);
    let flask = "import flask\nfrom PIL import Image\n\napp = flask.Flask(__name__)\n";
    let finding = fires("no-build-plan", "app.py", &[("app.py", flask)]);
    let help =
        "add a requirements.txt with the lines Flask, Pillow, gunicorn, and a Procfile with `web: gunicorn app:app`";
    assert_eq!((finding.help.as_deref(), finding.fixes[0].edits.len()), (Some(help), 4), "{finding:#?}");
    let unknown = fires(
        "no-build-plan",
        "app.py",
        &[("app.py", "import flask\nimport brinemoon\nflask.Flask(__name__).run()\n")],
    );
    assert!(unknown.fixes.is_empty() && unknown.help.unwrap().contains("and what brings brinemoon"));
    let streamlit = fires("no-build-plan", "app.py", &[("app.py", "import streamlit as st\nst.title('tides')\n")]);
    assert!(streamlit.fixes.is_empty() && streamlit.help.unwrap().ends_with("and a start command"));
    fires("no-build-plan", "backend", &[("backend/main.py", ""), (".git/HEAD", "")]);
    let many = fires("no-build-plan", "api", &[("api/main.py", ""), ("bot/requirements.txt", ""), ("docs/x", "")]);
    assert_eq!(many.evidence.len(), 2);
    let deep = [("services/bot/main.py", ""), ("services/api/requirements.txt", ""), ("services/api/src/main.py", "")];
    let deep = fires("no-build-plan", "services/api", &deep);
    assert!(deep.message.ends_with(": services/api, services/bot"), "{}", deep.message);
    let one = fires("no-build-plan", "apps/py/bot", &[("apps/py/bot/main.py", ""), ("a/b/c/d/main.py", "")]);
    assert!(one.help.unwrap().ends_with("root directory to apps/py/bot"));
    silent("no-build-plan", &[FLASK, MAIN]);
    silent("no-build-plan", &[("backend/main.py", "")]);
}

#[test]
fn another_language_takes_the_project() {
    fires("other-provider", "package.json", &[FLASK, MAIN, ("package.json", "{}")]);
    fires(
        "other-provider",
        "package.json",
        &[FLASK, MAIN, ("package.json", "{}"), ("nixpacks.toml", "[start]\ncmd = \"python main.py\"\n")],
    );
    let asked = [FLASK, MAIN, ("package.json", "{}"), ("nixpacks.toml", "providers = [\"python\", \"node\"]\n")];
    assert_eq!(fires("other-provider", "nixpacks.toml:1", &asked).severity, Severity::Note);
    silent("other-provider", &[FLASK, MAIN, ("package.json", "{}"), ("nixpacks.toml", "providers = [\"python\"]\n")]);
}

#[test]
fn nothing_to_start() {
    let finding = fires(
        "no-start-command",
        "app.py",
        &[FLASK, ("app.py", "from flask import Flask\napplication = Flask(__name__)\n")],
    );
    assert_eq!(finding.fixes[0].summary, "start it with `gunicorn app:application`");
    let finding = fires("no-start-command", "bot.py", &[FLASK, ("bot.py", "print(1)\n")]);
    assert_eq!(finding.fixes[0].summary, "start it with `python bot.py`");
    let app = ("web/app.py", "from flask import Flask\n\napp = Flask(__name__)\n");
    let finding = fires("no-start-command", "web/app.py", &[FLASK, app]);
    assert_eq!(finding.fixes[0].summary, "start it with `gunicorn web.app:app`");
    assert!(fires("no-start-command", ".", &[FLASK, app, ("api/app.py", app.1)]).fixes.is_empty());
    silent("no-start-command", &[FLASK, MAIN]);
}

#[test]
fn a_django_project_whose_requirements_are_included_is_started_by_its_server() {
    let files = [
        ("requirements.txt", "-r requirements/live.txt\n"),
        ("requirements/live.txt", "django==5.1.4\ngunicorn==23.0.0\n"),
        ("manage.py", ""),
        ("config/wsgi.py", ""),
    ];
    let finding = fires("no-start-command", "config/wsgi.py", &files);
    assert_eq!(finding.fixes[0].summary, "start it with `gunicorn config.wsgi`");
}

#[test]
fn the_only_folder_is_planned() {
    fires("planned-sub-folder", "backend", &[("backend/main.py", ""), ("backend/requirements.txt", "")]);
    silent("planned-sub-folder", &[("main.py", ""), ("backend/x.py", "")]);
}

#[test]
fn a_package_manager_that_does_not_exist() {
    fires_with(
        "unknown-package-manager",
        "$NIXPACKS_PYTHON_PACKAGE_MANAGER",
        &[FLASK, MAIN],
        &["NIXPACKS_PYTHON_PACKAGE_MANAGER=conda"],
    );
    silent("unknown-package-manager", &[FLASK, MAIN]);
}

#[test]
fn files_that_cannot_be_read() {
    let dir = folder(&[FLASK, MAIN]);
    std::fs::write(dir.path().join("runtime.txt"), b"python-3.1\xff\n").unwrap();
    assert_eq!(findings(&dir, &[])[0].rule, "unreadable-file");
    silent("unreadable-file", &[FLASK, MAIN, ("runtime.txt", "python-3.11.4\n")]);
}
