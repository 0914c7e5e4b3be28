use super::*;
use crate::builder::railpack;
use crate::plan::{FileSet, Files};
use crate::platform::Deploy;
use crate::project::{Project, Source};

/// What is run of a bot with one requirement and this railpack.json.
fn lowered(config: &str) -> Result<plan::Plan, Vec<String>> {
    let files = [("main.py", ""), ("requirements.txt", "humanize\n"), ("app.ini", ""), ("railpack.json", config)];
    let folder = crate::folder::folder(&files);
    let project = Project::open(folder.path()).unwrap();
    let answer = RailpackAnswer {
        planned: railpack::plan(&project, &DeployOptions::default(), &railpack::Options::default()),
        alone: None,
        deploy: Deploy::default(),
        root: folder.path().to_owned(),
        because: Source::Flag("--builder".to_owned()),
        variables: Vars::new(),
    };
    buildable(&answer).map(|built| built.plan).map_err(|refused| refused.lines)
}

fn taken(config: &str) -> Vec<FileSet> {
    lowered(config).unwrap().start.unwrap().files.unwrap()
}

fn set(include: &str, exclude: &[&str]) -> FileSet {
    FileSet { include: vec![include.to_owned()], exclude: exclude.iter().map(|&path| path.to_owned()).collect() }
}

/// `getCacheMountOpt` of `build_graph.go`: a cache is mounted for commands, not for copies.
#[test]
fn the_commands_of_a_step_see_its_caches() {
    let config = r#"{"caches": {"c": {"directory": "models", "type": "shared"}}, "steps": {"build": {"commands": ["...", {"src": "app.ini", "dest": "models/app.ini"}, "make"], "caches": ["c"]}}}"#;
    let plan = lowered(config).unwrap();
    let step = |name: &str| plan.steps.iter().find(|step| step.name == name).unwrap();
    assert_eq!(step("install").caches, ["/opt/pip-cache"]);
    assert_eq!(step("build").caches, ["models"]);
    let kinds = step("build").actions.iter().rev().map(|action| matches!(action, Action::Run(_)));
    assert_eq!(kinds.take(2).collect::<Vec<_>>(), [true, false]);
    // What is taken of the build has none of it, which is for the sandbox to see to.
    assert_eq!(plan.start.unwrap().files.unwrap(), [set("/app/.venv", &[]), set(".", &[".venv"])]);
}

#[test]
fn an_input_that_includes_nothing_takes_nothing() {
    let usual = [set("/app/.venv", &[]), set(".", &[".venv"])];
    assert_eq!(taken(r#"{"deploy": {"inputs": ["...", "$build", {"step": "build", "exclude": ["x"]}]}}"#), usual);
}

/// `.dockerignore` of a release that leaves it to the inputs.
#[test]
fn what_the_inputs_leave_out_does_not_reach_the_build_unless_a_command_copies_it() {
    let excluded = |build_cmd: Option<&str>| {
        let files = [("main.py", ""), ("requirements.txt", ""), (".dockerignore", "*.csv\n")];
        let folder = crate::folder::folder(&files);
        let project = Project::open(folder.path()).unwrap();
        let given = DeployOptions { build_cmd: build_cmd.map(str::to_owned), ..DeployOptions::default() };
        let options = railpack::Options { version: Some(Version::COOLIFY), ..railpack::Options::default() };
        let plan = railpack::plan(&project, &given, &options).plan.unwrap();
        assert_eq!(plan.exclude, [""; 0]);
        super::excluded(&plan)
    };
    assert_eq!((excluded(None), excluded(Some("make"))), (vec!["*.csv".to_owned()], Vec::new()));
}

#[test]
fn a_cache_or_an_asset_that_nobody_defines_ends_the_build() {
    let fault = |config: &str| lowered(config).unwrap_err();
    let cache = r#"{"steps": {"build": {"commands": ["...", "make"], "caches": ["c"]}}}"#;
    assert_eq!(fault(cache), [r#"cache with key "c" not found"#]);
    let asset = r#"{"steps": {"build": {"commands": ["...", {"path": "/etc/a", "name": "a"}]}}}"#;
    assert_eq!(fault(asset), [r#"asset "a" not found"#]);
}

#[test]
fn a_copy_under_another_name_and_a_file_of_the_plan_are_made() {
    let config = r#"{"steps": {"build": {"commands": ["...", {"src": "app.ini", "dest": "conf/prod.ini"}, {"path": "/etc/a", "name": "a", "mode": 493}], "assets": {"a": "text"}}}}"#;
    let plan = lowered(config).unwrap();
    let build = plan.steps.iter().find(|step| step.name == "build").unwrap();
    let said: Vec<&str> = build.commands().map(|command| command.shown.as_str()).collect();
    assert_eq!(said, ["copy app.ini to conf/prod.ini", "write /etc/a"]);
    assert!(build.actions.contains(&Action::Copy(Files::Only(vec!["app.ini".to_owned()]))));
    assert_eq!(build.commands().last().unwrap().argv[4..], ["/etc/a", "text", "755"]);
    assert!(plan.doubts.iter().all(|(what, _)| !what.starts_with("build")), "{:?}", plan.doubts);
}

#[test]
fn a_step_that_does_not_go_on_from_the_others_is_doubted() {
    let doubted = |config: &str| {
        let plan = lowered(config).unwrap();
        plan.doubts.iter().any(|(what, _)| what == "the step docs")
    };
    assert!(doubted(r#"{"steps": {"docs": {"commands": ["make docs"]}}}"#));
    assert!(!doubted(r#"{"steps": {"docs": {"inputs": [{"step": "build"}], "commands": ["make docs"]}}}"#));
}

/// The commands of the step `build` as they are shown, with these for it.
fn copied(commands: &str) -> Vec<String> {
    let plan = lowered(&format!(r#"{{"steps": {{"build": {{"commands": [{commands}]}}}}}}"#)).unwrap();
    let build = plan.steps.iter().find(|step| step.name == "build").unwrap();
    let named = build.actions.iter().map(|action| match action {
        Action::Copy(Files::All) => "all".to_owned(),
        Action::Copy(Files::Only(names)) => names.join(" "),
        Action::Run(command) | Action::Place(command) => command.shown.clone(),
    });
    named.skip(1).collect()
}

/// `AllowWildcard` and `AllowEmptyWildcard` of BuildKit's copies.
#[test]
fn a_pattern_copies_what_it_matches() {
    assert_eq!(copied(r#"{"src": "app.*", "dest": "."}"#), ["app.ini"]);
    assert_eq!(copied(r#"{"src": "app.*", "dest": "/app/conf/"}"#), ["app.ini", "copy app.ini to /app/conf/"]);
    assert_eq!(copied(r#"{"src": "*.toml", "dest": "."}"#), [""; 0]);
    let missing = r#"{"steps": {"build": {"commands": [{"src": "no.ini", "dest": "no.ini"}]}}}"#;
    let words = "failed to compute cache key: failed to calculate checksum: \"/no.ini\": not found";
    assert_eq!(lowered(missing).unwrap_err(), [words]);
}

/// What the run has of a file that is copied under another name alone.
#[test]
fn a_file_that_is_there_for_its_copy_alone_is_taken_away() {
    let script = |config: &str| {
        let plan = lowered(config).unwrap();
        let runs = plan.steps.iter().flat_map(plan::Step::commands);
        runs.filter(|command| command.shown.starts_with("copy ")).last().unwrap().argv[2].clone()
    };
    let install = r#"{"steps": {"install": {"commands": [{"src": "app.ini", "dest": "conf.ini"}, "make"]}}}"#;
    assert!(script(install).contains("rm -r"));
    let build = r#"{"steps": {"build": {"commands": [{"src": "app.ini", "dest": "conf.ini"}]}}}"#;
    assert!(!script(build).contains("rm -r"), "the step has all of the project");
}

/// `resolvePaths` of `layers.go`.
#[test]
fn a_local_input_brings_a_path_without_its_folders() {
    let files = [("main.py", ""), ("requirements.txt", ""), ("conf/app.ini", ""), ("railpack.json", "")];
    let folder = crate::folder::folder(&files);
    let mut copies = Copies::new(folder.path(), &[]);
    let Action::Place(command) = copies.layer("conf/app.ini").unwrap().remove(1) else { panic!("no copy") };
    assert_eq!(command.argv[4..], ["conf/app.ini", "app.ini"]);
    assert_eq!(copies.layer("./main.py").unwrap(), [Action::Copy(Files::Only(vec!["main.py".to_owned()]))]);
    assert!(copies.layer("../main.py").is_ok(), "nothing leads out of the project");
}

#[test]
fn the_image_may_take_files_of_the_project() {
    let inputs = |list: &str| taken(&format!(r#"{{"deploy": {{"inputs": [{list}]}}}}"#));
    let of_build = r#"{"step": "build", "include": ["/app/.venv"]}"#;
    let local = format!(r#"{of_build}, {{"local": true, "include": ["main.py"]}}"#);
    assert_eq!(inputs(&local), [set("/app/.venv", &[]), set("main.py", &[])]);
    assert_eq!(inputs(r#"{"step": "build", "include": ["main.py", "*.ini"]}"#), [set("main.py", &[])]);
}

#[test]
fn no_link_of_the_project_is_followed_by_a_pattern() {
    let folder = crate::folder::folder(&[("a/x.txt", "")]);
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
    link("/etc", "out");
    (0..8).for_each(|number| link(".", &format!("round-{number}")));
    let mut copies = super::copies::Copies::new(folder.path(), &[]);
    let mut copied = |pattern: &str| copies.command(pattern, "to/").unwrap().len();
    assert!(copied("*/*.txt") > 0);
    assert_eq!([copied("out/pass*"), copied("*/passwd"), copied(&"*/".repeat(40))], [0; 3]);
}
