use super::{fires, fires_with, silent, silent_with};

const MAIN: (&str, &str) = ("main.py", "");
const POETRY: (&str, &str) = (
    "pyproject.toml",
    "[tool.poetry]\nname = \"x\"\nversion = \"1\"\ndescription = \"\"\nauthors = []\n[tool.poetry.dependencies]\npython = \"^3.11\"\nflask = \"*\"\n",
);
const FLASK_LOCK: &str = "[[package]]\nname = \"flask\"\nversion = \"3.0.0\"\n";
const LOCK: (&str, &str) = ("poetry.lock", FLASK_LOCK);

#[test]
fn a_manager_without_its_lock() {
    for manager in ["poetry", "pdm"] {
        let env = format!("NIXPACKS_PYTHON_PACKAGE_MANAGER={manager}");
        fires_with("tool-version-variable-empty", "$NIXPACKS_PYTHON_PACKAGE_MANAGER", &[MAIN, POETRY], &[&env]);
    }
    fires_with(
        "uv-lock-missing",
        "$NIXPACKS_PYTHON_PACKAGE_MANAGER",
        &[MAIN, POETRY],
        &["NIXPACKS_PYTHON_PACKAGE_MANAGER=uv"],
    );
    silent("tool-version-variable-empty", &[MAIN, POETRY, LOCK]);
    silent_with(
        "tool-version-variable-empty",
        &[MAIN, POETRY],
        &["NIXPACKS_PYTHON_PACKAGE_MANAGER=poetry", "NIXPACKS_POETRY_VERSION=1.8.5"],
    );
    silent("uv-lock-missing", &[MAIN, POETRY, ("uv.lock", FLASK_LOCK)]);
}

#[test]
fn poetry_2_has_dropped_an_option() {
    fires("poetry-option-removed", ".tool-versions:1", &[MAIN, POETRY, LOCK, (".tool-versions", "poetry 2.1.0\n")]);
    silent("poetry-option-removed", &[MAIN, POETRY, LOCK, (".tool-versions", "poetry 1.8.5\n")]);
}

#[test]
fn poetry_1_does_not_know_the_file() {
    let standard = ("pyproject.toml", "[project]\nname = \"x\"\nversion = \"1\"\ndependencies = [\"flask\"]\n");
    fires("poetry-version-too-old", "pyproject.toml:1", &[MAIN, standard, LOCK]);
    let app = (
        "pyproject.toml",
        "[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\npython = \"^3.11\"\nflask = \"*\"\n",
    );
    fires("poetry-version-too-old", "pyproject.toml:2", &[MAIN, app, LOCK]);
    silent("poetry-version-too-old", &[MAIN, POETRY, LOCK]);
}

#[test]
fn pdm_is_broken_by_what_it_asks_for() {
    let project = ("pyproject.toml", "[project]\nname = \"x\"\nversion = \"1\"\n");
    fires("tool-version-incompatible", "pdm.lock", &[MAIN, project, ("pdm.lock", "")]);
    silent_with("tool-version-incompatible", &[MAIN, project, ("pdm.lock", "")], &["NIXPACKS_PDM_VERSION=2.12.4"]);
    for broken in ["2.13.0", "2.22.3", "2.29.4"] {
        let config = format!("[variables]\nNIXPACKS_PDM_VERSION = \"{broken}\"\n");
        fires("tool-version-incompatible", "pdm.lock", &[MAIN, project, ("pdm.lock", ""), ("nixpacks.toml", &config)]);
    }
    for fine in ["2.12.4", "2.30.0", "3.0.0"] {
        let config = format!("[variables]\nNIXPACKS_PDM_VERSION = \"{fine}\"\n");
        silent("tool-version-incompatible", &[MAIN, project, ("pdm.lock", ""), ("nixpacks.toml", &config)]);
    }
}

#[test]
fn a_lock_beside_requirements() {
    fires("lock-file-ignored", "poetry.lock", &[MAIN, ("requirements.txt", "flask==3.0.0\n"), POETRY, LOCK]);
    silent("lock-file-ignored", &[MAIN, POETRY, LOCK]);
}

#[test]
fn locks_that_lack_a_dependency() {
    let more = POETRY.1.replace("flask = \"*\"", "flask = \"*\"\nRedis_py = \"*\"");
    fires("poetry-lock-outdated", "pyproject.toml:9", &[MAIN, ("pyproject.toml", &more), LOCK]);
    silent("poetry-lock-outdated", &[MAIN, POETRY, LOCK]);
    let project = |list: &str| format!("[project]\nname = \"x\"\nversion = \"1\"\ndependencies = [{list}]\n");
    fires(
        "uv-lock-outdated",
        "pyproject.toml:4",
        &[MAIN, ("pyproject.toml", &project("\"flask>=2\", \"redis\"")), ("uv.lock", FLASK_LOCK)],
    );
    silent(
        "uv-lock-outdated",
        &[MAIN, ("pyproject.toml", &project("\"Flask>=2\", \"x; sys_platform == 'win32'\"")), ("uv.lock", FLASK_LOCK)],
    );
    let pipfile = ("Pipfile", "[packages]\nflask = \"*\"\nredis = \"*\"\n");
    fires("pipfile-lock-outdated", "Pipfile:3", &[MAIN, pipfile, ("Pipfile.lock", r#"{"default": {"flask": {}}}"#)]);
    silent("pipfile-lock-outdated", &[MAIN, pipfile, ("Pipfile.lock", r#"{"default": {"flask": {}, "redis": {}}}"#)]);
}

#[test]
fn uv_locks_of_a_later_format() {
    let project = ("pyproject.toml", "[project]\nname = \"x\"\nversion = \"1\"\n");
    fires("uv-version-too-old", "uv.lock:1", &[MAIN, project, ("uv.lock", "version = 2\n")]);
    silent("uv-version-too-old", &[MAIN, project, ("uv.lock", "version = 1\nrevision = 5\n")]);
    silent_with(
        "uv-version-too-old",
        &[MAIN, project, ("uv.lock", "version = 2\n")],
        &["NIXPACKS_UV_VERSION=0.9.0", "NIXPACKS_X=1"],
    );
}

#[test]
fn a_project_table_that_no_usable_poetry_reads() {
    let project = "[project]\nname = \"tides\"\nversion = \"0.1.0\"\ndependencies = [\"requests (>=2.32,<3)\"]\n\n[tool.poetry]\npackage-mode = false\n\n[build-system]\nrequires = [\"poetry-core>=2.0\"]\nbuild-backend = \"poetry.core.masonry.api\"\n";
    let files = [("main.py", ""), ("pyproject.toml", project), ("poetry.lock", "")];
    let finding = fires("poetry-version-too-old", "pyproject.toml:1", &files);
    assert_eq!(finding.fixes[0].edits.len(), 1);
    let finding = fires("build-backend-config", "pyproject.toml:7", &files[..2]);
    assert_eq!(finding.fixes[0].edits.len(), 1);
    let classic = "[tool.poetry]\npackage-mode = false\n[tool.poetry.dependencies]\nrequests = \"^2\"\n[build-system]\nbuild-backend = \"poetry.core.masonry.api\"\n";
    let finding = fires("build-backend-config", "pyproject.toml:2", &[("main.py", ""), ("pyproject.toml", classic)]);
    assert_eq!(finding.help.as_deref(), Some("run `poetry lock` and commit poetry.lock"));
}

#[test]
fn a_lock_is_not_traded_for_ranges() {
    let project = "[project]\nname = \"tides\"\nversion = \"0.1.0\"\ndependencies = [\"requests (>=2.32,<3)\"]\n";
    let lock = "[[package]]\nname = \"requests\"\nversion = \"2.32.3\"\ngroups = [\"main\"]\n\n[[package]]\nname = \"colorama\"\nversion = \"0.4.6\"\ngroups = [\"main\"]\nmarkers = \"sys_platform == 'win32'\"\n\n[[package]]\nname = \"pytest\"\nversion = \"8.3.4\"\ngroups = [\"dev\"]\n";
    let files = [("main.py", ""), ("pyproject.toml", project), ("poetry.lock", lock)];
    let finding = fires("poetry-version-too-old", "pyproject.toml:1", &files);
    assert!(finding.fixes[0].summary.contains("what poetry.lock pins"), "{finding:#?}");
    let lines: Vec<_> = finding.fixes[0].edits.iter().map(|edit| format!("{edit:?}")).collect();
    assert!(
        lines[0].contains("requests==2.32.3") && lines[1].contains("colorama==0.4.6 ; sys_platform == 'win32'"),
        "{lines:?}"
    );
    assert_eq!(lines.len(), 2);
    let by_git = format!(
        "{lock}\n[[package]]\nname = \"reef\"\nversion = \"1\"\ngroups = [\"main\"]\n[package.source]\ntype = \"git\"\n"
    );
    let finding = fires("poetry-version-too-old", "pyproject.toml:1", &[files[0], files[1], ("poetry.lock", &by_git)]);
    assert!(finding.fixes[0].summary.contains("what poetry.lock pins is lost"), "{finding:#?}");
}

#[test]
fn setuptools_builds_what_poetry_calls_no_package() {
    let project = "[project]\nname = \"tides\"\nversion = \"0.1.0\"\ndependencies = [\"six\"]\n\n[tool.poetry]\npackage-mode = false\n";
    silent("build-backend-config", &[MAIN, ("pyproject.toml", project)]);
}
