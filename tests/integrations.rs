//! What other programs run of this project: the GitHub Action, the pre-commit hook, the workflows, the guide's snippets.

#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_yaml_ng::Value;
use tempfile::TempDir;

use support::{folder as project, host_is_missing, skipped};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// PATH with the built command first.
fn path() -> String {
    let built = Path::new(env!("CARGO_BIN_EXE_shakedown")).parent().unwrap();
    format!("{}:{}", built.display(), std::env::var("PATH").unwrap())
}

fn text_of(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What became of the action's steps.
struct Ended {
    /// Of the last step that ran.
    code: i32,
    log: String,
    outputs: BTreeMap<String, String>,
    summary: String,
    _temp: TempDir,
}

impl Ended {
    fn output(&self, name: &str) -> &str {
        self.outputs.get(name).map_or("", String::as_str)
    }

    /// The commands that the runner would obey: none between `stop-commands` and its token.
    fn commands(&self) -> Vec<&str> {
        let mut stopped = None;
        let mut obeyed = Vec::new();
        for line in self.log.lines() {
            match (&stopped, line.strip_prefix("::stop-commands::")) {
                (Some(end), _) if line == *end => stopped = None,
                (Some(_), _) => {}
                (None, Some(token)) => stopped = Some(format!("::{token}::")),
                (None, None) if line.starts_with("::") => obeyed.push(line),
                (None, None) => {}
            }
        }
        obeyed
    }
}

/// A value with its one expression, `${{ inputs.NAME }}` or `${{ steps.ID.outputs.NAME }}`, looked up.
fn evaluated(value: &str, known: &BTreeMap<String, String>) -> String {
    let Some((before, rest)) = value.split_once("${{") else { return value.to_owned() };
    let (name, after) = rest.split_once("}}").unwrap();
    let found = known.get(name.trim()).unwrap_or_else(|| panic!("nothing gives {name}"));
    format!("{before}{found}{after}")
}

fn string(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no string: {value:?}")).to_owned()
}

/// Does what a runner does with a composite action: inputs, environment, a bash a step, PATH and outputs by files.
fn act(inputs: &[(&str, &str)]) -> Ended {
    let action: Value = serde_yaml_ng::from_str(&fs::read_to_string(root().join("action.yml")).unwrap()).unwrap();
    let temp = tempfile::tempdir().unwrap();
    let declared = action["inputs"].as_mapping().unwrap();
    let mut known: BTreeMap<String, String> =
        declared.iter().map(|(name, input)| (format!("inputs.{}", string(name)), string(&input["default"]))).collect();
    for (name, value) in inputs {
        known.insert(format!("inputs.{name}"), (*value).to_owned()).unwrap_or_else(|| panic!("no input {name}"));
    }
    let file = |name: &str| {
        let path = temp.path().join(name);
        fs::write(&path, "").unwrap();
        path
    };
    let (added, summary) = (file("path"), file("summary"));
    let (mut code, mut log, mut path) = (0, String::new(), path());
    for (number, step) in action["runs"]["steps"].as_sequence().unwrap().iter().enumerate() {
        assert_eq!(step["shell"], "bash", "a composite step names its shell");
        let outputs = file(&format!("output-{number}"));
        let env = step["env"].as_mapping().unwrap();
        let ran = Command::new("bash")
            .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", &string(&step["run"])])
            .current_dir(root())
            .envs(env.iter().map(|(name, value)| (string(name), evaluated(&string(value), &known))))
            .env("GITHUB_ACTION_PATH", root())
            .env("GITHUB_OUTPUT", &outputs)
            .env("GITHUB_PATH", &added)
            .env("GITHUB_STEP_SUMMARY", &summary)
            .env("RUNNER_TEMP", temp.path())
            .env("XDG_STATE_HOME", temp.path())
            .env("PATH", &path)
            .output()
            .unwrap();
        log += &text_of(&ran);
        let id = step["id"].as_str().unwrap_or_default();
        for line in fs::read_to_string(&outputs).unwrap().lines() {
            let (name, value) = line.split_once('=').unwrap();
            known.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
        }
        for folder in fs::read_to_string(&added).unwrap().lines() {
            path = format!("{folder}:{path}");
        }
        code = ran.status.code().unwrap();
        if code != 0 {
            break;
        }
    }
    let declared = action["outputs"].as_mapping().unwrap().iter();
    let outputs = declared.filter_map(|(name, output)| {
        let expression = string(&output["value"]);
        let source = expression.trim_start_matches("${{").trim_end_matches("}}").trim().to_owned();
        Some((string(name), known.get(&source)?.clone()))
    });
    let (outputs, summary) = (outputs.collect(), fs::read_to_string(summary).unwrap());
    Ended { code, log, outputs, summary, _temp: temp }
}

fn rehearsed(path: &str, more: &[(&str, &str)]) -> Ended {
    act(&[&[("path", path), ("version", "installed"), ("backend", "host")], more].concat())
}

#[test]
fn a_deploy_that_fails_fails_the_step_with_annotations_a_summary_and_outputs() {
    if host_is_missing("a_deploy_that_fails_fails_the_step") {
        return;
    }
    let ended = rehearsed("scenarios/founding-bot/app", &[]);
    assert_eq!((ended.code, ended.output("verdict")), (1, "fails"), "{}", ended.log);
    assert_eq!(ended.output("rule"), "externally-managed");
    let annotation = "::error file=scenarios/founding-bot/app/nixpacks.toml,line=4,title=externally-managed::";
    assert!(ended.commands().iter().any(|command| command.starts_with(annotation)), "{}", ended.log);
    assert!(ended.summary.starts_with("### ❌ shakedown: the deploy would fail"), "{}", ended.summary);
    let sarif = fs::read_to_string(ended.output("sarif")).unwrap();
    assert!(sarif.contains("\"ruleId\": \"externally-managed\""));
    assert!(ended.log.contains("verdict: fails at install"), "{}", ended.log);
}

#[test]
fn a_deploy_that_works_passes_the_step() {
    if host_is_missing("a_deploy_that_works_passes_the_step") {
        return;
    }
    let ended = rehearsed("scenarios/works-script-exits/app", &[]);
    assert_eq!((ended.code, ended.output("verdict")), (0, "works"), "{}", ended.log);
}

#[test]
fn when_the_step_fails_is_the_users_choice() {
    if host_is_missing("when_the_step_fails_is_the_users_choice") {
        return;
    }
    let fails = "scenarios/requirements-file-misspelt/app";
    let ended = rehearsed(fails, &[("fail-on", "never")]);
    assert_eq!((ended.code, ended.output("verdict")), (0, "fails"), "{}", ended.log);
    let unknown = "scenarios/dockerfile-builds-it/app";
    for (choice, code) in [("fails", 0), ("cannot-tell", 3)] {
        let ended = rehearsed(unknown, &[("fail-on", choice)]);
        assert_eq!((ended.code, ended.output("verdict")), (code, "cannot-tell"), "{}", ended.log);
    }
    assert_eq!(rehearsed(fails, &[("fail-on", "sometimes")]).code, 2);
}

#[test]
fn wrong_usage_fails_the_step_whatever_was_chosen() {
    let ended = rehearsed("scenarios/no-such-folder", &[("fail-on", "never")]);
    assert_eq!((ended.code, ended.output("verdict")), (2, ""), "{}", ended.log);
    assert!(ended.log.contains("no such folder"), "{}", ended.log);
    for version in ["0.1.0 --index-url=x", "latest", "--help"] {
        let ended = act(&[("version", version)]);
        assert_eq!(ended.code, 2, "{}", ended.log);
        assert!(ended.log.contains("not a release"), "{}", ended.log);
    }
}

#[test]
fn what_the_project_prints_is_no_command_to_the_runner() {
    if host_is_missing("what_the_project_prints_is_no_command") {
        return;
    }
    let app = project(&[
        ("requirements.txt", ""),
        ("main.py", "print('::error title=forged::by the app', flush=True)\nraise SystemExit(7)\n"),
    ]);
    let ended = rehearsed(&app.path().display().to_string(), &[]);
    assert_eq!(ended.code, 1, "{}", ended.log);
    assert!(ended.log.lines().any(|line| line.contains("::error title=forged")), "{}", ended.log);
    assert!(ended.commands().iter().all(|command| !command.contains("title=forged")), "{:?}", ended.commands());
}

/// A program of a Python distribution, as `.ci/requirements.txt` pins it.
fn tool(name: &str) -> Option<PathBuf> {
    which::which(name).ok()
}

fn tool_is_missing(test: &str, name: &str) -> bool {
    skipped(test, tool(name).is_none().then(|| format!("no {name}: pip install -r .ci/requirements.txt")))
}

/// What `check-jsonschema` says against one of the schemas that it carries; nothing where all is well.
fn invalid(schema: &str, file: &Path) -> Option<String> {
    let mut command = Command::new(tool("check-jsonschema").unwrap());
    command.args(["--builtin-schema", schema]);
    if schema == "vendor.gitlab-ci" {
        command.args(["--data-transform", "gitlab-ci"]);
    }
    let output = command.arg(file).output().unwrap();
    (!output.status.success()).then(|| text_of(&output))
}

fn workflows() -> Vec<PathBuf> {
    let found = fs::read_dir(root().join(".github/workflows")).unwrap();
    found.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn action_and_workflows_are_what_github_takes() {
    if tool_is_missing("action_and_workflows_are_what_github_takes", "check-jsonschema") {
        return;
    }
    let action = root().join("action.yml");
    assert_eq!(invalid("vendor.github-actions", &action), None);
    assert!(workflows().len() >= 2);
    for workflow in workflows() {
        assert_eq!(invalid("vendor.github-workflows", &workflow), None);
    }
    let spoilt = fs::read_to_string(action).unwrap().replace("using: composite", "using: composition");
    let spoilt = project(&[("action.yml", &spoilt)]);
    assert!(invalid("vendor.github-actions", &spoilt.path().join("action.yml")).is_some());
}

#[test]
fn action_and_workflows_hold_no_known_weakness() {
    if tool_is_missing("action_and_workflows_hold_no_known_weakness", "zizmor") {
        return;
    }
    let audit =
        |paths: &[PathBuf]| Command::new(tool("zizmor").unwrap()).arg("--offline").args(paths).output().unwrap();
    let ours: Vec<PathBuf> = workflows().into_iter().chain([root().join("action.yml")]).collect();
    let output = audit(&ours);
    assert!(output.status.success(), "{}", text_of(&output));
    let spoilt = fs::read_to_string(root().join("action.yml")).unwrap();
    let spoilt = spoilt.replace("\"$GITHUB_ACTION_PATH/.github/action/run\"", "shakedown run ${{ inputs.path }}");
    let spoilt = project(&[("action.yml", &spoilt)]);
    assert!(!audit(&[spoilt.path().join("action.yml")]).status.success(), "an input in a script is found");
}

/// The fenced YAML of the guide that comes after a heading.
fn snippet(heading: &str) -> String {
    let guide = fs::read_to_string(root().join("docs/ci.md")).unwrap();
    let section = guide.split(&format!("\n## {heading}\n")).nth(1).unwrap_or_else(|| panic!("no section {heading}"));
    section.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap().to_owned()
}

#[test]
fn the_guides_snippets_are_what_their_readers_take() {
    if tool_is_missing("the_guides_snippets_are_what_their_readers_take", "check-jsonschema") {
        return;
    }
    let readers = [
        ("GitHub", "vendor.github-workflows"),
        ("GitLab", "vendor.gitlab-ci"),
        ("Coolify", "vendor.github-workflows"),
        ("Dokku", "vendor.gitlab-ci"),
        ("Many projects with GitHub", "vendor.github-workflows"),
        ("Many projects with GitLab", "vendor.gitlab-ci"),
    ];
    for (heading, schema) in readers {
        let file = project(&[("snippet.yml", &snippet(heading))]);
        assert_eq!(invalid(schema, &file.path().join("snippet.yml")), None, "{heading}");
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let ran = Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    assert!(ran.status.success(), "{}", text_of(&ran));
}

#[test]
fn the_pre_commit_hook_stops_a_commit_that_would_fail() {
    let test = "the_pre_commit_hook_stops_a_commit_that_would_fail";
    let no_history = (!root().join(".git").exists()).then(|| "no git history here to take the hook from".to_owned());
    if tool_is_missing(test, "pre-commit") || skipped(test, no_history) {
        return;
    }
    let home = tempfile::tempdir().unwrap();
    let tried = |files: &[(&str, &str)]| {
        let app = project(files);
        git(app.path(), &["init", "--quiet"]);
        git(app.path(), &["add", "."]);
        Command::new(tool("pre-commit").unwrap())
            .args(["try-repo", &root().display().to_string(), "shakedown-check", "--all-files", "--verbose"])
            .current_dir(app.path())
            .env("PRE_COMMIT_HOME", home.path())
            .env("PATH", path())
            .output()
            .unwrap()
    };
    let main = ("main.py", "print('up')\n");
    let good = tried(&[("requirements.txt", ""), main]);
    assert!(good.status.success(), "{}", text_of(&good));
    let bad = tried(&[
        ("requirements.txt", ""),
        main,
        ("nixpacks.toml", "[phases.install]\ncmds = [\"pip install -r requirements.txt\"]\n"),
    ]);
    assert_eq!(bad.status.code(), Some(1), "{}", text_of(&bad));
    assert!(text_of(&bad).contains("nixpacks.toml:"), "{}", text_of(&bad));
}

fn init(app: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_shakedown")).arg("init").args(more).arg(app).output().unwrap()
}

#[test]
fn init_shows_what_it_would_write_and_writes_what_its_readers_take() {
    let code = "import os\nprint(os.environ['TIDE'])\n";
    let hooks = "repos:\n- repo: https://example.com/hooks\n  rev: v1  # pinned\n  hooks:\n  - id: x\n";
    let repository = project(&[
        (".git/HEAD", ""),
        (".pre-commit-config.yaml", hooks),
        ("bot/main.py", code),
        ("bot/requirements.txt", ""),
        ("bot/.env.example", "TIDE=high\n"),
    ]);
    let bot = repository.path().join("bot");
    let shown = init(&bot, &[]);
    assert!(shown.status.success(), "{}", text_of(&shown));
    let diff = String::from_utf8(shown.stdout).unwrap();
    for file in [".pre-commit-config.yaml", "bot/shakedown.toml", ".github/workflows/shakedown.yml"] {
        assert!(diff.contains(&format!("+++ b/{file}")), "{file}: {diff}");
    }
    assert!(!bot.join("shakedown.toml").exists() && !repository.path().join(".github").exists());

    let applied = init(&bot, &["--apply"]);
    assert!(applied.status.success(), "{}", text_of(&applied));
    let written = |name: &str| fs::read_to_string(repository.path().join(name)).unwrap();
    assert!(written("bot/shakedown.toml").contains("env-file = [\".env.example\"]"));
    assert!(written(".pre-commit-config.yaml").starts_with(hooks), "{}", written(".pre-commit-config.yaml"));
    assert!(written(".github/workflows/shakedown.yml").contains("path: \"bot\""));
    assert!(written("bot/shakedown.toml").starts_with("#:schema https://"));
    let again = init(&bot, &["--apply"]);
    assert!(again.status.success() && text_of(&again).contains("nothing to do"), "{}", text_of(&again));

    if tool_is_missing("init_writes_what_its_readers_take", "check-jsonschema") {
        return;
    }
    let workflow = repository.path().join(".github/workflows/shakedown.yml");
    assert_eq!(invalid("vendor.github-workflows", &workflow), None);
    let read = Command::new(tool("pre-commit").unwrap())
        .arg("validate-config")
        .arg(repository.path().join(".pre-commit-config.yaml"))
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", text_of(&read));
}

#[test]
fn init_of_a_project_that_needs_no_settings_writes_none() {
    let app = project(&[("main.py", "print('up')\n"), ("requirements.txt", "")]);
    let applied = init(app.path(), &["--apply"]);
    assert!(applied.status.success(), "{}", text_of(&applied));
    assert!(!app.path().join("shakedown.toml").exists());
    assert!(app.path().join(".pre-commit-config.yaml").exists());
}

#[test]
fn init_of_a_repository_of_services_checks_each_by_itself() {
    let repository = project(&[
        (".git/HEAD", ""),
        ("services/api/main.py", "import os\nprint(os.environ['TIDE'])\n"),
        ("services/api/requirements.txt", ""),
        ("services/api/.env.example", "TIDE=high\n"),
        ("services/bot/main.py", "print('up')\n"),
        ("services/bot/runtime.txt", "python-3.11.9\n"),
        ("web/package.json", "{}"),
    ]);
    let applied = init(repository.path(), &["--apply"]);
    assert!(applied.status.success(), "{}", text_of(&applied));
    assert!(text_of(&applied).contains("services/api, services/bot"), "{}", text_of(&applied));
    let written = |name: &str| fs::read_to_string(repository.path().join(name)).unwrap();
    let workflow = written(".github/workflows/shakedown.yml");
    assert!(
        workflow.contains("- path: \"services/api\"\n") && workflow.contains("- path: \"services/bot\"\n"),
        "{workflow}"
    );
    assert!(workflow.contains("path: ${{ matrix.path }}") && !workflow.contains("web"), "{workflow}");
    let hooks = written(".pre-commit-config.yaml");
    assert!(
        hooks.contains("\"shakedown check services/api\"") && hooks.contains("\"shakedown check services/bot\""),
        "{hooks}"
    );
    assert!(written("services/api/shakedown.toml").contains("env-file = [\".env.example\"]"));
    assert!(!repository.path().join("services/bot/shakedown.toml").exists());
    if tool_is_missing("init_of_a_repository_of_services_checks_each_by_itself", "check-jsonschema") {
        return;
    }
    let file = repository.path().join(".github/workflows/shakedown.yml");
    assert_eq!(invalid("vendor.github-workflows", &file), None);
}

#[test]
fn init_of_a_workspace_whose_root_nothing_starts_checks_its_members() {
    let root = "[project]\nname = \"harbour\"\nversion = \"1\"\n[tool.uv.workspace]\nmembers = [\"apps/*\"]\n";
    let repository = project(&[
        (".git/HEAD", ""),
        ("pyproject.toml", root),
        ("apps/api/main.py", "print('up')\n"),
        ("apps/api/requirements.txt", ""),
        ("apps/site/requirements.txt", "django\n"),
        ("apps/site/manage.py", ""),
    ]);
    let shown = text_of(&init(repository.path(), &[]));
    assert!(shown.contains("+          path: \"apps/api\""), "{shown}");
    assert!(shown.contains("left out: apps/site: Error: Failed to find your WSGI_APPLICATION"), "{shown}");
}

#[test]
fn init_below_a_root_that_has_been_initialised_adds_the_folder() {
    let repository = project(&[
        (".git/HEAD", ""),
        ("main.py", "print('up')\n"),
        ("bot/main.py", "print('up')\n"),
        (
            ".pre-commit-config.yaml",
            "repos:\r\n- repo: https://example.com/hooks\r\n  rev: v1\r\n  hooks: []\r\nci: {}\r\n",
        ),
    ]);
    assert!(init(repository.path(), &["--apply"]).status.success());
    let bot = repository.path().join("bot");
    let applied = text_of(&init(&bot, &["--apply"]));
    assert!(applied.contains("does not name this folder") && applied.contains("path: \"bot\""), "{applied}");
    let again = text_of(&init(&bot, &["--apply"]));
    assert!(again.contains("what is not there is for a person to add"), "{again}");
    let hooks = fs::read_to_string(repository.path().join(".pre-commit-config.yaml")).unwrap();
    assert_eq!(hooks.matches("\n    - id: shakedown-check\r\n").count(), 2, "{hooks}");
    assert!(hooks.ends_with("\r\nci: {}\r\n") && !hooks.replace("\r\n", "").contains('\n'), "{hooks:?}");
    let root = text_of(&init(repository.path(), &["--apply"]));
    assert!(root.contains("nothing to do: what it would write is there"), "{root}");
}

#[test]
fn init_says_that_another_builder_builds_it_and_that_a_folder_is_not_there() {
    let docker = project(&[("Dockerfile", "FROM scratch\n"), ("main.py", "print('up')\n")]);
    let shown = text_of(&init(docker.path(), &[]));
    assert!(
        shown.contains("a Dockerfile builds this (Dockerfile): what this writes can only say *cannot tell*"),
        "{shown}"
    );
    let shown = text_of(&init(docker.path(), &["--builder", "nixpacks"]));
    assert!(!shown.contains("cannot tell"), "{shown}");
    let nowhere = init(&docker.path().join("nowhere"), &[]);
    assert_eq!(nowhere.status.code(), Some(2), "{}", text_of(&nowhere));
    assert!(text_of(&nowhere).contains("no such folder"), "{}", text_of(&nowhere));
}

#[test]
fn init_says_that_what_nothing_builds_will_fail() {
    let nothing = project(&[("notes.md", "")]);
    let shown = init(nothing.path(), &[]);
    assert!(text_of(&shown).contains("as it is, the checks that this writes fail"), "{}", text_of(&shown));
}

#[test]
fn init_keeps_what_it_was_told_and_names_what_a_person_has_to_add() {
    let app = project(&[
        ("api/main.py", "print('up')\n"),
        ("api/requirements.txt", ""),
        (".gitlab-ci.yml", "test:\n  script: [pytest]\n"),
        (".pre-commit-config.yaml", "repos: []\nfail_fast: true\n"),
    ]);
    let applied = init(app.path(), &["--builder", "railpack@0.23.0", "--root-directory", "api", "--apply"]);
    assert!(applied.status.success(), "{}", text_of(&applied));
    let settings = fs::read_to_string(app.path().join("shakedown.toml")).unwrap();
    assert!(settings.ends_with("builder = \"railpack@0.23.0\"\nroot-directory = \"api\"\n"), "{settings}");
    let text = text_of(&applied);
    assert!(text.contains(".gitlab-ci.yml is left alone") && text.contains("by hand\n  - repo: local"), "{text}");
    assert!(!app.path().join(".github").exists());
}
