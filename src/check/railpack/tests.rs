use super::*;
use crate::builder::{DeployOptions, Planned, RailpackAnswer, railpack};
use crate::finding::{Certainty, Diagnosis, Edit, Severity};
use crate::plan::Vars;
use crate::platform::Deploy;
use crate::project::Source;

mod releases;

/// The rules that are told of a project of these files, with the place of each.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    labels_of(railpack::Version::NEWEST_KNOWN, files)
}

fn labels_of(version: railpack::Version, files: &[(&str, &str)]) -> Vec<String> {
    let found = found_by(version, files);
    found.iter().map(|found| format!("{} {}", found.rule, found.evidence[0].source)).collect()
}

fn found_by(version: railpack::Version, files: &[(&str, &str)]) -> Vec<Diagnosis> {
    let options = railpack::Options { version: Some(version), ..railpack::Options::default() };
    let mut found = found_with(&DeployOptions::default(), &options, files);
    found.retain(|found| found.severity > Severity::Note);
    found
}

fn found_with(given: &DeployOptions, options: &railpack::Options, files: &[(&str, &str)]) -> Vec<Diagnosis> {
    let folder = crate::folder::folder(files);
    let project = Project::open(folder.path()).unwrap();
    let answer = RailpackAnswer {
        planned: railpack::plan(&project, given, options),
        alone: None,
        deploy: Deploy::default(),
        root: folder.path().to_owned(),
        because: Source::Flag("--builder".to_owned()),
        variables: Vars::new(),
    };
    crate::check::check(&project, given, &Planned::Railpack(Box::new(answer)))
}

#[test]
fn a_release_whose_rules_are_not_known_is_planned_by_others_and_says_so() {
    let found = |version| {
        let options = railpack::Options { version: Some(version), ..railpack::Options::default() };
        let found = found_with(&DeployOptions::default(), &options, &[MAIN]);
        found.into_iter().find(|found| found.rule == UNKNOWN_RELEASE.id)
    };
    let unknown = found(railpack::Version::new(9, 9, 9)).unwrap();
    assert_eq!(unknown.message, "Railpack 9.9.9 is planned by the rules of 0.37.0, the newest known for it");
    assert_eq!(found(railpack::Version::NEWEST_KNOWN), None);
}

const MAIN: (&str, &str) = ("main.py", "print(1)\n");

#[test]
fn a_healthy_project_is_told_nothing() {
    assert_eq!(
        found(&[MAIN, ("requirements.txt", "flask==3.0.0\n--prefer-binary\n"), (".python-version", "3.12\n")]),
        [""; 0]
    );
    let locked = "[project]\nname = \"a\"\ndependencies = [\"flask\"]\n";
    assert_eq!(found(&[MAIN, ("pyproject.toml", locked), ("uv.lock", "version = 1\n")]), [""; 0]);
}

#[test]
fn a_pyproject_without_a_lock_installs_nothing() {
    let wants = "[project]\nname = \"a\"\ndependencies = [\"flask\"]\n";
    assert_eq!(found(&[MAIN, ("pyproject.toml", wants)]), ["railpack-nothing-installed pyproject.toml:3"]);
    let poetry = "[tool.poetry]\nname = \"a\"\n\n[tool.poetry.dependencies]\nflask = \"*\"\n";
    assert_eq!(found(&[MAIN, ("pyproject.toml", poetry)]), ["railpack-nothing-installed pyproject.toml:5"]);
    for asks_nothing in [
        "[tool.black]\nline-length = 99\n",
        "[project]\nname = \"a\"\ndependencies = []\n",
        "[tool.poetry]\nname = \"a\"\n\n[tool.poetry.dependencies]\npython = \"^3.12\"\n",
        "# dependencies = [\"flask\"]\n",
    ] {
        assert_eq!(found(&[MAIN, ("pyproject.toml", asks_nothing)]), [""; 0], "{asks_nothing}");
    }
    let listed = "[project]\nname = \"a\"\ndependencies = [\n    # web\n    \"flask\",\n]\n";
    assert_eq!(found(&[MAIN, ("pyproject.toml", listed)]), ["railpack-nothing-installed pyproject.toml:5"]);
}

#[test]
fn every_way_to_lead_pip_to_a_file_is_known_and_only_likely_to_fail() {
    let led = |line: &'static str| {
        let files = [MAIN, ("requirements.txt", line), ("reqs/base.txt", "flask\n"), ("limits.txt", "")];
        found_by(railpack::Version::NEWEST_KNOWN, &files)
    };
    for line in ["-rreqs/base.txt\n", "--constraint=limits.txt # ours\n", "-e .\n", ".[web]\n", "./libs/harbour\n"] {
        let found = led(line);
        assert_eq!(found[0].rule, "railpack-requirement-not-copied", "{line}");
        assert_eq!(found[0].certainty, Certainty::Likely, "{line}");
    }
    for line in ["flask==3.0.0\n", "# -r x\n", "-e git+https://h/y#egg=y\n", "-r requirements.txt\n"] {
        assert_eq!(led(line), [], "{line}");
    }
    // The configuration copies it.
    let copies = r#"{"steps": {"install": {"commands": [{"src": "reqs", "dest": "reqs"}, "..."]}}}"#;
    let files = [MAIN, ("requirements.txt", "-r reqs/base.txt\n"), ("reqs/base.txt", ""), ("railpack.json", copies)];
    assert_eq!(found(&files), [""; 0]);
}

#[test]
fn a_file_that_mise_reads_in_the_container_beats_the_variable() {
    let files = [MAIN, ("requirements.txt", "flask\n"), (".python-version", "3.11.2\n")];
    let given = DeployOptions { env: vec!["RAILPACK_PYTHON_VERSION=3.12.11".to_owned()], ..DeployOptions::default() };
    let found = found_with(&given, &railpack::Options::default(), &files);
    let rules: Vec<_> = found.iter().map(|found| (found.rule, found.certainty)).collect();
    assert_eq!(rules[0], ("railpack-python-not-prebuilt", Certainty::Likely));
    assert!(rules.iter().any(|(rule, _)| *rule == "railpack-python-file-wins"), "{rules:?}");
}

#[test]
fn a_file_that_requirements_lead_to_is_not_copied() {
    let files = [MAIN, ("requirements.txt", "-r reqs/base.txt\n"), ("reqs/base.txt", "flask\n")];
    assert_eq!(found(&files), ["railpack-requirement-not-copied requirements.txt:1"]);
    // What that file leads to is wanted as well.
    let nested =
        [MAIN, ("requirements.txt", "-r reqs/prod.txt\n"), ("reqs/prod.txt", "-r base.txt\n"), ("reqs/base.txt", "")];
    let found_nested = found_by(railpack::Version::NEWEST_KNOWN, &nested).remove(0);
    let Edit::SetKey { value, .. } = &found_nested.fixes[0].edits[0] else { panic!("{found_nested:?}") };
    let copy = |path: &str| serde_json::json!({ "src": path, "dest": path });
    assert_eq!(*value, serde_json::json!([copy("reqs/prod.txt"), copy("reqs/base.txt"), "..."]));
    // With one that is named by file:// the whole project is copied.
    let whole = [
        MAIN,
        ("requirements.txt", "-r reqs/base.txt\ntide @ file:///app/tide\n"),
        ("reqs/base.txt", "flask\n"),
        ("tide/setup.py", ""),
    ];
    assert_eq!(found(&whole), [""; 0]);
}

#[test]
fn a_pin_without_a_build_or_an_attestation_is_named_at_its_line() {
    let pinned = |pin: &'static str| [MAIN, ("requirements.txt", "flask\n"), ("runtime.txt", pin)];
    assert_eq!(found(&pinned("python-3.11.2\n"))[0].split(' ').next(), Some("railpack-python-not-prebuilt"));
    assert_eq!(found(&pinned("python-3.12.8\n"))[0].split(' ').next(), Some("railpack-python-unattested"));
    assert_eq!(found(&pinned("python-3.12.11\n")), [""; 0]);
    assert_eq!(labels_of(railpack::Version::COOLIFY, &pinned("python-3.12.8\n")), [""; 0]);
}

#[test]
fn what_nobody_reads_or_runs_is_told() {
    let files = [
        MAIN,
        ("requirements.txt", "flask\n"),
        ("nixpacks.toml", ""),
        ("Procfile", "release: ./migrate\nweb: python main.py\n"),
    ];
    assert_eq!(found(&files), ["railpack-ignores-nixpacks nixpacks.toml", "railpack-release-not-run Procfile:1"]);
}

#[test]
fn what_railpacks_file_takes_away_is_told_at_its_line() {
    let configured = |text: &'static str| found(&[MAIN, ("requirements.txt", "psycopg2\n"), ("railpack.json", text)]);
    let apt = "{\n  // ours\n  \"deploy\": {\n    \"aptPackages\": [\"curl\"],\n  },\n}\n";
    assert_eq!(configured(apt), ["railpack-apt-packages-replaced railpack.json:4"]);
    assert_eq!(configured("{\"deploy\": {\"aptPackages\": [\"...\", \"curl\"]}}"), [""; 0]);
    let install = "{\"steps\": {\"install\": {\"commands\": [\"pip install -r requirements.txt\"]}}}";
    assert_eq!(configured(install), ["railpack-install-makes-no-venv railpack.json:1"]);
    let inputs = "{\"deploy\": {\"inputs\": [{\"step\": \"build\", \"include\": [\".\"]}]}}";
    assert_eq!(configured(inputs), ["railpack-inputs-leave-python-out railpack.json:1"]);
    let quotes = "{\"steps\": {\"build\": {\"commands\": [\"...\", \"echo 'two words'\"]}}}";
    assert_eq!(configured(quotes), ["railpack-quote-in-command railpack.json:1"]);
    let escapes = r#"{"steps": {"build": {"commands": ["...", "echo \"two words\""]}}}"#;
    assert_eq!(configured(escapes), ["railpack-quote-in-command railpack.json:1"]);
    let words = r#"{"steps": {"build": {"commands": ["...", {"cmd": "echo 'two words'"}]}}}"#;
    assert_eq!(configured(words), [""; 0]);
    let path = "{\"steps\": {\"build\": {\"commands\": [\"...\", \"PATH:/opt/bin\"]}}}";
    assert_eq!(configured(path), ["railpack-string-command railpack.json:1"]);
}

#[test]
fn a_file_that_railpack_cannot_read_or_passes_over_is_told_with_its_place() {
    let configured = |text: &'static str| found(&[MAIN, ("requirements.txt", ""), ("railpack.json", text)]);
    assert_eq!(configured("{\n  \"deploy\": oops\n}\n"), ["railpack-invalid-config railpack.json:2"]);
    assert_eq!(
        configured("{\"deploy\": {\"startCommand\": \"python main.py\"},\n\"start\": 1}"),
        ["railpack-unknown-key railpack.json:2"]
    );
    assert!(configured("{\"provider\": \"pascal\"}").contains(&"railpack-unknown-provider railpack.json:1".to_owned()));
}

#[test]
fn the_app_that_railpack_starts_is_looked_for_in_main() {
    let app = ("app.py", "from fastapi import FastAPI\napi = FastAPI()\n");
    let named = found_by(railpack::Version::NEWEST_KNOWN, &[app, ("requirements.txt", "fastapi\nuvicorn\n")]);
    assert_eq!(named[0].rule, "railpack-starts-main-app");
    assert_eq!(named[0].fixes[0].summary, "start app:api");
    assert_eq!(
        found(&[("main.py", "from app import api as app\n"), app, ("requirements.txt", "fastapi\nuvicorn\n")]),
        [""; 0]
    );
}

#[test]
fn a_version_that_cannot_be_is_refused_in_railpacks_words() {
    let files = [MAIN, ("requirements.txt", ""), (".python-version", "tide\n")];
    let all = found_by(railpack::Version::NEWEST_KNOWN, &files);
    let told = all.iter().find(|found| found.rule == "railpack-no-plan").unwrap();
    assert_eq!(told.message, "failed to resolve version tide of python");
    assert_eq!(told.evidence[0].source.to_string(), ".python-version:1");
}

#[test]
fn what_holds_for_every_builder_is_told_here_too() {
    assert_eq!(found(&[MAIN, ("requirements.txt", "flask = 1.0\n")]), ["invalid-requirement requirements.txt:1"]);
    assert_eq!(
        found(&[MAIN, ("pyproject.toml", "[project\n"), ("uv.lock", "")]),
        ["invalid-pyproject pyproject.toml:1"]
    );
    let poetry = "[tool.poetry]\nname = \"a\"\n\n[tool.poetry.dependencies]\nflask = \"^3\"\n";
    let empty = "version = 1\nrequires-python = \">=3.11\"\n";
    assert_eq!(found(&[MAIN, ("pyproject.toml", poetry), ("uv.lock", empty)]), ["invalid-pyproject pyproject.toml:1"]);
    assert_eq!(found(&[("main.py", "import requests\n"), ("requirements.txt", "")]), ["import-not-required main.py:1"]);
    let server =
        ("main.py", "from flask import Flask\napp = Flask(__name__)\napp.run(host=\"127.0.0.1\", port=5000)\n");
    let answer = found(&[server, ("requirements.txt", "flask==3.0.0\n")]);
    assert!(answer.contains(&"wrong-bind-host main.py:3".to_owned()), "{answer:?}");
    assert_eq!(found(&[("serve.py", ""), ("requirements.txt", "")]), ["no-start-command ."]);
    let nixpacks = ("nixpacks.toml", "[start]\ncmd = \"python serve.py\"\n");
    let answer = found(&[("serve.py", ""), ("requirements.txt", ""), nixpacks]);
    assert!(answer.contains(&"no-start-command nixpacks.toml:2".to_owned()), "{answer:?}");
    let variable = ("main.py", "import os\nprint(os.environ[\"HARBOUR\"])\n");
    assert_eq!(found(&[variable, ("requirements.txt", "")]), ["missing-env-var main.py:2"]);
}

#[test]
fn another_language_that_comes_first_is_told() {
    let files = [MAIN, ("requirements.txt", ""), ("go.mod", "module harbour\n")];
    assert_eq!(found(&files)[0], "other-provider .");
}

#[test]
fn what_packages_need_of_debian() {
    let needs = |line: &str| found(&[MAIN, ("requirements.txt", line)]);
    assert_eq!(needs("pytesseract==0.3.13\n"), ["missing-system-binary requirements.txt:1"]);
    assert_eq!(needs("GitPython==3.1.44\n"), ["missing-system-binary requirements.txt:1"]);
    assert_eq!(needs("opencv-python==4.10.0.84\n"), ["missing-shared-library requirements.txt:1"]);
    assert_eq!(needs("pyaudio==0.2.14\n"), ["missing-system-header requirements.txt:1"]);
    assert_eq!(needs("playwright==1.49.1\n"), ["playwright-without-browsers requirements.txt:1"]);
    // Railpack adds these by itself, or its builder has them.
    assert_eq!(needs("pycairo==1.27.0\nmysqlclient==2.2.6\ndlib==19.24.6\n"), [""; 0]);
    let list = ("railpack.json", "{\"deploy\": {\"aptPackages\": [\"...\", \"tesseract-ocr\"]}}");
    assert_eq!(found(&[MAIN, ("requirements.txt", "pytesseract==0.3.13\n"), list]), [""; 0]);
}

#[test]
fn a_program_that_the_slim_image_lacks() {
    let start = ("Procfile", "web: make serve\n");
    assert_eq!(found(&[MAIN, ("requirements.txt", ""), start]), ["missing-system-binary Procfile:1"]);
}

#[test]
fn a_release_without_a_wheel_is_told_with_an_older_python_where_the_version_is_named() {
    let old = ("requirements.txt", "numpy==1.26.0\n");
    let edits = |files: &[(&str, &str)]| {
        let found = found_by(railpack::Version::NEWEST_KNOWN, files);
        assert_eq!(found[0].rule, "no-wheel-for-python");
        found[0].fixes[0].edits.clone()
    };
    let (path, text) = (".python-version".into(), "3.12".to_owned());
    assert_eq!(edits(&[MAIN, old]), [Edit::AppendLine { path, text: text.clone() }]);
    let path = ".python-version".into();
    let replaced = Edit::ReplaceLine { path, line: 1, was: "3.13".to_owned(), text };
    assert_eq!(edits(&[MAIN, old, (".python-version", "3.13\n")]), [replaced]);
    assert_eq!(found(&[MAIN, old, (".python-version", "3.12\n")]), [""; 0]);
}

#[test]
fn an_old_name_of_a_time_zone_is_not_in_the_newest_image() {
    let code = |call: &str| format!("from zoneinfo import ZoneInfo\n\nHOME = {call}\n");
    let told = |version, requirements: &str, code: &str| {
        let found = found_by(version, &[("main.py", code), ("requirements.txt", requirements)]);
        found.into_iter().find(|found| found.rule == "time-zone-missing")
    };
    let newest = railpack::Version::NEWEST_KNOWN;
    let old = code("ZoneInfo(\"US/Pacific\")");
    let finding = told(newest, "rich\n", &old).unwrap();
    assert_eq!(
        (finding.severity, finding.certainty, finding.evidence[0].source.to_string()),
        (Severity::Error, Certainty::Likely, "main.py:3".to_owned())
    );
    assert_eq!(told(newest, "# none\n", &old).unwrap().certainty, Certainty::Certain);
    let late = "from zoneinfo import ZoneInfo\ndef now():\n    return ZoneInfo('Asia/Calcutta')\n";
    assert_eq!(told(newest, "rich\n", late).unwrap().severity, Severity::Warning);
    for (requirements, code) in
        [("tzdata\n", old.clone()), ("pandas\n", old.clone()), ("rich\n", code("ZoneInfo('America/Los_Angeles')"))]
    {
        assert_eq!(told(newest, requirements, &code), None);
    }
    assert_eq!(told(railpack::Version::COOLIFY, "rich\n", &old), None, "its image is of Debian 12");
}

#[test]
fn a_release_command_alone_is_what_starts() {
    let flask = ("requirements.txt", "flask==3.0.0\n");
    let procfile = |text| found(&[MAIN, flask, ("Procfile", text)]);
    assert_eq!(procfile("release: python main.py\n"), ["railpack-release-starts Procfile:1"]);
    assert_eq!(procfile("release: python main.py\nweb: python main.py\n"), ["railpack-release-not-run Procfile:1"]);
    assert_eq!(procfile("release: python main.py 1\nweb: python main.py 1 && python main.py\n"), [""; 0]);
    let both = [MAIN, flask, ("Procfile", "release: python main.py 1\nweb: python main.py\n")];
    let Edit::ReplaceLine { text, line, .. } =
        &found_by(railpack::Version::NEWEST_KNOWN, &both).remove(0).fixes[0].edits[0].clone()
    else {
        panic!("no edit")
    };
    assert_eq!((*line, text.as_str()), (2, "web: python main.py 1 && python main.py"));
    let start = r#"{"deploy": {"startCommand": "python main.py"}}"#;
    let overruled = [MAIN, flask, ("Procfile", "release: python main.py\n"), ("railpack.json", start)];
    assert_eq!(found(&overruled), [""; 0]);
}

#[test]
fn a_debian_package_whose_name_is_a_slip_of_the_hand() {
    let wants = r#"{"deploy": {"aptPackages": ["...", "ffmepg"]}}"#;
    assert_eq!(
        found(&[MAIN, ("requirements.txt", ""), ("railpack.json", wants)]),
        ["package-misspelt railpack.json:1"]
    );
}

#[test]
fn an_environment_that_is_copied_over_the_one_of_the_build() {
    let files = [("main.py", "import flask\n"), ("requirements.txt", "flask==3.0.3\n"), (".venv/pyvenv.cfg", "")];
    let of = |more: &[(&str, &str)]| found(&[&files[..], more].concat());
    assert!(of(&[]).contains(&"committed-venv .venv".to_owned()), "{:?}", of(&[]));
    for ignored in [(".gitignore", ".venv/\n"), (".dockerignore", ".venv\n"), (".venv/.gitignore", "*\n")] {
        assert!(!of(&[ignored]).iter().any(|label| label.starts_with("committed-venv")), "{ignored:?}");
    }
    let elsewhere = [("main.py", ""), ("requirements.txt", "flask==3.0.3\n"), ("venv/pyvenv.cfg", "")];
    assert!(!found(&elsewhere).iter().any(|label| label.starts_with("committed-venv")));
}

#[test]
fn a_step_of_ones_own_has_no_file_of_the_project() {
    let found = |step: &str| {
        let config = format!("{{\"steps\": {{\"assets\": {step}}}}}");
        let files = [MAIN, ("requirements.txt", "django==5.1\n"), ("manage.py", ""), ("railpack.json", &config)];
        let found = found_by(railpack::Version::NEWEST_KNOWN, &files);
        found.into_iter().find(|found| found.rule == steps::NO_FILES.id)
    };
    let missing = found(r#"{"commands": ["python manage.py collectstatic"]}"#).unwrap();
    assert_eq!(missing.message, "manage.py is not there when the step assets runs `python manage.py collectstatic`");
    let inputs = Edit::SetKey {
        path: "railpack.json".into(),
        key: ["steps", "assets", "inputs"].map(str::to_owned).to_vec(),
        value: serde_json::json!([{ "step": "build" }]),
    };
    assert_eq!(missing.fixes[0].edits, [inputs]);
    for healthy in [
        r#"{"inputs": [{"step": "build"}], "commands": ["python manage.py collectstatic"]}"#,
        r#"{"inputs": [{"step": "packages:mise"}, "."], "commands": ["python manage.py check"]}"#,
        r#"{"commands": [{"src": ".", "dest": "."}, "python manage.py check"]}"#,
        r#"{"commands": [{"src": "manage.py", "dest": "manage.py"}, "python manage.py check"]}"#,
        r#"{"commands": ["python --version"]}"#,
    ] {
        assert_eq!(found(healthy), None, "{healthy}");
    }
}

#[test]
fn a_plan_that_cannot_be_built_is_told_with_the_faults_own_words() {
    let found = |steps: &str| {
        let config = format!("{{\"steps\": {{{steps}}}}}");
        let found = found_by(railpack::Version::NEWEST_KNOWN, &[MAIN, ("railpack.json", &config)]);
        found.into_iter().find(|found| found.rule == UNBUILDABLE.id).map(|found| found.message)
    };
    let circle =
        r#""a": {"inputs": [{"step": "b"}], "commands": ["x"]}, "b": {"inputs": [{"step": "a"}], "commands": ["x"]}"#;
    assert_eq!(found(circle).as_deref(), Some("circular dependency detected: a"));
    let cache = r#""build": {"commands": ["make"], "caches": ["tide"]}"#;
    assert_eq!(found(cache).as_deref(), Some("cache with key \"tide\" not found"));
    assert_eq!(found(r#""build": {"commands": ["make"]}"#), None);
}

#[test]
fn what_is_installed_beside_the_tools_python_is_left_behind() {
    let found = |commands: &str| {
        let config = format!(r#"{{"steps": {{"install": {{"commands": {commands}}}}}}}"#);
        let found = found_by(railpack::Version::NEWEST_KNOWN, &[MAIN, ("reqs.txt", ""), ("railpack.json", &config)]);
        found.into_iter().find(|found| found.rule == NO_VENV.id)
    };
    let copy = serde_json::json!({ "src": "reqs.txt", "dest": "reqs.txt" });
    let left = found(&format!(r#"[{copy}, "pip install -r reqs.txt"]"#)).unwrap();
    let Edit::SetKey { value, .. } = &left.fixes[0].edits[0] else { panic!("{left:?}") };
    let path = serde_json::json!({ "path": "/app/.venv/bin" });
    assert_eq!(*value, serde_json::json!([copy, "python -m venv /app/.venv", path, "pip install -r reqs.txt"]));
    assert_eq!(found(&value.to_string()), None);
}
