//! What is shown of an earlier run is what a fresh run would make: projects are edited at random, with a package index that
//! changes beside them, and each reused run is held against `--fresh`.
#![allow(clippy::unwrap_used)]

#[path = "reuse/place.rs"]
mod place;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use place::{MAIN, Place, Random, app, is_reused_as_if_fresh, said};
use serde_json::Value;
use support::host_is_missing;

#[test]
fn an_edit_of_what_the_install_did_not_read_installs_nothing() {
    if host_is_missing("an_edit_of_what_the_install_did_not_read_installs_nothing") {
        return;
    }
    let place = app();
    let (first, files) = place.run(&[]);
    assert_eq!(
        Place::origin(&first, "install")["anew"]["because"],
        "nothing of this command was kept for this project",
        "{first:#}"
    );
    assert!(files.len() > 500, "{}", files.len());
    place.index.asked();
    place.write("main.py", &format!("{MAIN}\n# edited\n"));
    let (second, _) = place.run(&[]);
    let origin = Place::origin(&second, "install");
    assert_eq!(origin["reused"]["index"], "unchanged", "{second:#}");
    assert_eq!(second["verdict"], "works");
    let mut asked = place.index.asked();
    asked.sort();
    assert_eq!(asked, ["/files/tide-1.0-py3-none-any.whl", "/simple/tide/"]);
    let (fresh, _) = place.run(&["--fresh"]);
    assert_eq!(Place::origin(&fresh, "install")["anew"]["because"], "--fresh or CI=true asks for it");
    assert_eq!(said(&fresh), said(&second));
}

#[test]
fn each_change_that_the_install_would_see_installs_anew() {
    if host_is_missing("each_change_that_the_install_would_see_installs_anew") {
        return;
    }
    let mut place = app();
    let expect = |place: &Place, because: &str| {
        let (report, _) = place.run(&[]);
        let origin = Place::origin(&report, "install");
        let reason = origin["anew"]["because"].as_str().unwrap_or_default();
        assert!(reason.ends_with(because), "{because}: {origin:#}");
    };
    expect(&place, "nothing of this command was kept for this project");
    place.write("requirements.txt", "tide>=1\n");
    expect(&place, "requirements.txt has changed");
    place.write("other.txt", "");
    expect(&place, "other.txt is new");
    place.index.release("tide", "1.1", &[]);
    expect(&place, "tide/ has changed");
    place.index.yank("tide", "1.1");
    expect(&place, "tide/ has changed");
    place.options = vec!["--env".to_owned(), "A=B".to_owned()];
    expect(&place, "the variable A is new");
    place.options = vec!["--env".to_owned(), "A=C".to_owned()];
    expect(&place, "the variable A has another value");
    place.write(".python-version", "3.12\n");
    expect(&place, "Python, another tool or a limit is not the same");
}

#[test]
fn people_are_told_why_a_command_is_run_again_and_whether_the_next_run_does_too() {
    if host_is_missing("people_are_told_why_a_command_is_run_again_and_whether_the_next_run_does_too") {
        return;
    }
    let place = app();
    let told = |place: &Place| {
        let output = place.command_for_people(&[]).output().unwrap();
        let lines = [&output.stderr[..], &output.stdout[..]].concat();
        // Cells are wrapped.
        let words = String::from_utf8(lines).unwrap().replace(['│', '║'], " ");
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let first = told(&place);
    assert!(!first.contains("run again") && !first.contains("not kept"), "{first}");
    place.write("requirements.txt", "tide>=1\n");
    let second = told(&place);
    // While it runs, and in the box.
    assert_eq!(second.matches("→ run again: requirements.txt has changed").count(), 2, "{second}");
    place.write("nixpacks.toml", "[phases.build]\ncmds = [\"curl --silent --output near $PIP_INDEX_URL\"]\n");
    let third = told(&place);
    let why = "→ not kept for the next run: it asked the network, and what it asked is not known";
    assert_eq!(third.matches(why).count(), 1, "{third}");
}

#[test]
fn what_another_project_has_otherwise_is_no_change() {
    if host_is_missing("what_another_project_has_otherwise_is_no_change") {
        return;
    }
    let place = app();
    let other = place.dir.path().join("other");
    fs::rename(place.dir.path().join("app"), &other).unwrap();
    let ran = place.command_of(&other, &[]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    for name in ["main.py", ".python-version"] {
        place.write(name, &fs::read_to_string(other.join(name)).unwrap());
    }
    place.write("requirements.txt", "tide>=1\n");
    let origin = Place::origin(&place.run(&[]).0, "install");
    assert_eq!(origin["anew"]["because"], "nothing of this command was kept for this project", "{origin:#}");
    assert_eq!(origin["anew"]["changed"], false, "{origin:#}");
    // What it has alike is shown to it all the same.
    place.write("requirements.txt", &fs::read_to_string(other.join("requirements.txt")).unwrap());
    let origin = Place::origin(&place.run(&[]).0, "install");
    assert!(origin["reused"].is_object(), "{origin:#}");
}

#[test]
fn what_a_trial_of_fix_made_is_the_projects_own() {
    if host_is_missing("what_a_trial_of_fix_made_is_the_projects_own") {
        return;
    }
    let place = app();
    place.write("nixpacks.toml", "[phases.install]\ncmds = [\"pip install -r requirements.txt\"]\n");
    let fixed = place.fix(&["--apply", "--yes"]).output().unwrap();
    assert!(fixed.status.success(), "{}", String::from_utf8_lossy(&fixed.stderr));
    place.write("notes.txt", "");
    let origin = Place::origin(&place.run(&[]).0, "install");
    assert_eq!((&origin["anew"]["because"], &origin["anew"]["changed"]), (&"notes.txt is new".into(), &true.into()));
}

#[test]
fn without_network_nothing_is_asked_and_the_report_says_so() {
    if host_is_missing("without_network_nothing_is_asked_and_the_report_says_so") {
        return;
    }
    let place = app();
    place.run(&[]);
    place.index.asked();
    let (report, files) = place.run(&["--offline"]);
    assert_eq!(Place::origin(&report, "install")["reused"]["index"], "not-asked", "{report:#}");
    assert_eq!((report["verdict"].as_str().unwrap(), place.index.asked().len()), ("works", 0));
    assert!(files.contains_key("/opt/venv/bin/pip"));
    let said = report["unverified"].as_array().unwrap().iter().any(|note| note["what"] == "reuse");
    assert!(said, "{report:#}");
}

#[test]
fn what_nobody_can_vouch_for_is_never_kept() {
    if host_is_missing("what_nobody_can_vouch_for_is_never_kept") {
        return;
    }
    let place = app();
    // A command that asks the network, by the smallest of questions, and all that comes after it.
    let far = "python3 -c 'import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b\"?\", (\"192.0.2.1\", 9))'";
    let near = "curl --silent --output near $PIP_INDEX_URL";
    for asks in [near, far] {
        let cmds = format!("[phases.build]\ncmds = [\"\"\"{asks}\"\"\", \"pip install tide\"]\n");
        place.write("nixpacks.toml", &cmds);
        for _ in 0..2 {
            let (report, _) = place.run(&[]);
            let build = report["phases"].as_array().unwrap().iter().find(|phase| phase["name"] == "build").unwrap();
            for cmd in build["cmds"].as_array().unwrap() {
                assert!(cmd["origin"]["anew"].is_object(), "{report:#}");
            }
        }
    }
    // Offline nothing goes anywhere: then all of the project counts.
    place.write("nixpacks.toml", "[phases.build]\ncmds = [\"echo built > /app/built\", \"pip install tide\"]\n");
    let build = |report: &Value| Place::origin(report, "build");
    assert!(build(&place.run(&["--offline"]).0)["anew"].is_object());
    let (again, _) = place.run(&["--offline"]);
    assert_eq!(build(&again)["reused"]["index"], "not-needed", "{again:#}");
    place.write("main.py", &format!("{MAIN}# edited\n"));
    assert!(build(&place.run(&["--offline"]).0)["anew"].is_object());
}

#[test]
fn a_command_whose_work_a_copy_would_change_is_run_again() {
    if host_is_missing("a_command_whose_work_a_copy_would_change_is_run_again") {
        return;
    }
    let place = app();
    place.write("main.py", "open('b', 'w').write('new')\nprint(open('a').read())\n");
    let attribute = "python -c 'import os; os.setxattr(\"main.py\", \"user.tide\", b\"high\")'";
    for (cmd, why) in [
        ("echo old > a; ln a b", "a layer would not hold another name of a (a hard link)"),
        (
            "echo old > a; mkdir /srv/x && echo > /srv/x/a && ln /srv/x/a /srv/x/b",
            "a layer would not hold another name of ",
        ),
        ("echo old > a; chmod 711 /app", "it changed the permissions of /app or of another folder that no layer holds"),
        (attribute, "a layer would not hold the extended attributes of main.py"),
    ] {
        place.write("nixpacks.toml", &format!("[phases.build]\ncmds = [\"\"\"touch a; {cmd}\"\"\"]\n"));
        for _ in 0..2 {
            let (report, _) = place.run(&[]);
            let origin = Place::origin(&report, "build");
            let told = origin["anew"]["not_kept"].as_str().unwrap_or_default();
            assert!(told.starts_with(why) && report["verdict"] == "works", "{cmd}: {report:#}");
        }
    }
}

#[test]
fn a_command_is_run_again_within_narrower_limits() {
    if host_is_missing("a_command_is_run_again_within_narrower_limits") {
        return;
    }
    let place = app();
    place.write("nixpacks.toml", "[phases.build]\ncmds = [\"for i in $(seq 60); do sleep 1 & done; wait\"]\n");
    let origin = |report: &Value| Place::origin(report, "build");
    assert!(origin(&place.run(&[]).0)["anew"].is_object() && origin(&place.run(&[]).0)["reused"].is_object());
    let narrow = place.command(&["--processes", "30"]).output().unwrap();
    let told = String::from_utf8_lossy(&narrow.stderr);
    assert!(narrow.status.code() == Some(3) && told.contains("more than 30 processes"), "{told}");
}

#[test]
fn a_command_that_asks_nobody_is_not_run_again_until_the_project_changes() {
    if host_is_missing("a_command_that_asks_nobody_is_not_run_again_until_the_project_changes") {
        return;
    }
    let place = app();
    place.write("nixpacks.toml", "[phases.build]\ncmds = [\"sort main.py > sorted\"]\n");
    let build = |options: &[&str]| Place::origin(&place.run(options).0, "build");
    assert!(build(&[])["anew"]["not_kept"].is_null());
    assert_eq!(build(&[])["reused"]["index"], "not-needed");
    place.write("main.py", &format!("{MAIN}# edited\n"));
    assert_eq!(build(&[])["anew"]["because"], "a file of the project has changed");
    assert!(build(&["--fresh"])["anew"].is_object() && build(&[])["reused"].is_object());
}

#[test]
fn a_command_that_found_no_service_is_run_again_where_one_is_let_in() {
    if host_is_missing("a_command_that_found_no_service_is_run_again_where_one_is_let_in") {
        return;
    }
    let place = app();
    let service = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let there = service.local_addr().unwrap();
    place.write("ask.py", &format!("import socket\nsocket.create_connection(('127.0.0.1', {}))\n", there.port()));
    place.write("nixpacks.toml", "[phases.build]\ncmds = [\"python ask.py || true\"]\n");
    let build = |options: &[&str]| Place::origin(&place.run(options).0, "build");
    assert!(build(&[])["anew"]["not_kept"].is_null());
    assert!(build(&[])["reused"].is_object());
    let why = "it asked the network, and what it asked is not known";
    assert_eq!(build(&["--reach", &there.to_string()])["anew"]["not_kept"], why);
    assert!(build(&[])["reused"].is_object());
}

#[test]
fn a_failed_install_is_no_layer() {
    if host_is_missing("a_failed_install_is_no_layer") {
        return;
    }
    let place = app();
    place.write("requirements.txt", "tide==9\n");
    for _ in 0..2 {
        let (report, _) = place.run(&[]);
        assert_eq!(report["verdict"], "fails");
        assert!(Place::origin(&report, "install")["anew"].is_object());
    }
}

#[test]
fn a_layer_that_somebody_changed_is_made_anew() {
    if host_is_missing("a_layer_that_somebody_changed_is_made_anew") {
        return;
    }
    let place = app();
    place.run(&[]);
    let planted = find(&place.cache(), "tide.py").unwrap();
    fs::write(planted, "VERSION = 'planted'\n").unwrap();
    let (report, _) = place.run(&[]);
    assert_eq!(Place::origin(&report, "install")["anew"]["because"], "what was kept of it is not whole");
}

#[test]
fn two_runs_at_once_and_a_killed_one_leave_whole_layers_alone() {
    if host_is_missing("two_runs_at_once_and_a_killed_one_leave_whole_layers_alone") {
        return;
    }
    let place = app();
    let start = || {
        let mut command = place.command(&[]);
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap()
    };
    let mut both = [start(), start()];
    assert!(both.iter_mut().all(|run| run.wait().unwrap().success()));
    // While it keeps what the install made, or shortly before or after.
    for wait in [1, 5, 20] {
        place.write("requirements.txt", &format!("tide\n# {wait}\n"));
        let mut run = start();
        let begun = std::time::Instant::now();
        while find_half(&place.cache()).is_none() && begun.elapsed().as_secs() < 60 && run.try_wait().unwrap().is_none()
        {
            thread::sleep(std::time::Duration::from_millis(1));
        }
        thread::sleep(std::time::Duration::from_millis(wait));
        run.kill().unwrap();
        run.wait().unwrap();
    }
    let (shown, shown_files) = place.run(&[]);
    let (fresh, fresh_files) = place.run(&["--fresh"]);
    assert_eq!(said(&shown), said(&fresh));
    assert!(shown_files == fresh_files && fresh_files.len() > 500);
    assert_eq!(find_half(&place.cache()), None, "what a killed run left unfinished is still there");
}

/// The folder of an unfinished layer.
fn find_half(cache: &Path) -> Option<PathBuf> {
    let stores = fs::read_dir(cache).into_iter().flatten().flatten().map(|entry| entry.path());
    let stores = stores.filter(|path| path.to_string_lossy().contains("layers-"));
    let inside = stores.flat_map(|store| fs::read_dir(store).into_iter().flatten().flatten());
    inside.map(|entry| entry.path()).find(|path| path.is_dir() && path.to_string_lossy().contains("half-"))
}

#[test]
fn a_store_that_others_may_write_to_is_not_used_and_the_report_says_so() {
    use std::os::unix::fs::PermissionsExt;
    if host_is_missing("a_store_that_others_may_write_to_is_not_used_and_the_report_says_so") {
        return;
    }
    let place = app();
    place.run(&[]);
    let stores = fs::read_dir(place.cache()).unwrap().flatten().map(|entry| entry.path());
    for store in stores.filter(|path| path.to_string_lossy().contains("layers-")) {
        fs::set_permissions(store, fs::Permissions::from_mode(0o777)).unwrap();
    }
    let (report, _) = place.run(&[]);
    assert_eq!((report["verdict"].as_str(), Place::origin(&report, "install")), (Some("works"), Value::Null));
    let notes = report["unverified"].as_array().unwrap();
    let note = notes.iter().find(|note| note["what"] == "reuse").unwrap_or_else(|| panic!("{report:#}"));
    assert!(note["why"].as_str().unwrap().starts_with("others may write to "), "{note}");
}

fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.to_string_lossy().contains("layers-") && path.file_name().is_some_and(|found| found == name) {
            return Some(path);
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir())
            && let Some(found) = find(&path, name)
        {
            return Some(found);
        }
    }
    None
}

/// `SHAKEDOWN_REUSE_STEPS` and `SHAKEDOWN_REUSE_SEED` make it longer and other.
#[test]
fn a_reused_run_is_a_fresh_run_whatever_is_edited() {
    if host_is_missing("a_reused_run_is_a_fresh_run_whatever_is_edited") {
        return;
    }
    let set = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let mut random = Random(set("SHAKEDOWN_REUSE_SEED").unwrap_or(10));
    let mut place = app();
    place.index.release("ebb", "0.9", &[]);
    place.index.release("ebb", "1.0", &["tide"]);
    let (mut minor, mut reused) = (1, 0);
    let mut history = Vec::new();
    for step in 0..set("SHAKEDOWN_REUSE_STEPS").unwrap_or(5) {
        let edit = random.below(10);
        match edit {
            0 | 1 => place.write("main.py", &format!("{MAIN}# {step}\n")),
            2 => place.write("requirements.txt", ["tide\n", "tide\nebb\n", "tide==1.0\n"][random.below(3) as usize]),
            3 => place.write("notes.txt", &step.to_string()),
            4 => place.options = vec!["--env".to_owned(), format!("MOOD={}", random.below(2))],
            5 => place.write(
                "nixpacks.toml",
                ["", "[phases.build]\ncmds = [\"echo built > built\"]\n"][random.below(2) as usize],
            ),
            6 => place.write(".python-version", ["3.11\n", "3.12\n"][random.below(2) as usize]),
            7 => {
                place.index.release("tide", &format!("1.{minor}"), &[]);
                minor += 1;
            }
            8 if minor > 1 => place.index.yank("tide", &format!("1.{}", minor - 1)),
            _ => {}
        }
        history.push(edit);
        reused += usize::from(is_reused_as_if_fresh(&place, &history));
    }
    assert!(reused > 0, "nothing was reused after {history:?}");
}

#[test]
fn each_command_of_a_railpack_plan_is_reused_as_if_it_were_run() {
    if host_is_missing("each_command_of_a_railpack_plan_is_reused_as_if_it_were_run") {
        return;
    }
    let mut place = app();
    let options = |mood: u64| ["--builder", "railpack", "--env", &format!("MOOD={mood}")].map(str::to_owned).to_vec();
    place.options = options(0);
    place.run(&[]);
    let (report, _) = place.run(&[]);
    let install = report["phases"].as_array().unwrap().iter().find(|phase| phase["name"] == "install").unwrap();
    let commands = install["cmds"].as_array().unwrap();
    let all = commands.len() == 2 && commands.iter().all(|command| command["origin"]["reused"].is_object());
    assert!(all, "{report:#}");
    let (mut random, mut history) = (Random(3), Vec::new());
    for step in 0..3 {
        let edit = random.below(5);
        match edit {
            0 | 1 => place.write("main.py", &format!("{MAIN}# {step}\n")),
            2 => place.index.release("tide", &format!("1.{step}"), &[]),
            3 => place.options = options(1),
            _ => place.write("requirements.txt", "tide==1.0\n"),
        }
        history.push(edit);
        is_reused_as_if_fresh(&place, &history);
    }
}

#[test]
fn where_nothing_can_be_mounted_a_copy_does() {
    if host_is_missing("where_nothing_can_be_mounted_a_copy_does") {
        return;
    }
    let mut place = app();
    // Of a folder with such a name the kernel makes no overlay.
    place.caches = "ca,che";
    place.run(&[]);
    assert!(is_reused_as_if_fresh(&place, &"nothing"));
}

/// Renames a folder of the venv, removes one for good, and writes over a file.
const WRITES: &str = "import os, shutil, sysconfig
here = sysconfig.get_path('purelib')
print('root', [line.split()[2] for line in open('/proc/mounts') if line.split()[1] == '/'])
try:
    os.rename(os.path.join(here, 'pip'), os.path.join(here, 'moved'))
    print('moved', len(os.listdir(os.path.join(here, 'moved'))))
except OSError as error:
    print(error)
shutil.rmtree(os.path.join(here, 'setuptools'))
os.mkdir(os.path.join(here, 'setuptools'))
print('left', os.listdir(os.path.join(here, 'setuptools')))
open(os.path.join(here, 'tide.py'), 'a').write('# more')
";

#[test]
fn what_an_app_does_to_its_environment_comes_out_the_same_and_is_gone_the_next_time() {
    if host_is_missing("what_an_app_does_to_its_environment_comes_out_the_same_and_is_gone_the_next_time") {
        return;
    }
    let place = app();
    place.write("main.py", WRITES);
    let lines = |options: &[&str]| {
        let (report, _) = place.run(options);
        let record = fs::read_to_string(place.dir.path().join("state/shakedown/last-run.ndjson")).unwrap();
        let events = record.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let started = events.filter(|event| event["event"] == "line" && event["phase"] == "start");
        (report["verdict"].clone(), started.map(|event| event["text"].clone()).collect::<Vec<_>>())
    };
    let first = lines(&[]);
    assert_eq!((&first.0, first.1.len()), (&"works".into(), 3), "{first:#?}");
    assert_eq!((lines(&[]), lines(&["--fresh"]), lines(&[])), (first.clone(), first.clone(), first));
}
