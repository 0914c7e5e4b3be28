//! Whether a change could be undone with git.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What git says of the project's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitState {
    /// All is committed.
    Clean,
    /// These files are changed or untracked, relative to the repository's root.
    Dirty(Vec<PathBuf>),
    /// No repository, no git, or one that git refuses to read.
    NotARepository,
}

/// Settings that name programs: of a monitor, of hooks, of a way to fetch what a partial clone lacks. The project's own would be
/// programs of somebody else's choice.
const QUIET: &[(&str, &str)] = &[
    ("core.fsmonitor", "false"),
    ("core.hooksPath", "/dev/null"),
    ("core.sshCommand", "false"),
    ("protocol.allow", "never"),
];

/// Asks git about the project's folder and what is below it; no program that the project names is run.
pub fn git_state(root: &Path) -> GitState {
    let Some(filters) = filters(root) else { return GitState::NotARepository };
    let quiet = QUIET.iter().map(|(name, value)| ((*name).to_owned(), *value));
    let without = filters.into_iter().flat_map(|filter| {
        [("clean", ""), ("smudge", ""), ("process", ""), ("required", "false")]
            .map(|(key, value)| (format!("filter.{filter}.{key}"), value))
    });
    let settings: Vec<(String, &str)> = quiet.chain(without).collect();
    let mut status = git(root, &["--no-optional-locks", "status", "--porcelain=v1", "-z", "--no-renames"]);
    status.args(["--untracked-files=normal", "--ignore-submodules=all", "--", "."]);
    status.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (number, (name, value)) in settings.iter().enumerate() {
        status.env(format!("GIT_CONFIG_KEY_{number}"), name).env(format!("GIT_CONFIG_VALUE_{number}"), value);
    }
    match status.output() {
        Ok(output) if output.status.success() => listed(&output.stdout),
        _ => GitState::NotARepository,
    }
}

/// Names of the filters that any settings define; none where git does not read the folder. This runs nothing.
fn filters(root: &Path) -> Option<BTreeSet<String>> {
    let output = git(root, &["config", "--null", "--name-only", "--list"]).output().ok()?;
    let keys = String::from_utf8_lossy(&output.stdout).into_owned();
    let names = keys.split('\0').filter_map(|key| Some(key.strip_prefix("filter.")?.rsplit_once('.')?.0.to_owned()));
    output.status.success().then(|| names.collect())
}

fn git(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(arguments).current_dir(root).stdin(Stdio::null());
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    command.env("GIT_NO_LAZY_FETCH", "1");
    command
}

/// Reads `XY path` entries that end with NUL.
fn listed(status: &[u8]) -> GitState {
    let name = |entry: &[u8]| PathBuf::from(String::from_utf8_lossy(entry).into_owned());
    let files: Vec<PathBuf> = status.split(|byte| *byte == 0).filter_map(|entry| entry.get(3..)).map(name).collect();
    if files.is_empty() { GitState::Clean } else { GitState::Dirty(files) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Runs git as somebody who may commit.
    fn committing(folder: &Path, args: &[&str]) {
        let settings = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"];
        let output = Command::new("git").args(settings).args(args).current_dir(folder).output().unwrap();
        assert!(output.status.success());
    }

    #[test]
    fn a_repository_is_clean_until_something_changes() {
        if Command::new("git").arg("--version").output().is_err() {
            eprintln!("skipped: a_repository_is_clean_until_something_changes: no git");
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(git_state(dir.path()), GitState::NotARepository);
        let git = |args: &[&str]| committing(dir.path(), args);
        git(&["init"]);
        fs::write(dir.path().join("a b.txt"), "a").unwrap();
        assert_eq!(git_state(dir.path()), GitState::Dirty(vec!["a b.txt".into()]));
        git(&["add", "."]);
        git(&["commit", "-m", "a"]);
        assert_eq!(git_state(dir.path()), GitState::Clean);
        fs::write(dir.path().join("a b.txt"), "b").unwrap();
        assert_eq!(git_state(dir.path()), GitState::Dirty(vec!["a b.txt".into()]));
    }

    #[test]
    fn no_program_that_the_project_names_is_run() {
        if Command::new("git").arg("--version").output().is_err() {
            eprintln!("skipped: no_program_that_the_project_names_is_run: no git");
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let run = |args: &[&str]| committing(dir.path(), args);
        run(&["init"]);
        fs::write(dir.path().join("a.txt"), "a").unwrap();
        run(&["add", "."]);
        run(&["commit", "-m", "a"]);
        let mark = dir.path().join("ran");
        let names = format!("touch {}", mark.display());
        for setting in ["filter.plain.clean", "filter.odd=one.clean", "core.fsmonitor"] {
            run(&["config", setting, &names]);
        }
        run(&["config", "filter.plain.required", "true"]);
        let hook = dir.path().join(".git/hooks/post-index-change");
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::write(&hook, format!("#!/bin/sh\n{names}\n")).unwrap();
        fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        fs::write(dir.path().join(".gitattributes"), "a.txt filter=plain\nb.txt filter=odd=one\n").unwrap();
        // Same size, other time: git has to read it.
        fs::write(dir.path().join("a.txt"), "b").unwrap();
        let GitState::Dirty(files) = git_state(dir.path()) else { panic!("not dirty") };
        assert_eq!(files, [PathBuf::from("a.txt"), ".gitattributes".into()]);
        assert!(!mark.exists());
    }

    #[test]
    fn a_folder_that_is_not_there_is_no_repository() {
        assert_eq!(git_state(Path::new("/nowhere/at/all")), GitState::NotARepository);
    }
}
