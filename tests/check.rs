//! What `check` proposes is a real edit: applied to the files as `fix` applies it, the finding is gone and the rest stays.
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;

use shakedown::builder::{Asked, DeployOptions, Planned, nixpacks};
use shakedown::check::check;
use shakedown::finding::Diagnosis;
use shakedown::fix::Patch;
use shakedown::project::Project;
use shakedown::rehearse::Request;
use support::folder;

fn findings(dir: &tempfile::TempDir) -> Vec<Diagnosis> {
    let project = Project::open(dir.path()).unwrap();
    let options = DeployOptions::default();
    check(&project, &options, &Planned::Nixpacks(nixpacks::derive(&project, &options, &nixpacks::Options::default())))
}

const FAULTY: &[(&str, &[(&str, &str)])] = &[
    (
        "externally-managed",
        &[
            ("main.py", ""),
            ("requirements.txt", "flask==3.0.3\n"),
            (
                "nixpacks.toml",
                "# ours\n[phases.setup]\nnixPkgs = [\"python311\", \"python311Packages.pip\", \"gcc\"] # keep\n\n\
                 [phases.install]\ncmds = [\"pip install -r requirements.txt\"]\n",
            ),
        ],
    ),
    (
        "pip-not-found",
        &[
            ("main.py", ""),
            ("requirements.txt", "a==1\n"),
            ("nixpacks.json", "{\n  \"phases\": {\"install\": {\"cmds\": [\"pip install -r requirements.txt\"]}}\n}\n"),
        ],
    ),
    ("nix-python-dropped", &[("main.py", ""), ("nixpacks.toml", "[phases.setup]\nnixPkgs = [\"ffmpeg\"]\n")]),
    ("unknown-nixpacks-key", &[("main.py", ""), ("nixpacks.toml", "[phases.build]\ncmd = \"make\" # all\n")]),
    ("invalid-nixpacks-config", &[("main.py", ""), ("nixpacks.toml", "[phases.build]\ncmds = \"make\"\n")]),
    (
        "command-without-effect",
        &[("main.py", ""), ("nixpacks.toml", "[phases.build]\ncmds = [\"cd web\", \"make\"]\n")],
    ),
    (
        "start-phase-runs-in-build",
        &[("requirements.txt", ""), ("nixpacks.toml", "[phases.start]\ncmds = [\"python x\"]\n")],
    ),
    ("no-build-plan", &[("app.py", "print(1)\n")]),
    ("no-start-command", &[("requirements.txt", ""), ("bot.py", "")]),
    ("other-provider", &[("requirements.txt", ""), ("main.py", ""), ("package.json", "{}")]),
    ("invalid-procfile", &[("main.py", ""), ("Procfile", "web: echo a: b\r\n")]),
    ("python-version-fallback", &[("main.py", ""), (".python-version", "# two\n3.11.4\n3.10.2\n")]),
    (
        "requires-python-mismatch",
        &[
            ("main.py", ""),
            ("pyproject.toml", "[project]\nname = \"x\"\nversion = \"1\"\nrequires-python = \">=3.13\"\n"),
        ],
    ),
    (
        "invalid-requirement",
        &[("main.py", ""), ("requirements.txt", "a==1\n<<<<<<< HEAD\nb==1\n=======\nb==2\n>>>>>>> x\n")],
    ),
    ("local-path-requirement", &[("main.py", ""), ("requirements.txt", "a==1\r\nb @ file:///croot/b\r\n")]),
    ("windows-only-requirement", &[("main.py", ""), ("requirements.txt", "pywin32==306\n")]),
    ("missing-shared-library", &[("main.py", ""), ("requirements.txt", "weasyprint==62.0\n")]),
    (
        "missing-system-header",
        &[
            ("main.py", ""),
            ("requirements.txt", "mysqlclient==2.2.4\n"),
            ("nixpacks.toml", "[phases.setup]\nnixPkgs = [\"...\", \"ffmpeg\"]\n"),
        ],
    ),
    ("no-wheel-for-python", &[("main.py", ""), ("requirements.txt", "numpy==1.24.3\n")]),
    (
        "build-backend-config",
        &[
            ("main.py", ""),
            (
                "pyproject.toml",
                "[build-system]\nrequires = [\"hatchling\"]\nbuild-backend = \"hatchling.build\"\n[project]\nname = \"x\"\nversion = \"1\"\n",
            ),
        ],
    ),
    (
        "wrong-bind-host",
        &[
            ("main.py", "app = 1\n"),
            ("requirements.txt", "uvicorn==0.34.0\n"),
            ("railway.json", "{\"deploy\": {\"startCommand\": \"uvicorn main:app\"}}\n"),
        ],
    ),
    (
        "start-program-not-found",
        &[("main.py", "app = 1\n"), ("requirements.txt", "flask==3.0.3"), ("Procfile", "web: gunicorn main:app\n")],
    ),
    (
        "release-runs-in-build",
        &[
            ("main.py", ""),
            ("Procfile", "web: python main.py\nrelease: python manage.py migrate\n"),
            ("railway.toml", "[deploy]\n"),
        ],
    ),
    ("removed-stdlib-module", &[("main.py", "import distutils\n"), ("requirements.txt", "flask==3.0.3\n")]),
    (
        "tool-version-incompatible",
        &[("main.py", ""), ("pdm.lock", ""), ("pyproject.toml", "[project]\nname = \"x\"\nversion = \"1\"\n")],
    ),
];

#[test]
fn every_first_fix_ends_its_finding() {
    for (id, files) in FAULTY {
        let dir = folder(files);
        let finding = findings(&dir)
            .into_iter()
            .find(|finding| finding.rule == *id)
            .unwrap_or_else(|| panic!("{id} is not found"));
        let mut patch = Patch::new(dir.path()).unwrap();
        patch.add(&finding.fixes[0].edits).unwrap_or_else(|refused| panic!("{id}: {refused}"));
        patch.apply().unwrap();
        let left = findings(&dir);
        assert!(left.iter().all(|left| left.rule != *id), "{id} stays after:\n{}\n{left:#?}", patch.diff());
    }
}

#[test]
fn a_fix_leaves_the_rest_of_a_file_alone() {
    let dir = folder(FAULTY[0].1);
    let finding = findings(&dir).remove(0);
    let mut patch = Patch::new(dir.path()).unwrap();
    patch.add(&finding.fixes[0].edits).unwrap();
    patch.apply().unwrap();
    let text = fs::read_to_string(dir.path().join("nixpacks.toml")).unwrap();
    assert_eq!(text.trim_end(), "# ours\n[phases.setup]\nnixPkgs = [\"python311\", \"gcc\"] # keep");
}

/// What is found where Railpack builds.
fn of_railpack(dir: &tempfile::TempDir) -> Vec<Diagnosis> {
    let request = Request { builder: Asked::Railpack(None), ..Request::new(dir.path()) };
    let project = Project::open(dir.path()).unwrap();
    check(&project, &request.deploy, &request.plan(&project).unwrap())
}

/// railpack.json after the first fix of the finding, which is gone then.
fn railpack_json_cured_of(id: &str, config: &str) -> String {
    let dir = folder(&[("main.py", ""), ("requirements.txt", "flask==3.0.3\n"), ("railpack.json", config)]);
    let finding = of_railpack(&dir).into_iter().find(|finding| finding.rule == id);
    let finding = finding.unwrap_or_else(|| panic!("{id} is not found in {config}"));
    let mut patch = Patch::new(dir.path()).unwrap();
    patch.add(&finding.fixes[0].edits).unwrap();
    patch.apply().unwrap();
    let left = of_railpack(&dir);
    assert!(left.iter().all(|left| left.rule != id), "{id} stays after:\n{}\n{left:#?}", patch.diff());
    fs::read_to_string(dir.path().join("railpack.json")).unwrap()
}

#[test]
fn a_command_of_railpack_json_is_written_in_the_form_that_is_read() {
    let build = |command: &str| {
        format!("{{\n  // ours\n  \"steps\": {{\"build\": {{\"commands\": [\"...\", {command}]}}}},\n}}\n")
    };
    for (id, written, better) in [
        ("railpack-string-command", r#""PATH:/opt/bin""#, r#"{"path":"/opt/bin"}"#),
        ("railpack-string-command", r#""COPY:tide.txt /srv/tide.txt""#, r#"{"src":"tide.txt","dest":"/srv/tide.txt"}"#),
        ("railpack-string-command", r#""RUN: python build.py""#, r#""python build.py""#),
        ("railpack-quote-in-command", r#""echo 'two words'""#, r#"{"cmd":"sh -c \"echo 'two words'\""}"#),
        ("railpack-quote-in-command", r#""echo \"a\" && b""#, r#"{"cmd":"sh -c \"echo \\\"a\\\" && b\""}"#),
    ] {
        assert_eq!(railpack_json_cured_of(id, &build(written)), build(better));
    }
}

#[test]
fn what_railpack_json_takes_away_comes_back_and_its_comments_stay() {
    let inputs = "{\n  // ours\n  \"deploy\": {\"inputs\": [{\"step\": \"build\", \"include\": [\".\"]}]}\n}\n";
    let cured = railpack_json_cured_of("railpack-inputs-leave-python-out", inputs);
    assert_eq!(cured, inputs.replace("[{", "[\"...\", {"));
    let install = "{\n  // ours\n  \"provider\": \"python\",\n  \"steps\": {\"install\": {\"commands\": [\"pip install -r requirements.txt\"]}}\n}\n";
    let cured = railpack_json_cured_of("railpack-install-makes-no-venv", install);
    assert_eq!(cured, "{\n  // ours\n  \"provider\": \"python\"\n}\n");
}
