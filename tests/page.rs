//! The suite's HTML page in a real browser, wide and narrow, without a network.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use shakedown::scenario::{Case, CaseResult, CaseStatus, Span, Summary, html};

const PROBE: &str = include_str!("page_probe.html");
const RUN_PROBE: &str = include_str!("run_page_probe.html");
const LONG: &str =
    "a-scenario-whose-name-is-much-longer-than-anything-that-a-column-of-a-table-was-ever-made-for-and-then-some";

fn browser() -> Option<PathBuf> {
    ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(|name| which::which(name).ok())
}

fn skipped(test: &str) -> bool {
    support::skipped(test, browser().is_none().then(|| "no chromium: apt-get install chromium".into()))
}

/// Shows a page to the probe; what the probe measured, and what the browser complained of.
fn shown(page: &str) -> (Value, String) {
    shown_by(page, PROBE)
}

fn shown_by(page: &str, probe: &str) -> (Value, String) {
    let folder = support::folder(&[("page.html", page), ("probe.html", probe)]);
    let output = Command::new(browser().unwrap())
        // The sandbox of a browser needs rights that a container's root lacks; all that is shown here is our own.
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"])
        .args(["--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND"])
        // The probe may look into the page beside it.
        .args(["--allow-file-access-from-files", "--enable-logging=stderr", "--dump-dom"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg(format!("file://{}", folder.path().join("probe.html").display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout);
    let stderr = String::from_utf8_lossy(&output.stderr);
    let measured = dom.split_once("<pre>").and_then(|(_, rest)| rest.split_once("</pre>")).map(|(inside, _)| inside);
    let measured = measured.unwrap_or_else(|| panic!("nothing measured: {dom}\n{stderr}"));
    let complaints = stderr.lines().filter(|line| line.contains("CONSOLE")).collect::<Vec<_>>().join("\n");
    (serde_json::from_str(measured).unwrap_or_else(|error| panic!("{error}: {measured}\n{stderr}")), complaints)
}

fn span(phase: &str, from: f64, seconds: f64, good: bool) -> Span {
    Span { phase: phase.into(), from, seconds, good }
}

fn result(name: &str, status: CaseStatus, from: f64, timeline: Vec<Span>) -> CaseResult {
    let case = Case { scenario: name.into(), backend: "host".into() };
    let seconds = timeline.last().map_or(0.0, |last| last.from + last.seconds);
    let unrun = CaseResult::unrun(case, status, "verdict: expected works, got fails".into());
    CaseResult { attempts: u32::from(!timeline.is_empty()), from, seconds, timeline, ..unrun }
}

fn page() -> String {
    let results = vec![
        result(
            "passes",
            CaseStatus::Passed,
            0.0,
            vec![span("install", 0.0, 50.0, true), span("start", 50.0, 30.0, true)],
        ),
        result("in a blink", CaseStatus::Passed, 80.0, vec![span("start", 0.0, 0.001, true)]),
        result("left out", CaseStatus::Skipped, 0.0, Vec::new()),
        result(LONG, CaseStatus::Failed, 80.0, vec![span("install", 0.0, 20.0, false)]),
    ];
    html(&Summary { results, seconds: 100.0, ..Summary::default() }).unwrap()
}

#[test]
fn the_page_is_laid_out_as_it_says() {
    if skipped("the_page_is_laid_out_as_it_says") {
        return;
    }
    let (measured, complaints) = shown(&page());
    assert_eq!(complaints, "");
    for frame in measured.as_array().unwrap() {
        assert_eq!(frame["names"], serde_json::json!([LONG, "passes", "left out", "in a blink"]), "{frame}");
        assert_eq!(frame["unpassed"], serde_json::json!([LONG, "left out"]), "{frame}");
        assert_eq!(frame["open"], serde_json::json!(["verdict: expected works, got fails"]), "{frame}");
        assert_eq!(frame["fits"], true, "wider than the window: {frame}");
        let bars = frame["bars"].as_array().unwrap();
        let place = |bar: &Value| {
            let percent = |key: &str| (bar[key].as_f64().unwrap() * 100.0).round() as i64;
            (bar["kind"].as_str().unwrap().to_owned(), percent("left"), percent("width"))
        };
        let phases: Vec<_> = bars.iter().map(place).filter(|(kind, ..)| kind != "whole").collect();
        let expected = [("install bad", 80, 20), ("install", 0, 50), ("start", 50, 30)];
        assert_eq!(phases[..3], expected.map(|(kind, left, width)| (kind.to_owned(), left, width)), "{frame}");
        assert!(bars.iter().all(|bar| bar["inside"] == true), "{frame}");
        let shortest = bars.iter().rfind(|bar| bar["kind"] == "start").unwrap();
        assert!(shortest["pixels"].as_f64().unwrap() >= 3.0, "a bar that nobody sees: {shortest}");
    }
}

/// The browser itself holds the page to it; the same page with a picture from elsewhere shows that it would complain.
#[test]
fn the_page_asks_nothing_of_the_network() {
    if skipped("the_page_asks_nothing_of_the_network") {
        return;
    }
    let spoilt = page().replace("</h1>", "</h1><img src=\"http://elsewhere.invalid/a.png\">");
    let (_, complaints) = shown(&spoilt);
    assert!(complaints.contains("elsewhere.invalid"), "{complaints}");
    assert_eq!(shown(&page()).1, "");
}

/// The page of a real run that fails, as the command writes it.
fn run_page() -> String {
    let folder = support::folder(&[("requirements.txt", "# nothing\n"), ("main.py", "import brinemoon\n")]);
    let file = folder.path().join("run.html");
    let ran = Command::new(env!("CARGO_BIN_EXE_shakedown"))
        .args(["run", "--quiet", "--backend", "host", "--format", "html", "--output"])
        .arg(&file)
        .arg(folder.path())
        .env("XDG_STATE_HOME", folder.path())
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(1), "{}", String::from_utf8_lossy(&ran.stderr));
    std::fs::read_to_string(file).unwrap()
}

#[test]
fn the_page_of_a_run_shows_the_error_and_can_be_read_in_light_and_dark_wide_and_narrow() {
    let test = "the_page_of_a_run_shows_the_error";
    if skipped(test) || support::host_is_missing(test) {
        return;
    }
    let page = run_page();
    let (measured, complaints) = shown_by(&page, RUN_PROBE);
    assert_eq!(complaints, "");
    let frames = measured.as_array().unwrap();
    assert_eq!(frames.len(), 4);
    for frame in frames {
        assert_eq!(frame["title"], "shakedown: fails", "{frame}");
        assert_eq!(frame["heading"], "the deploy: fails at start", "{frame}");
        assert!(frame["marked"].as_str().unwrap().contains("brinemoon"), "{frame}");
        assert_eq!(frame["open"], serde_json::json!(["start"]), "{frame}");
        assert_eq!((&frame["fits"], &frame["inside"]), (&true.into(), &true.into()), "{frame}");
        // What WCAG 2 asks of text.
        assert!(frame["contrast"].as_f64().unwrap() >= 4.5, "{frame}");
    }
    assert_ne!(frames[0]["background"], frames[2]["background"], "light and dark are the same: {measured}");

    let spoilt = page.replace("</h1>", "</h1><img src=\"http://elsewhere.invalid/a.png\">");
    assert!(shown_by(&spoilt, RUN_PROBE).1.contains("elsewhere.invalid"));
}
