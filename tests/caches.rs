//! What a build writes into a cache is there for the commands of the steps that name it, and for nothing else.
#![allow(clippy::unwrap_used)]

#[path = "reuse/place.rs"]
mod place;
mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use place::{Place, said};
use serde_json::Value;
use shakedown::builder::nixpacks::Phase;
use shakedown::plan::Plan;
use shakedown::run::{SmokeKind, SmokeResult, Status};
use shakedown::sandbox::cache::Cache;
use shakedown::sandbox::host::Host;
use shakedown::sandbox::process::Exit;
use support::{NEVER, Ran, folder, host_is_missing, lowered, nixpacks_plan, railpack_plan, rehearse, settings, spec};

/// What the phases `install`, `build` and `after` do, the first two with these caches, and how the app starts.
fn plan(caches: &[&str], commands: [&str; 3], start: &str) -> Plan {
    let mut plan = nixpacks_plan();
    let phases = plan.phases.as_mut().unwrap();
    for (at, (name, before)) in [("install", "setup"), ("build", "install"), ("after", "build")].into_iter().enumerate()
    {
        let owned: Vec<String> = caches.iter().filter(|_| at < 2).map(|&cache| cache.to_owned()).collect();
        let phase = Phase {
            depends_on: [before].into(),
            cmds: [commands[at]].into(),
            cache_directories: owned.into(),
            ..Phase::default()
        };
        phases.insert(name.to_owned(), phase);
    }
    support::with_start(lowered(&plan), start)
}

fn run(project: &Path, plan: &Plan) -> Ran {
    let host = Host::new().with_cache(Cache::at(Path::new(env!("CARGO_TARGET_TMPDIR")).join("caches-cache")));
    rehearse(&host, &spec(project, plan), &settings(Some(SmokeKind::Exits)), &NEVER)
}

/// Runs all of it, which has to pass.
fn passes(project: &Path, plan: &Plan) {
    let ran = run(project, plan);
    assert!(ran.outcome().phases.iter().all(|phase| phase.status == Status::Passed), "{}", ran.log);
    assert_eq!(*ran.smoke(), SmokeResult::Exited, "{}", ran.log);
}

#[test]
fn steps_that_name_a_cache_share_it_and_the_others_and_the_app_never_see_it() {
    if host_is_missing("steps_that_name_a_cache_share_it") {
        return;
    }
    let project = folder(&[("main.py", "")]);
    let fill = "for place in /root/.cache/tide/deep models /usr/local/share/tide /srv/up; do \
                [ -z \"$(ls -A $place)\" ] && echo filled > $place/x || exit 1; done";
    let read =
        "cat /root/.cache/tide/deep/x models/x /usr/local/share/tide/x /srv/up/x && touch /root/.cache/tide/beside";
    let gone = "[ ! -e /root/.cache/tide/deep ] && [ ! -e models ] && [ ! -e /usr/local/share/tide ] && [ ! -e /srv/up ] && \
                [ -e /root/.cache/tide/beside ]";
    let caches = ["/root/.cache/tide/deep", "models", "/usr/local/share/tide/", "/srv/../srv/./up"];
    passes(project.path(), &plan(&caches, [fill, read, gone], gone));
    // Nothing is missed more than a model that the build has fetched.
    let ran = run(project.path(), &plan(&caches, [fill, read, gone], "cat /root/.cache/tide/deep/x"));
    assert_eq!(*ran.smoke(), SmokeResult::Crashed(Exit::Code(1)), "{}", ran.log);
}

#[test]
fn a_cache_hides_what_the_project_has_in_its_place() {
    if host_is_missing("a_cache_hides_what_the_project_has") {
        return;
    }
    let project = folder(&[("main.py", ""), ("models/own", ""), ("store/own", "")]);
    symlink("/app/store", project.path().join("link")).unwrap();
    let fill = "[ -z \"$(ls -A models store)\" ] || [ ! -e models/own ] && [ ! -e store/own ] && touch models/x link/y && \
                [ -e store/y ]";
    let gone = "[ -e models/own ] && [ ! -e models/x ] && [ -L link ] && [ -e store/own ] && [ ! -e store/y ]";
    passes(project.path(), &plan(&["models", "link"], [fill, "[ -e models/x ] && [ -e store/y ]", gone], gone));
}

#[test]
fn a_cache_in_another_lies_over_it() {
    if host_is_missing("a_cache_in_another_lies_over_it") {
        return;
    }
    let project = folder(&[("main.py", "")]);
    let fill = "[ -d /opt/outer/inner ] && touch /opt/outer/x /opt/outer/inner/y";
    let read = "[ -e /opt/outer/x ] && [ -e /opt/outer/inner/y ]";
    passes(project.path(), &plan(&["/opt/outer/inner", "/opt/outer"], [fill, read, "[ ! -e /opt/outer ]"], "true"));
}

#[test]
fn a_cache_over_all_of_the_project_or_the_venv_hides_it() {
    if host_is_missing("a_cache_over_all_of_the_project") {
        return;
    }
    let project = folder(&[("main.py", "")]);
    let fill = "[ ! -e main.py ] && touch built && python -m venv --without-pip /opt/venv";
    let gone = "[ -e main.py ] && [ ! -e built ] && [ ! -e /opt/venv ]";
    passes(project.path(), &plan(&["/app", "/opt/venv"], [fill, "[ -e built ] && [ -e /opt/venv/bin ]", gone], gone));
}

#[test]
fn what_buildkit_does_not_mount_fails_the_command() {
    if host_is_missing("what_buildkit_does_not_mount") {
        return;
    }
    let project = folder(&[("main.py", ""), ("file", "")]);
    symlink("round", project.path().join("round")).unwrap();
    for (cache, why) in [
        ("file", "error mounting a cache to rootfs at \"/app/file\": not a directory"),
        ("file/below", "error mounting a cache to rootfs at \"/app/file/below\": not a directory"),
        ("round", "error mounting a cache to rootfs at \"/app/round\": too many levels of symbolic links"),
        ("../../..", "invalid mount target \"/\""),
        (
            "/proc/tide",
            "error mounting a cache to rootfs at \"/proc/tide\": it cannot be mounted because it is inside /proc",
        ),
    ] {
        let ran = run(project.path(), &plan(&[cache], ["true"; 3], "true"));
        assert_eq!(ran.status("install"), Status::Failed(Exit::Code(1)), "{cache}: {}", ran.log);
        assert_eq!(ran.log.trim(), why);
    }
}

#[test]
fn a_link_of_the_project_leads_no_cache_out_of_the_sandbox() {
    if host_is_missing("a_link_of_the_project_leads_no_cache_out") {
        return;
    }
    let outside = tempfile::tempdir().unwrap();
    let project = folder(&[("main.py", "")]);
    for (name, top) in [("plain", ""), ("up", "/app/../../../../../../../.."), ("old", "/oldroot")] {
        symlink(format!("{top}{}/{name}", outside.path().display()), project.path().join(name)).unwrap();
    }
    let caches = ["plain/new", "up", "old/a/b"];
    passes(project.path(), &plan(&caches, ["touch plain/new/x up/x old/a/b/x", "[ -e up/x ]", "[ ! -e up ]"], "true"));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
}

#[test]
fn railpacks_caches_are_mounted_for_the_commands_of_their_steps() {
    if host_is_missing("railpacks_caches_are_mounted") {
        return;
    }
    let config = r#"{
        "caches": {"tide": {"directory": "/opt/tide-cache"}, "models": {"directory": "models"}},
        "steps": {
            "install": {"commands": ["...", "[ -d /opt/pip-cache ] && echo filled > /opt/tide-cache/x"], "caches": ["...", "tide"]},
            "build": {
                "commands": [
                    "...", {"src": "tide.ini", "dest": "models/tide.ini"},
                    "cat /opt/tide-cache/x > seen && [ ! -e models/tide.ini ] && touch models/made && [ ! -e /opt/pip-cache ]"
                ],
                "caches": ["tide", "models"]
            }
        },
        "deploy": {"startCommand": "cat seen models/tide.ini && [ ! -e models/made ] && [ ! -e /opt/tide-cache ]"}
    }"#;
    let files = [("main.py", ""), ("requirements.txt", ""), ("tide.ini", "[tide]\n"), ("railpack.json", config)];
    let project = folder(&files);
    passes(project.path(), &railpack_plan(project.path()));
    // No layer has it, so nothing can be taken of it.
    let config = config.replace(
        r#""deploy": {"#,
        r#""deploy": {"inputs": ["...", {"step": "build", "include": ["/opt/tide-cache"]}], "#,
    );
    fs::write(project.path().join("railpack.json"), config).unwrap();
    let ran = run(project.path(), &railpack_plan(project.path()));
    assert!(ran.log.ends_with("\"/opt/tide-cache\": not found\n"), "{}", ran.log);
}

/// All that the last run printed.
fn printed(place: &Place) -> Vec<String> {
    let record = fs::read_to_string(place.dir.path().join("state/shakedown/last-run.ndjson")).unwrap();
    let events = record.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    events.filter_map(|event| Some(event["text"].as_str()?.to_owned())).collect()
}

/// A project whose install fills a cache with as many files as are mounted rather than copied, or with few.
fn filled(count: usize) -> Place {
    let place =
        Place::new(&[("main.py", "import os\nprint(os.path.exists('/root/.cache/tide'), os.listdir('/root'))\n")]);
    let fill = format!("for number in $(seq {count}); do echo $number > /root/.cache/tide/$number; done");
    place.write(
        "nixpacks.toml",
        &format!(
            "[phases.install]\ncmds = [\"{fill}\"]\ncacheDirectories = [\"/root/.cache/tide\"]\n\
             [phases.build]\ncacheDirectories = [\"/root/.cache/tide\"]\n\
             [phases.after]\ndependsOn = [\"build\"]\ncmds = [\"ls -A /root\"]\n\
             [phases.last]\ndependsOn = [\"after\"]\ncmds = [\"sort -n /root/.cache/tide/*\"]\ncacheDirectories = [\"/root/.cache/tide\"]\n"
        ),
    );
    place
}

#[test]
fn a_cache_is_part_of_what_a_reused_command_made() {
    if host_is_missing("a_cache_is_part_of_what_a_reused_command_made") {
        return;
    }
    for count in [3, 150] {
        let place = filled(count);
        let run = |build: &str, options: &[&str]| {
            let (report, _) = place.run(&[&["--build-cmd", build], options].concat());
            (report, printed(&place))
        };
        let is_reused = |report: &Value, phase: &str| Place::origin(report, phase)["reused"].is_object();
        let (first, _) = run("rm /root/.cache/tide/1", &[]);
        assert_eq!(first["verdict"], "works", "{first:#}");
        for build in [
            "echo 7000 > /root/.cache/tide/new && rm /root/.cache/tide/2",
            "mv /root/.cache/tide/3 /root/.cache/tide/moved",
        ] {
            let (anew, printed_anew) = run(build, &[]);
            assert!(is_reused(&anew, "install") && !is_reused(&anew, "build"), "{anew:#}");
            let (reused, printed_reused) = run(build, &[]);
            assert!(["install", "build", "after", "last"].iter().all(|phase| is_reused(&reused, phase)), "{reused:#}");
            let (fresh, printed) = run(build, &["--fresh"]);
            assert!(printed.len() >= count, "{printed:?}");
            assert_eq!((said(&anew), &printed_anew), (said(&fresh), &printed));
            assert_eq!((said(&reused), &printed_reused), (said(&fresh), &printed));
            assert_eq!(fresh["verdict"], "works", "{fresh:#}");
        }
    }
}
