//! What is shown of an earlier run is what a fresh run would make: projects are edited at random, with a package index that
//! changes beside them, and each reused run is held against `--fresh`.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::Value;
use support::host_is_missing;
use zip::write::SimpleFileOptions;

/// Paths and what they answer.
type Pages = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A package index on loopback whose pages can be changed, and that counts what it is asked for.
struct Index {
    pages: Pages,
    asked: Arc<Mutex<Vec<String>>>,
    port: u16,
}

impl Index {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (pages, asked) = (Pages::default(), Arc::<Mutex<Vec<String>>>::default());
        let shared = (Arc::clone(&pages), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (pages, asked) = (Arc::clone(&shared.0), Arc::clone(&shared.1));
                thread::spawn(move || answer(&stream, &pages, &asked));
            }
        });
        Self { pages, asked, port }
    }

    /// Puts a release on offer.
    fn release(&self, name: &str, version: &str, requires: &[&str]) {
        let (file, bytes) = wheel(name, version, requires);
        let mut pages = self.pages.lock().unwrap();
        pages.insert(format!("/files/{file}"), bytes);
        let page = pages.entry(format!("/simple/{name}/")).or_insert_with(|| b"<!DOCTYPE html>\n".to_vec());
        page.extend(format!("<a href=\"../../files/{file}\">{file}</a><br>\n").bytes());
    }

    /// Yanks a release.
    fn yank(&self, name: &str, version: &str) {
        let mut pages = self.pages.lock().unwrap();
        let page = pages.get_mut(&format!("/simple/{name}/")).unwrap();
        let (text, file) = (String::from_utf8(page.clone()).unwrap(), format!("{name}-{version}-py3-none-any.whl"));
        let link = format!("<a href=\"../../files/{file}\">");
        *page = text.replace(&link, &format!("<a href=\"../../files/{file}\" data-yanked=\"bad\">")).into_bytes();
    }

    fn variables(&self) -> Vec<String> {
        let url = format!("http://127.0.0.1:{}/simple/", self.port);
        [
            ("PIP_INDEX_URL", &*url),
            ("PIP_EXTRA_INDEX_URL", &url),
            ("PIP_FIND_LINKS", "/app"),
            ("NO_PROXY", "127.0.0.1"),
            ("no_proxy", "127.0.0.1"),
        ]
        .iter()
        .flat_map(|(name, value)| ["--env".to_owned(), format!("{name}={value}")])
        .collect()
    }

    /// What was asked for since the last look.
    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn answer(mut stream: &TcpStream, pages: &Pages, asked: &Mutex<Vec<String>>) {
    let mut lines = BufReader::new(stream).lines();
    let Some(Ok(request)) = lines.next() else { return };
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let found = pages.lock().unwrap().get(&path).cloned();
    asked.lock().unwrap().push(path.clone());
    let kind = if path.starts_with("/simple/") { "text/html" } else { "application/zip" };
    let (status, body) = found.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
}

fn wheel(name: &str, version: &str, requires: &[&str]) -> (String, Vec<u8>) {
    let info = format!("{name}-{version}.dist-info");
    let requires: String = requires.iter().map(|requirement| format!("Requires-Dist: {requirement}\n")).collect();
    let files = [
        (format!("{name}.py"), format!("VERSION = '{version}'\n")),
        (format!("{info}/METADATA"), format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{requires}")),
        (
            format!("{info}/WHEEL"),
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n".to_owned(),
        ),
        (format!("{info}/RECORD"), String::new()),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (path, text) in files {
        zip.start_file(path, SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored)).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    (format!("{name}-{version}-py3-none-any.whl"), zip.finish().unwrap().into_inner())
}

/// A project, a cache of its own, and an index.
struct Place {
    index: Index,
    dir: tempfile::TempDir,
    options: Vec<String>,
}

impl Place {
    fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("app")).unwrap();
        let place = Self { index: Index::start(), dir, options: Vec::new() };
        for (name, text) in files {
            place.write(name, text);
        }
        place
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join("app").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn cache(&self) -> PathBuf {
        self.dir.path().join("cache/shakedown")
    }

    /// Lets the index in, where anything is.
    fn reach(&self, options: &[&str]) -> Vec<String> {
        match options.contains(&"--offline") {
            true => Vec::new(),
            false => vec!["--reach".to_owned(), format!("127.0.0.1:{}", self.index.port)],
        }
    }

    fn command(&self, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
        command
            .args(["run", "--backend", "host", "--format", "json", "--quiet", "--expect", "exits"])
            .args(self.index.variables())
            .args(&self.options)
            .args(options)
            .args(self.reach(options))
            .arg(self.dir.path().join("app"))
            .env("XDG_CACHE_HOME", self.dir.path().join("cache"))
            .env("XDG_STATE_HOME", self.dir.path().join("state"))
            .env_remove("CI");
        command
    }

    /// The report of a run, and every file of the venv with its content.
    fn run(&self, options: &[&str]) -> (Value, BTreeMap<String, String>) {
        let output = self.command(options).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{stderr}"));
        let state = fs::read_to_string(self.dir.path().join("state/shakedown/last-run.ndjson")).unwrap();
        (report, venv(&state))
    }

    fn origin(report: &Value, phase: &str) -> Value {
        let phases = report["phases"].as_array().unwrap();
        let found = phases.iter().find(|found| found["name"] == phase).unwrap_or_else(|| panic!("{report:#}"));
        found["cmds"][0]["origin"].clone()
    }
}

/// What [`MAIN`] printed of every file in the venv.
fn venv(record: &str) -> BTreeMap<String, String> {
    let events = record.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lines = events.filter(|event| event["event"] == "line" && event["phase"] == "start");
    let pairs = lines.filter_map(|event| {
        let (path, digest) = event["text"].as_str()?.strip_prefix("file ")?.rsplit_once(' ')?;
        Some((path.to_owned(), digest.to_owned()))
    });
    pairs.collect()
}

/// Prints every file of the venv and of the app with a digest of its content. Compiled code holds the time of its source.
const MAIN: &str = "import hashlib, os, stat
for top in ('/opt/venv', '/usr/local', '/etc', '/app', '/root'):
    for folder, folders, names in sorted(os.walk(top)):
        for name in sorted(names + folders):
            path = os.path.join(folder, name)
            about = os.lstat(path)
            text = oct(about.st_mode)
            if stat.S_ISLNK(about.st_mode):
                text += os.readlink(path)
            elif stat.S_ISREG(about.st_mode) and not name.endswith('.pyc'):
                text += hashlib.sha256(open(path, 'rb').read()).hexdigest()
            print('file', path, text.replace(' ', '_'))
import tide
print('tide', tide.VERSION)
";

/// What a report says of the project rather than of the moment.
fn said(report: &Value) -> Value {
    let mut report = report.clone();
    strip(&mut report);
    report
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !["seconds", "origin"].contains(&key.as_str()));
            map.values_mut().for_each(strip);
        }
        Value::Array(items) => items.iter_mut().for_each(strip),
        _ => {}
    }
}

fn app() -> Place {
    let place = Place::new(&[("requirements.txt", "tide\n"), ("main.py", MAIN), (".python-version", "3.11\n")]);
    place.index.release("tide", "1.0", &[]);
    place
}

#[test]
fn an_edit_of_what_the_install_did_not_read_installs_nothing() {
    if host_is_missing("an_edit_of_what_the_install_did_not_read_installs_nothing") {
        return;
    }
    let place = app();
    let (first, files) = place.run(&[]);
    assert_eq!(Place::origin(&first, "install")["anew"]["because"], "nothing of this command was kept", "{first:#}");
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
    assert_eq!(Place::origin(&fresh, "install")["anew"]["because"], "asked for");
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
    expect(&place, "nothing of this command was kept");
    place.write("requirements.txt", "tide>=1\n");
    expect(&place, "requirements.txt has changed");
    place.write("other.txt", "");
    expect(&place, "a file of the project came or went");
    place.index.release("tide", "1.1", &[]);
    expect(&place, "tide/ has changed");
    place.index.yank("tide", "1.1");
    expect(&place, "tide/ has changed");
    place.options = vec!["--env".to_owned(), "A=B".to_owned()];
    expect(&place, "nothing of this command was kept");
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
    // A command that may have gone anywhere, and all that comes after it.
    place.write("nixpacks.toml", "[phases.build]\ncmds = [\"echo built > /app/built\", \"pip install tide\"]\n");
    for _ in 0..2 {
        let (report, _) = place.run(&[]);
        let build = report["phases"].as_array().unwrap().iter().find(|phase| phase["name"] == "build").unwrap();
        for cmd in build["cmds"].as_array().unwrap() {
            assert!(cmd["origin"]["anew"].is_object(), "{report:#}");
        }
    }
    // Offline nothing goes anywhere: then all of the project counts.
    let build = |report: &Value| Place::origin(report, "build");
    assert!(build(&place.run(&["--offline"]).0)["anew"].is_object());
    let (again, _) = place.run(&["--offline"]);
    assert_eq!(build(&again)["reused"]["index"], "not-needed", "{again:#}");
    place.write("main.py", &format!("{MAIN}# edited\n"));
    assert!(build(&place.run(&["--offline"]).0)["anew"].is_object());
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

/// A sequence of numbers that is the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        // Knuth's MMIX constants.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
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
    for step in 0..set("SHAKEDOWN_REUSE_STEPS").unwrap_or(8) {
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
        let (shown, shown_files) = place.run(&[]);
        reused += usize::from(Place::origin(&shown, "install")["reused"].is_object());
        let (fresh, fresh_files) = place.run(&["--fresh"]);
        assert_eq!(said(&shown), said(&fresh), "after {history:?}");
        let differing: Vec<_> = fresh_files
            .iter()
            .filter(|(path, text)| shown_files.get(*path) != Some(text))
            .map(|(path, _)| path)
            .chain(shown_files.keys().filter(|path| !fresh_files.contains_key(*path)))
            .collect();
        assert!(differing.is_empty() && fresh_files.len() > 500, "after {history:?}: {differing:?}");
    }
    assert!(reused > 0, "nothing was reused after {history:?}");
}
