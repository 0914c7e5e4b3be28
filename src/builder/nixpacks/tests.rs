use std::fs;

use super::*;
use crate::platform::Platform;
use crate::project::Source;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        Self(crate::folder::folder(files))
    }

    fn derive(&self, given: &DeployOptions) -> Result<Derived, PlanError> {
        derive(&Project::open(self.0.path()).unwrap(), given, &Options::default())
    }

    fn plan(&self) -> Derived {
        self.derive(&DeployOptions::default()).unwrap()
    }
}

/// `value because place` of every choice about `what`.
fn reasons(derived: &Derived, what: &str) -> Vec<String> {
    let about = derived.choices.iter().filter(|choice| choice.what == what);
    about.map(|choice| format!("{} because {}", choice.value, choice.because)).collect()
}

#[test]
fn every_value_says_where_it_comes_from() {
    let folder = Folder::new(&[
        ("requirements.txt", "flask\n# cairo\npsycopg2\n"),
        ("runtime.txt", "\npython-3.9.2\n"),
        ("Procfile", "release: migrate\nweb: run\n"),
        ("nixpacks.toml", "[phases.setup]\naptPackages = [\"x\",\n  \"y\"]\n[phases.install]\ncmds = []\n"),
    ]);
    let derived = folder.plan();
    assert_eq!(reasons(&derived, "provider"), ["python because requirements.txt"]);
    assert_eq!(reasons(&derived, "python"), ["3.9 because runtime.txt:2"]);
    assert_eq!(reasons(&derived, "package manager"), ["requirements because requirements.txt"]);
    assert_eq!(
        reasons(&derived, "phases.setup.nixPkgs")[..2],
        ["python39 because runtime.txt:2", "postgresql_16.dev because requirements.txt:3"]
    );
    assert_eq!(reasons(&derived, "phases.setup.nixLibs")[0], "cairo because requirements.txt:2");
    assert_eq!(reasons(&derived, "phases.setup.aptPkgs"), ["x because nixpacks.toml:2", "y because nixpacks.toml:3"]);
    assert_eq!(reasons(&derived, "phases.install.cmds"), ["[] because nixpacks.toml:5"]);
    assert_eq!(reasons(&derived, "phases.release.cmds"), ["migrate because Procfile:1"]);
    assert_eq!(reasons(&derived, "start.cmd"), ["run because Procfile:2"]);
}

#[test]
fn places_in_the_only_folder_are_relative_to_the_project() {
    let derived = Folder::new(&[("app/requirements.txt", "")]).plan();
    assert_eq!(reasons(&derived, "package manager"), ["requirements because app/requirements.txt"]);
    assert!(derived.root.ends_with("app"));
}

#[test]
fn a_plan_without_start_and_an_empty_one_are_not_errors() {
    let without_start = Folder::new(&[("requirements.txt", "")]).plan();
    assert!(without_start.no_start_command() && !without_start.is_empty());
    assert!(Folder::new(&[("app.py", "")]).plan().is_empty());
}

#[test]
fn an_unreadable_configuration_names_its_line() {
    let error = Folder::new(&[("nixpacks.toml", "[start]\ncmd = 3\n")]).derive(&DeployOptions::default()).unwrap_err();
    assert_eq!(error.because(), Source::line("nixpacks.toml", 2));
    assert!(error.to_string().starts_with("nixpacks.toml:2: invalid type: integer `3`"), "{error}");
}

#[test]
fn another_language_is_named_with_the_file_that_decides() {
    let folder = Folder::new(&[("main.py", ""), ("package.json", "{}")]);
    let error = folder.derive(&DeployOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "package.json makes this a node project, not a Python one");
}

#[test]
fn a_crash_of_nixpacks_is_a_finding() {
    let folder = Folder::new(&[("main.py", ""), (".tool-versions", "nodejs 20\npython latest\n")]);
    let error = folder.derive(&DeployOptions::default()).unwrap_err();
    assert!(matches!(error, PlanError::Panics { .. }));
    assert_eq!(error.because(), Source::line(".tool-versions", 2));
}

#[test]
fn railways_commands_lie_over_every_file_and_below_the_flags() {
    let folder = Folder::new(&[
        ("main.py", ""),
        ("Procfile", "web: proc"),
        ("nixpacks.toml", "[start]\ncmd = \"toml\"\n[phases.build]\ncmds = [\"toml\"]\n"),
        ("railway.json", "{\"build\": {\"buildCommand\": \"make\"},\n \"deploy\": {\"startCommand\": \"rail\"}}"),
    ]);
    let derived = folder.plan();
    assert_eq!(reasons(&derived, "start.cmd"), ["rail because railway.json:2"]);
    assert_eq!(reasons(&derived, "phases.build.cmds"), ["make because railway.json:1"]);
    assert_eq!(derived.nixpacks.unwrap().start_cmd(), Some("toml"));

    let flag = DeployOptions { start_cmd: Some("flag".to_owned()), ..DeployOptions::default() };
    assert_eq!(folder.derive(&flag).unwrap().plan.start_cmd(), Some("flag"));
    let alone = DeployOptions { platform: Platform::None, ..DeployOptions::default() };
    assert_eq!(folder.derive(&alone).unwrap().plan.start_cmd(), Some("toml"));
}

#[test]
fn railway_toml_beats_json_and_an_environment_beats_both_its_base() {
    let folder = Folder::new(&[
        ("main.py", ""),
        ("railway.json", r#"{"deploy": {"startCommand": "json"}}"#),
        (
            "railway.toml",
            "[build]\nbuilder = \"nixpacks\"\n[deploy]\nstartCommand = \"base\"\nhealthcheckTimeout = \"30\"\n\
             preDeployCommand = [\"a\", \"b\"]\n[environments.pr.deploy]\nstartCommand = \"pr\"\n",
        ),
    ]);
    let derived = folder.plan();
    assert_eq!(derived.plan.start_cmd(), Some("base"));
    assert_eq!(derived.deploy.healthcheck_timeout.as_ref().map(|found| found.value), Some(30));
    assert_eq!(derived.deploy.pre_deploy.as_ref().unwrap().value, ["a", "b"]);
    assert_eq!(reasons(&derived, "build.builder"), ["nixpacks because railway.toml:2"]);
    let pr = DeployOptions { environment: Some("pr".to_owned()), ..DeployOptions::default() };
    assert_eq!(reasons(&folder.derive(&pr).unwrap(), "start.cmd"), ["pr because railway.toml:8"]);
}

#[test]
fn railways_plan_and_configuration_path_are_layers_too() {
    let folder = Folder::new(&[
        ("main.py", ""),
        ("requirements.txt", ""),
        ("other.toml", "[variables]\nA = \"1\"\n"),
        (
            "railway.json",
            "{\"build\": {\"nixpacksConfigPath\": \"/other.toml\", \"nixpacksPlan\": {\"phases\":\n{\"setup\": {\"nixPkgs\": [\"...\", \"ta-lib\"]}}}}}",
        ),
    ]);
    let derived = folder.plan();
    assert_eq!(reasons(&derived, "variables.A"), ["1 because other.toml:2"]);
    assert_eq!(reasons(&derived, "phases.setup.nixPkgs").last().unwrap(), "ta-lib because railway.json:2");
}

#[test]
fn a_railway_file_of_the_wrong_shape_names_the_key() {
    let folder = Folder::new(&[("main.py", ""), ("railway.toml", "[deploy]\n\nstartCommand = 3\n")]);
    let error = folder.derive(&DeployOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "railway.toml:3: deploy.startCommand must be a string");
    let folder = Folder::new(&[("main.py", ""), ("railway.json", "{\n\"build\": }")]);
    assert_eq!(folder.derive(&DeployOptions::default()).unwrap_err().because(), Source::line("railway.json", 2));
}

/// The installed program, or `None` after saying which test is skipped.
fn installed(test: &str) -> Option<PathBuf> {
    let found = which::which("nixpacks").ok();
    if found.is_none() {
        let must = std::env::var_os("SHAKEDOWN_BACKENDS_MUST_WORK").is_some_and(|value| value == "1");
        assert!(!must, "nixpacks is not installed");
        println!("skipped: {test}: nixpacks is not installed");
    }
    found
}

#[test]
fn an_installed_nixpacks_prints_our_box_and_writes_our_nix_expressions() {
    let name = "an_installed_nixpacks_prints_our_box_and_writes_our_nix_expressions";
    let Some(nixpacks) = installed(name) else { return };
    let folder = Folder::new(&[
        ("main.py", ""),
        ("requirements.txt", "cairo\npsycopg2\n"),
        (
            "nixpacks.toml",
            "[phases.setup]\nnixLibs = ['...', 'openssl_1_1', 'openssl']\naptPkgs = ['libfoo']\ncmds = ['a\u{e9}日本 x']\n\
             [phases.other]\nnixPkgs = ['z', 'b']\nnixOverlays = ['u', 'v']\ncmds = ['--no-input very-long-hyphenated-words-in-a-command-that-has-to-be-wrapped-somewhere /and/a/path/that/is/much/longer/than/the/column/is/wide/so/that/it/breaks']\n",
        ),
    ]);
    let plan = folder.plan().plan;
    let out = tempfile::tempdir().unwrap();
    let built = std::process::Command::new(nixpacks)
        .env("NO_COLOR", "1")
        .args(["build", "--out"])
        .arg(out.path())
        .arg(folder.0.path())
        .output();
    let text = String::from_utf8(built.unwrap().stdout).unwrap();
    let own = render::nixpacks_box(&plan).unwrap();
    assert!(text.contains(&own), "theirs:\n{text}\nours:\n{own}");
    let environments = nix::environments(&plan);
    assert_eq!(environments.len(), 2);
    for environment in environments {
        assert_eq!(fs::read_to_string(out.path().join(environment.file)).unwrap(), environment.expression);
    }
}

#[test]
fn an_installed_nixpacks_says_the_same() {
    let Some(nixpacks) = installed("an_installed_nixpacks_says_the_same") else { return };
    let folder = Folder::new(&[
        ("main.py", ""),
        ("requirements.txt", "flask"),
        ("railway.toml", "[build]\nbuildCommand = \"-make\"\n[deploy]\nstartCommand = \"rail\"\n"),
    ]);
    let given = DeployOptions {
        env: ["SECRET=s3", "A.B=c", "HOME"].map(str::to_owned).to_vec(),
        process_env: [("HOME".to_owned(), "/home/me".to_owned())].into(),
        ..DeployOptions::default()
    };
    let options = Options { pkgs: vec!["--odd".to_owned()], install_cmd: Some("-i".to_owned()), ..Options::default() };
    let project = Project::open(folder.0.path()).unwrap();
    let theirs = external::derive(&nixpacks, &project, &given, &options).unwrap().unwrap();
    assert_eq!(theirs.plan.to_json(), derive(&project, &given, &options).unwrap().plan.to_json());
    assert_eq!(theirs.providers, ["python"]);

    fs::write(folder.0.path().join("Procfile"), "web: a: b").unwrap();
    let refused = external::derive(&nixpacks, &project, &given, &options).unwrap().unwrap_err();
    let PlanError::Refused { messages, .. } = refused else { panic!("{refused:?}") };
    let PlanError::Input { messages: own, .. } = derive(&project, &given, &options).unwrap_err() else { panic!() };
    assert_eq!(messages, own);

    fs::write(folder.0.path().join(".tool-versions"), "python latest").unwrap();
    let crash = external::derive(&nixpacks, &project, &given, &options).unwrap().unwrap_err();
    assert!(matches!(crash, PlanError::Panics { message, .. } if message.starts_with("index out of bounds")));
}
