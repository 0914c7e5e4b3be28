//! Every log under `tests/logs` (`<cause>--<what>.log`, from runs of our own) has its cause, whatever a platform wraps around it.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::Path;

use proptest::prelude::*;
use shakedown::diagnose::{Case, RULES, diagnose, replay::Failure, telling_lines};
use shakedown::log::{Log, LogBuilder};

/// A way in which platforms dress lines up.
type Decoration = (&'static str, fn(usize, &str) -> String);

const DECORATIONS: &[Decoration] = &[
    ("plain", |_, line| format!("{line}\n")),
    ("crlf", |_, line| format!("{line}\r\n")),
    ("buildkit", |n, line| format!("#12 {}.{:03} {line}\n", n / 10, n % 1000)),
    ("buildkit again", |n, line| format!("{}.{:03} {line}\n", n / 10, n % 1000)),
    ("railway", |n, line| format!("2026-01-02T03:04:05.{n:09}Z [err]  {line}\n")),
    ("rfc 3339", |n, line| format!("2026-01-02T03:04:05.{n:06}+00:00 {line}\n")),
    ("actions", |n, line| format!("build\tInstall\t2026-01-02T03:04:05.{n:07}Z {line}\n")),
    ("heroku", |n, line| format!("2026-01-02T03:04:05.{n:06}+00:00 app[web.1]: {line}\n")),
    ("fly", |_, line| format!("2026-01-02T03:04:05Z app[148e21f] iad [info] {line}\n")),
    ("kubernetes", |n, line| format!("2026-01-02T03:04:05.{n:09}Z stderr F {line}\n")),
    ("syslog", |_, line| format!("Jan 02 03:04:05 host-1 python[812]: {line}\n")),
    ("render", |_, line| format!("Jan 02 03:04:05 AM  {line}\n")),
    ("compose", |_, line| format!("web-1  | {line}\n")),
    ("compose and stamp", |n, line| format!("api_1 | 2026-01-02T03:04:05.{n:09}Z {line}\n")),
    ("colour", |_, line| format!("\x1b[91m{line}\x1b[0m\n")),
    ("colour with the escape lost", |_, line| format!("[91m{line}[0m\n")),
    ("json", |_, line| format!("{}\n", serde_json::json!({"message": line, "timestamp": "2026-01-02T03:04:05Z"}))),
    ("docker json", |_, line| format!("{}\n", serde_json::json!({"log": format!("{line}\n"), "stream": "stderr"}))),
    ("cloud build", |_, line| format!("Step #0 - \"build\": {line}\n")),
    ("git push", |_, line| format!("remote: {line}\n")),
];

fn decorated(text: &str, decoration: &Decoration) -> String {
    text.lines().enumerate().map(|(n, line)| decoration.1(n, line)).collect()
}

fn primary(log: &Log) -> &'static str {
    diagnose(&Case::of_log(log)).first().map_or("none", |diagnosis| diagnosis.rule)
}

fn logs() -> Vec<(String, String, String)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs");
    let mut logs: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "log"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let cause = name.split("--").next().unwrap().to_owned();
            (name, cause, String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned())
        })
        .collect();
    logs.sort();
    logs
}

#[test]
fn every_log_has_its_cause_in_every_dress() {
    let logs = logs();
    assert!(logs.len() >= 40, "only {} logs", logs.len());
    let mut faults = Vec::new();
    for (name, cause, text) in &logs {
        for decoration in DECORATIONS {
            let found = primary(&Log::from(decorated(text, decoration).as_str()));
            if found != cause {
                faults.push(format!("{name}, {}: {found}", decoration.0));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_cause_survives_utf16_and_what_builders_add() {
    let mut faults = Vec::new();
    for (name, cause, text) in &logs() {
        let wide: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        if primary(&Log::read(wide.as_slice()).unwrap()) != cause {
            faults.push(format!("{name}, utf-16"));
        }
        let tail = "[notice] A new release of pip is available: 24.0 -> 26.1\n[notice] To update, run: pip install --upgrade pip\n------\n\
                    ERROR: failed to build: failed to solve: process \"/bin/bash -ol pipefail -c true\" did not complete successfully: exit code: 1\n";
        if cause != "none" && primary(&Log::from(format!("{text}\n{tail}").as_str())) != cause {
            faults.push(format!("{name}, with docker's last words"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_file_is_named_after_a_rule() {
    for (name, cause, _) in logs() {
        assert!(cause == "none" || RULES.iter().any(|rule| rule.id == cause), "{name}");
    }
}

#[test]
fn logs_that_hold_no_cause_get_none() {
    const NONE: &[&str] = &[
        "",
        "[notice] A new release of pip is available: 24.0 -> 26.1\n",
        "note: This error originates from a subprocess, and is likely not a problem with pip.\nerror: metadata-generation-failed\n\n\
         × Encountered error while generating package metadata.\n╰─> See above for output.\n",
        "[1] [INFO] Handling signal: term\n[7] [INFO] Worker exiting (pid: 7)\n[1] [INFO] Shutting down: Master\n",
        "#9 ERROR: process \"/bin/sh -c make build\" did not complete successfully: exit code: 2\n",
        "[1] [ERROR] Connection in use: ('0.0.0.0', 8000)\n[1] [ERROR] Retrying in 1 second.\n[1] [INFO] Listening at: http://0.0.0.0:8000 (1)\n\
         [1] [INFO] Application startup complete.\n",
        "Collecting flask\nDownloading flask-3.0.0-py3-none-any.whl (101 kB)\nSuccessfully installed flask-3.0.0\n",
        "Stopping Container\n",
    ];
    for text in NONE {
        assert_eq!(primary(&Log::from(*text)), "none", "{text}");
    }
}

#[test]
fn a_log_without_a_cause_still_shows_its_loudest_lines() {
    let log = Log::from("fine\nfine\nfrobnicate: fatal: the flux is inverted\nfine\n");
    let lines = telling_lines(&log, None);
    assert_eq!(lines.len(), 1);
    assert!(lines[0].text.contains("flux"));
}

#[test]
fn what_an_earlier_phase_printed_is_no_account_of_the_failure() {
    let mut builder = LogBuilder::new();
    builder.push(Some("setup"), b"error: a warning of old\n");
    builder.push(Some("install"), b"and then silence\n");
    let log = builder.finish();
    let texts = |phase| telling_lines(&log, phase).into_iter().map(|line| line.text).collect::<Vec<_>>();
    assert_eq!(texts(Some("install")), ["and then silence"]);
    assert_eq!(texts(None), ["error: a warning of old"]);
    assert_eq!(texts(Some("start")), [""; 0]);
}

#[test]
fn the_place_of_a_failure_is_read_from_the_log() {
    let log = Log::from(
        "╔══════ Nixpacks v1.41.0 ══════╗\n#10 [stage-0 6/8] RUN --mount=type=cache,id=x pip install -r requirements.txt\n#10 1.2 /bin/bash: line 1: pip: command not found\n\
         #10 ERROR: process \"/bin/bash -ol pipefail -c pip install -r requirements.txt\" did not complete successfully: exit code: 127\n",
    );
    let failure = Failure::of(&log, None);
    assert_eq!(failure.phase.as_deref(), Some("install"));
    assert_eq!(failure.command.as_deref(), Some("pip install -r requirements.txt"));
    assert_eq!(failure.exit_code, Some(127));
    assert_eq!(failure.nixpacks.as_deref(), Some("1.41.0"));
    assert_eq!(failure.form, "buildkit");
}

#[test]
fn a_log_of_railpack_gives_plan_release_phase_and_command() {
    let log = Log::from(
        "using build driver railpack-v0.39.0\n                   \n╭─────────────────╮\n│ Railpack 0.39.0 │\n╰─────────────────╯\n \n  \u{21b3} Detected Python\n            \n  Packages  \n  ──────────\n  \
         python  │  3.13.7  │  railpack default (3.13)\n            \n  Steps     \n  ──────────\n  ▸ install\n    $ python -m venv /app/.venv\n    $ pip install -r requirements.txt\n            \n  Deploy    \n  \
         ──────────\n    $ python bot.py\n \n\npip install -r requirements.txt\nERROR: No matching distribution found for harbourlamp==9\nBuild Failed: build daemon returned an error < failed to solve: process \"sh -c 'pip install \
         -r requirements.txt'\" did not complete successfully: exit code: 1 >\n",
    );
    let failure = Failure::of(&log, None);
    assert_eq!((failure.railpack.as_deref(), failure.nixpacks), (Some("0.39.0"), None));
    assert_eq!((failure.phase.as_deref(), failure.exit_code), (Some("install"), Some(1)));
    assert_eq!(failure.command.as_deref(), Some("pip install -r requirements.txt"));
    let planned = failure.planned.unwrap();
    assert_eq!(planned.packages, [("python".to_owned(), "3.13.7".to_owned())]);
    assert_eq!((planned.steps[0].1.len(), planned.start.as_deref()), (2, Some("python bot.py")));
}

#[test]
fn nothing_of_nixpacks_is_advised_for_a_log_of_railpack() {
    for line in [
        "ImportError: libGL.so.1: cannot open shared object file: No such file or directory",
        "FileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'",
        "error: command 'gcc' failed: No such file or directory",
        "ERROR: Package 'numpy' requires a different Python: 3.9.6 not in '>=3.10'",
        "Error: pg_config executable not found.",
        "error: can't find Rust compiler",
    ] {
        let log = Log::from(format!("│ Railpack 0.37.0 │\n{line}\n").as_str());
        let found = diagnose(&Case::of_log(&log));
        let words = format!("{} {}", found[0].message, found[0].help.as_deref().unwrap_or_default());
        for word in ["nixPkgs", "nixLibs", "aptPkgs", "nixpacks", "NIXPACKS", "/opt/venv"] {
            assert!(!words.contains(word), "{words}");
        }
    }
}

#[test]
fn a_needle_in_a_huge_log_is_found_in_bounded_memory() {
    let mut builder = shakedown::log::LogBuilder::new();
    let noise = "INFO 200 GET /index.html served in 3 ms\n".repeat(6_000);
    for part in 0..200 {
        builder.push(None, noise.as_bytes());
        if part == 90 {
            builder.push(None, b"Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    import cv2\nModuleNotFoundError: No module named 'cv2'\n");
        }
    }
    let log = builder.finish();
    assert!(log.lines().len() < 100_000, "{}", log.lines().len());
    let found = diagnose(&Case::of_log(&log));
    assert_eq!(found[0].rule, "missing-python-module");
    assert_eq!(log.total_lines(), 200 * 6_000 + 4);
    let line = log.lines().iter().find(|line| line.text.contains("ModuleNotFoundError")).unwrap();
    assert_eq!(line.number, 91 * 6_000 + 4);
}

#[test]
fn one_line_of_any_length_is_bearable() {
    let mut text = "x".repeat(20 << 20);
    text.push_str("\npip: command not found\n");
    assert_eq!(primary(&Log::read(text.as_bytes()).unwrap()), "pip-not-found");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..4000), cut in 0_usize..4000) {
        let mut builder = shakedown::log::LogBuilder::new();
        let cut = cut.min(bytes.len());
        builder.push(None, &bytes[..cut]);
        builder.push(Some("install"), &bytes[cut..]);
        let log = builder.finish();
        let found = diagnose(&Case::of_log(&log));
        Failure::of(&log, found.first());
        telling_lines(&log, None);
    }

    #[test]
    fn torn_text_never_panics(words in proptest::collection::vec("(Traceback \\(most recent call last\\):|  File \"[a-z/]{1,9}\", line [0-9]{1,3}, in f|[A-Z][a-z]{2,8}Error: .{0,40}|\\x1b\\[[0-9;]*m|#[0-9]{1,2} |\n|\r|\\{\"message\":\".{0,9}\"\\}|.{0,30})", 0..60)) {
        let log = Log::from(words.concat().as_str());
        diagnose(&Case::of_log(&log));
        for line in log.lines() {
            prop_assert!(line.number >= 1);
        }
    }
}

#[test]
fn a_log_of_any_size_is_read_quickly() {
    let Some(path) = std::env::var_os("SHAKEDOWN_BIG_LOG") else {
        println!("skipped: a_log_of_any_size_is_read_quickly: SHAKEDOWN_BIG_LOG names no file");
        return;
    };
    let started = std::time::Instant::now();
    let log = Log::read(fs::File::open(&path).unwrap()).unwrap();
    let read = started.elapsed();
    let found = diagnose(&Case::of_log(&log));
    println!(
        "read {read:?}, all {:?}, {} of {} lines kept, {:?}",
        started.elapsed(),
        log.lines().len(),
        log.total_lines(),
        found.first().map(|d| d.rule)
    );
}
