use super::{fires, silent};

const MAIN: (&str, &str) = ("main.py", "");

fn project(more: &str) -> String {
    format!("[project]\nname = \"x\"\nversion = \"1\"\nreadme = \"README.md\"\n{more}\n")
}

#[test]
fn files_that_come_too_late() {
    for more in [
        "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"",
        "[tool.setuptools]\npackages = [\"x\"]",
        "[tool.setuptools.packages.find]\nwhere = [\"src\"]",
        "[tool.setuptools.dynamic]\ndependencies = { file = [\"deps.txt\"] }",
    ] {
        let line = if more.starts_with("[build") { 7 } else { 6 };
        fires(
            "build-backend-config",
            &format!("pyproject.toml:{line}"),
            &[MAIN, ("pyproject.toml", &project(more)), ("README.md", "")],
        );
    }
    // setuptools only warns of a missing readme.
    silent("build-backend-config", &[MAIN, ("pyproject.toml", &project(""))]);
    let hatch = project("[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"");
    silent("build-backend-config", &[MAIN, ("pyproject.toml", &hatch), ("requirements.txt", ".\n")]);
    silent("build-backend-config", &[MAIN, ("pyproject.toml", &hatch), ("uv.lock", "")]);
}

/// As pip 26 and setuptools 80 install it: the script is there, and no package.
#[test]
fn a_script_of_the_project_whose_package_is_not_there_when_it_is_installed() {
    let start = ("Procfile", "web: tides\n");
    let package = [("harbour/__init__.py", ""), ("harbour/cli.py", "def main():\n    pass\n")];
    let scripts = project("[project.scripts]\ntides = \"harbour.cli:main\"\n");
    let files = |start: (&'static str, &'static str), project: &'static str| {
        [package[0], package[1], start, ("pyproject.toml", project)]
    };
    let scripts: &'static str = scripts.leak();
    let found = fires("build-backend-config", "pyproject.toml:6", &files(start, scripts));
    assert_eq!(found.subject.as_deref(), Some("harbour"));
    silent("build-backend-config", &files(("Procfile", "web: python -m harbour.cli\n"), scripts));
    // hatchling makes a wheel of nothing where its packages are named; the script in it calls what is not there.
    let hatch = format!(
        "{scripts}[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n[tool.hatch.build.targets.wheel]\npackages = [\"harbour\"]\n"
    );
    let found = fires("build-backend-config", "pyproject.toml:10", &files(start, hatch.leak()));
    assert_eq!(found.subject.as_deref(), Some("harbour"));
}

#[test]
fn a_file_that_does_not_parse() {
    fires("invalid-pyproject", "pyproject.toml:2", &[MAIN, ("pyproject.toml", "[project]\nname = \n")]);
    silent(
        "invalid-pyproject",
        &[MAIN, ("pyproject.toml", "[project]\nname = \n"), ("requirements.txt", "flask==3.0.0\n")],
    );
    silent("invalid-pyproject", &[MAIN, ("pyproject.toml", &project(""))]);
}

#[test]
fn what_no_lock_file_holds() {
    let project = |extra: &str| {
        format!(
            "[project]\nname = \"tides\"\nversion = \"1\"\ndependencies = [\"fastapi>=0.115\", \"uvicorn[standard]\"]\n{extra}"
        )
    };
    let finding =
        fires("unpinned-requirements", "pyproject.toml:4", &[("main.py", ""), ("pyproject.toml", &project(""))]);
    assert!(finding.message.ends_with("fastapi and 1 more"), "{}", finding.message);
    let locked = [("main.py", ""), ("pyproject.toml", &*project("")), ("uv.lock", "version = 1\n")];
    silent("unpinned-requirements", &locked);
    let scm = project(
        "[build-system]\nrequires = [\"setuptools>=64\", \"setuptools_scm>=8\"]\nbuild-backend = \"setuptools.build_meta\"\n",
    );
    fires(
        "build-backend-config",
        "pyproject.toml:6",
        &[("main.py", ""), ("pyproject.toml", &scm.replace("version = \"1\"", "dynamic = [\"version\"]"))],
    );
    silent("build-backend-config", &[("main.py", ""), ("pyproject.toml", &scm)]);
}

#[test]
fn a_project_of_poetry_under_the_lock_of_uv() {
    let poetry = ("pyproject.toml", "[tool.poetry]\nname = \"x\"\n\n[tool.poetry.dependencies]\nflask = \"^3\"\n");
    fires("invalid-pyproject", "pyproject.toml:1", &[MAIN, poetry, ("uv.lock", "version = 1\n")]);
    silent("invalid-pyproject", &[MAIN, poetry, ("poetry.lock", "")]);
    let both = ("pyproject.toml", "[project]\nname = \"x\"\nversion = \"1\"\n\n[tool.poetry]\nname = \"x\"\n");
    silent("invalid-pyproject", &[MAIN, both, ("uv.lock", "version = 1\n")]);
}

#[test]
fn what_is_written_for_poetry_alone_brings_pip_nothing() {
    let poetry = "[tool.poetry]\nname = \"x\"\n[tool.poetry.dependencies]\npython = \"^3.11\"\nflask = \"*\"\n";
    fires("invalid-pyproject", "pyproject.toml:3", &[MAIN, ("pyproject.toml", poetry)]);
    let backend =
        format!("{poetry}[build-system]\nrequires = [\"poetry-core\"]\nbuild-backend = \"poetry.core.masonry.api\"\n");
    silent("invalid-pyproject", &[MAIN, ("pyproject.toml", &backend)]);
    silent("invalid-pyproject", &[MAIN, ("pyproject.toml", poetry), ("poetry.lock", "")]);
    silent("invalid-pyproject", &[MAIN, ("pyproject.toml", poetry), ("requirements.txt", "flask==3.0.0\n")]);
    let nothing = poetry.replace("flask = \"*\"\n", "");
    silent("invalid-pyproject", &[MAIN, ("pyproject.toml", &nothing)]);
}
