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
