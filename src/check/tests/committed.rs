use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::findings;
use crate::finding::{Diagnosis, Severity};
use crate::folder::folder;

fn git(dir: &Path, args: &[&str]) {
    let output = Command::new("git").args(args).current_dir(dir).output().unwrap();
    assert!(output.status.success(), "{output:?}");
}

fn has_git(test: &str) -> bool {
    let has = Command::new("git").arg("--version").output().is_ok();
    if !has {
        eprintln!("skipped: {test}: no git");
    }
    has
}

fn of(id: &str, dir: &tempfile::TempDir) -> Option<Diagnosis> {
    findings(dir, &[]).into_iter().find(|found| found.rule == id)
}

#[test]
fn a_script_that_git_has_without_the_executable_bit() {
    const ID: &str = "start-script-not-executable";
    if !has_git("a_script_that_git_has_without_the_executable_bit") {
        return;
    }
    for (command, name) in [
        ("./start.sh", "./start.sh"),
        ("bin/start.sh", "bin/start.sh"),
        ("exec /app/bin/start.sh", "/app/bin/start.sh"),
    ] {
        let procfile = format!("web: {command}\n");
        let script = "#!/bin/bash\npython main.py\n";
        let dir = folder(&[
            ("main.py", "print(1)\n"),
            ("Procfile", &procfile),
            ("start.sh", script),
            ("bin/start.sh", script),
        ]);
        let path = dir.path().join(name.trim_start_matches("/app/"));
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        git(dir.path(), &["init", "-q"]);
        git(dir.path(), &["config", "core.fileMode", "false"]);
        git(dir.path(), &["add", "."]);
        let found = of(ID, &dir).unwrap();
        assert_eq!(found.severity, Severity::Error, "{found:#?}");
        assert_eq!(found.evidence[0].source.to_string(), "Procfile:1");
        assert!(found.help.unwrap().starts_with("git update-index --chmod=+x "));
        super::apply::apply(dir.path(), &found.fixes[0].edits);
        assert!(of(ID, &dir).is_none());
        std::fs::write(dir.path().join("Procfile"), &procfile).unwrap();
        // The next commit takes the bit from the disk.
        git(dir.path(), &["config", "core.fileMode", "true"]);
        assert_eq!(of(ID, &dir).unwrap().severity, Severity::Warning);
        git(dir.path(), &["add", "."]);
        assert!(of(ID, &dir).is_none());
    }
}

#[test]
fn what_makes_a_script_executable_first_is_heard() {
    let dir = folder(&[
        ("main.py", ""),
        ("start.sh", "python main.py\n"),
        ("Procfile", "web: chmod +x start.sh && ./start.sh\n"),
    ]);
    assert!(of("start-script-not-executable", &dir).is_none());
    std::fs::write(dir.path().join("Procfile"), "web: ./start.sh\n").unwrap();
    assert!(of("start-script-not-executable", &dir).is_some());
    std::fs::write(dir.path().join("nixpacks.toml"), "[phases.build]\ncmds = [\"chmod +x *.sh\"]\n").unwrap();
    assert!(of("start-script-not-executable", &dir).is_none());
}

#[test]
fn what_git_does_not_track() {
    const ID: &str = "not-committed";
    if !has_git("what_git_does_not_track") {
        return;
    }
    let dir = folder(&[
        ("main.py", "import helpers\ntry:\n    import local\nexcept ImportError:\n    pass\n"),
        ("helpers.py", "import keys\n"),
        ("local.py", ""),
        ("keys.py", ""),
        (".gitignore", "keys.py\n"),
    ]);
    git(dir.path(), &["init", "-q"]);
    // Nothing is added yet.
    assert!(of(ID, &dir).is_none());
    git(dir.path(), &["add", "main.py"]);
    let found = of(ID, &dir).unwrap();
    assert_eq!(found.severity, Severity::Warning);
    assert_eq!(found.message, "helpers.py is not committed: a deploy from git does not have it");
    assert_eq!(found.evidence[0].source.to_string(), "main.py:1");
    assert_eq!(found.help.as_deref(), Some("git add helpers.py"));
    git(dir.path(), &["add", "helpers.py"]);
    assert!(of(ID, &dir).is_none());
    git(dir.path(), &["rm", "-q", "--cached", "main.py"]);
    assert_eq!(of(ID, &dir).unwrap().subject.as_deref(), Some("main.py"));
}

#[test]
fn what_git_ignores_is_missing_unless_it_tracks_it_all_the_same() {
    if !has_git("what_git_ignores_is_missing_unless_it_tracks_it_all_the_same") {
        return;
    }
    let dir = folder(&[("main.py", "import berths\n"), ("berths.py", "COUNT = 3\n"), (".gitignore", "berths.py\n")]);
    let found = || of("needed-file-ignored", &dir).map(|found| (found.severity, found.message)).unwrap();
    // Nobody knows yet what will be tracked.
    assert_eq!(found().0, Severity::Warning);
    git(dir.path(), &["init", "-q"]);
    git(dir.path(), &["add", "main.py", ".gitignore"]);
    assert_eq!(found().0, Severity::Error);
    git(dir.path(), &["add", "--force", "berths.py"]);
    let (severity, message) = found();
    assert_eq!(severity, Severity::Note);
    assert!(message.ends_with("git tracks it, so that a push sends it, and `railway up` does not"), "{message}");
}
