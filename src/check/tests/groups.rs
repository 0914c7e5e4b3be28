//! What a lock file's project asks for in groups and extras that a deploy does not install.

use super::{fires, found, silent};

const ID: &str = "import-not-required";
const MAIN: (&str, &str) = ("main.py", "import redis\n");
const POETRY: &str =
    "[tool.poetry]\nname = 'tides'\nversion = '1'\n[tool.poetry.dependencies]\npython = '^3.11'\nflask = '*'\n";
const LOCK: (&str, &str) = (
    "poetry.lock",
    "[[package]]\nname = \"flask\"\nversion = \"3.0.3\"\n\n[[package]]\nname = \"redis\"\nversion = \"5.0.8\"\n",
);

#[test]
fn a_group_or_an_extra_of_poetry() {
    let group = format!("{POETRY}[tool.poetry.group.cache.dependencies]\nredis = '*'\n");
    let of = fires(ID, "main.py:1", &[MAIN, LOCK, ("pyproject.toml", &group)]);
    assert!(of.message.contains("only the group `cache` has redis"), "{}", of.message);
    let extra =
        format!("{POETRY}redis = {{ version = '*', optional = true }}\n[tool.poetry.extras]\ncache = ['redis']\n");
    let of = fires(ID, "main.py:1", &[MAIN, LOCK, ("pyproject.toml", &extra)]);
    assert!(of.message.contains("only an extra has redis"), "{}", of.message);
    let main = format!("{POETRY}redis = '*'\n");
    silent(ID, &[MAIN, LOCK, ("pyproject.toml", &main)]);
    let with = ("nixpacks.toml", "[phases.build]\ncmds = ['poetry install --with cache']\n");
    silent(ID, &[MAIN, LOCK, ("pyproject.toml", &group), with]);
}

#[test]
fn what_another_package_brings_along_is_installed() {
    let group = format!("{POETRY}[tool.poetry.group.dev.dependencies]\nredis = '*'\n");
    let lock = "[[package]]\nname = \"flask\"\nversion = \"3.0.3\"\n\n[package.dependencies]\nredis = \">=5\"\n\n[[package]]\nname = \"redis\"\nversion = \"5.0.8\"\n";
    silent(ID, &[MAIN, ("poetry.lock", lock), ("pyproject.toml", &group)]);
    let uv =
        "[project]\nname = 'tides'\nversion = '1'\ndependencies = ['flask']\n[dependency-groups]\ndev = ['redis']\n";
    let lock = "[[package]]\nname = \"flask\"\nversion = \"3.0.3\"\ndependencies = [\n    { name = \"redis\" },\n]\n\n[[package]]\nname = \"redis\"\nversion = \"5.0.8\"\n";
    silent(ID, &[MAIN, ("uv.lock", lock), ("pyproject.toml", uv)]);
}

#[test]
fn groups_of_pep_735() {
    let project = |more: &str| {
        format!(
            "[project]\nname = 'tides'\nversion = '1'\ndependencies = []\n[dependency-groups]\nbot = ['redis>=5']\n{more}"
        )
    };
    let lock = ("uv.lock", "[[package]]\nname = \"redis\"\nversion = \"5.0.8\"\n");
    let of = fires(ID, "main.py:1", &[MAIN, lock, ("pyproject.toml", &project(""))]);
    assert!(of.message.contains("only the group `bot`"), "{}", of.message);
    silent(ID, &[MAIN, lock, ("pyproject.toml", &project("[tool.uv]\ndefault-groups = ['dev', 'bot']\n"))]);
}

#[test]
fn lists_that_no_builder_reads() {
    for (file, text) in [
        ("requirements/prod.txt", "redis==5.0.8\n"),
        ("environment.yml", "dependencies:\n  - redis=5.0\n"),
        ("pylock.toml", "[[packages]]\nname = \"redis\"\n"),
    ] {
        let all = found(&[MAIN, (file, text)]);
        let of = all.iter().find(|found| found.rule == ID).unwrap();
        assert!(of.message.contains(&format!("nothing reads {file}")), "{}", of.message);
    }
}

#[test]
fn a_server_that_only_a_group_has() {
    let group = format!("{POETRY}[tool.poetry.group.web.dependencies]\ngunicorn = '*'\n");
    let lock = "[[package]]\nname = \"flask\"\nversion = \"3.0.3\"\n\n[[package]]\nname = \"gunicorn\"\nversion = \"23.0.0\"\n";
    let app = ("main.py", "from flask import Flask\n\napp = Flask(__name__)\n");
    let start = ("Procfile", "web: gunicorn main:app\n");
    let of = fires(
        "start-program-not-found",
        "Procfile:1",
        &[app, start, ("poetry.lock", lock), ("pyproject.toml", &group)],
    );
    assert!(of.message.contains("only the group `web`"), "{}", of.message);
}
