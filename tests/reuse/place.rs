//! A project with a cache of its own and a package index that can be changed beside it.
#![allow(clippy::print_stderr, clippy::unwrap_used, dead_code, unreachable_pub)]

#[path = "repository.rs"]
mod repository;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;

/// Paths and what they answer.
pub type Pages = Arc<Mutex<BTreeMap<String, Vec<u8>>>>;

/// A package index on loopback whose pages can be changed, and that counts what it is asked for; beside it repositories.
pub struct Index {
    pub pages: Pages,
    repositories: Arc<tempfile::TempDir>,
    asked: Arc<Mutex<Vec<String>>>,
    address: String,
    pub port: u16,
}

impl Index {
    pub fn start() -> Self {
        Self::start_on("127.0.0.1")
    }

    /// One on another address of this machine.
    pub fn start_on(address: &str) -> Self {
        let listener = TcpListener::bind((address, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (pages, asked) = (Pages::default(), Arc::<Mutex<Vec<String>>>::default());
        let repositories = Arc::new(tempfile::tempdir().unwrap());
        let shared = (Arc::clone(&pages), Arc::clone(&asked), Arc::clone(&repositories));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (pages, asked, repositories) = shared.clone();
                thread::spawn(move || answer(&stream, &pages, &asked, repositories.path()));
            }
        });
        Self { pages, repositories, asked, address: address.to_owned(), port }
    }

    /// Puts a release on offer.
    pub fn release(&self, name: &str, version: &str, requires: &[&str]) {
        let (file, bytes) = wheel(name, version, requires);
        let mut pages = self.pages.lock().unwrap();
        pages.insert(format!("/files/{file}"), bytes);
        let page = pages.entry(format!("/simple/{name}/")).or_insert_with(|| b"<!DOCTYPE html>\n".to_vec());
        page.extend(format!("<a href=\"../../files/{file}\">{file}</a><br>\n").bytes());
    }

    /// The same with the digest of its wheel, as PyPI does.
    pub fn release_with_digest(&self, name: &str, version: &str, requires: &[&str]) {
        let (file, bytes) = wheel(name, version, requires);
        let digest = sha256(&bytes);
        self.release(name, version, requires);
        let mut pages = self.pages.lock().unwrap();
        let page = pages.get_mut(&format!("/simple/{name}/")).unwrap();
        let text = String::from_utf8(page.clone()).unwrap();
        *page = text.replace(&format!("{file}\">"), &format!("{file}#sha256={digest}\">")).into_bytes();
    }

    /// Puts a release on offer that has to be built, with the digest of its source archive.
    pub fn release_source(&self, name: &str, version: &str, files: &[(&str, &str)]) {
        let folder = tempfile::tempdir().unwrap();
        let top = format!("{name}-{version}");
        for (path, text) in files {
            let place = folder.path().join(&top).join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, text).unwrap();
        }
        let file = format!("{top}.tar.gz");
        let packed =
            Command::new("tar").arg("-C").arg(folder.path()).args(["-czf", &file, &top]).current_dir(&folder).status();
        assert!(packed.unwrap().success());
        let bytes = fs::read(folder.path().join(&file)).unwrap();
        let link = format!("<a href=\"../../files/{file}#sha256={}\">{file}</a>\n", sha256(&bytes));
        let mut pages = self.pages.lock().unwrap();
        pages.insert(format!("/files/{file}"), bytes);
        pages.entry(format!("/simple/{name}/")).or_default().extend(link.into_bytes());
    }

    /// The address of a repository.
    pub fn repository(&self, name: &str) -> String {
        format!("http://{}:{}/{name}.git", self.address, self.port)
    }

    /// Commits files to a repository's `main`.
    pub fn commit(&self, name: &str, files: &[(&str, &str)]) {
        repository::commit(self.repositories.path(), &format!("{name}.git"), files);
    }

    /// Gives the newest commit of a repository a tag.
    pub fn tag(&self, name: &str, tag: &str) {
        repository::tag(self.repositories.path(), &format!("{name}.git"), tag);
    }

    /// Puts a real installer on offer with all that it requires, from the package index of this machine's user; gives whether it could be had.
    pub fn offer(&self, requirement: &str) -> bool {
        let fetched = tempfile::tempdir().unwrap();
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "download", "--quiet", "--only-binary", ":all:", "--python-version", "3.11", "--dest"]);
        pip.arg(fetched.path()).arg(requirement).stderr(Stdio::null());
        if !pip.status().is_ok_and(|status| status.success()) {
            assert!(std::env::var_os("SHAKEDOWN_BACKENDS_MUST_WORK").is_none(), "{requirement} cannot be fetched");
            eprintln!("skipped: {requirement} cannot be fetched");
            return false;
        }
        let mut pages = self.pages.lock().unwrap();
        for file in fs::read_dir(fetched.path()).unwrap().flatten() {
            let (file, bytes) = (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap());
            let name = file.split('-').next().unwrap().replace(['_', '.'], "-").to_lowercase();
            let link = format!("<a href=\"../../files/{file}#sha256={}\">{file}</a>\n", sha256(&bytes));
            pages.insert(format!("/simple/{name}/"), link.into_bytes());
            pages.insert(format!("/files/{file}"), bytes);
        }
        true
    }

    /// The same of what builds [`BUILT`].
    pub fn offer_build_tools(&self) -> bool {
        self.offer("setuptools==80.9.0") && self.offer("wheel==0.45.1")
    }

    /// Yanks a release.
    pub fn yank(&self, name: &str, version: &str) {
        let mut pages = self.pages.lock().unwrap();
        let page = pages.get_mut(&format!("/simple/{name}/")).unwrap();
        let (text, file) = (String::from_utf8(page.clone()).unwrap(), format!("{name}-{version}-py3-none-any.whl"));
        let link = format!("<a href=\"../../files/{file}");
        *page = text.replace(&link, &format!("<a data-yanked=\"bad\" href=\"../../files/{file}")).into_bytes();
    }

    fn url(&self) -> String {
        format!("http://{}:{}/simple/", self.address, self.port)
    }

    fn variables(&self) -> Vec<String> {
        let url = self.url();
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

    /// What was asked for since the last look, and `HEAD` before what was only to be there.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn answer(mut stream: &TcpStream, pages: &Pages, asked: &Mutex<Vec<String>>, repositories: &Path) {
    let (mut reader, mut request) = (BufReader::new(stream), String::new());
    if reader.read_line(&mut request).is_err() || request.is_empty() {
        return;
    }
    if request.contains(".git/") {
        asked.lock().unwrap().push(request.split(['?', ' ']).take(2).collect::<Vec<_>>().join(" "));
        return repository::answer(repositories, &request, &mut reader, stream);
    }
    let mut lines = reader.lines();
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let is_head = request.starts_with("HEAD ");
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    let found = pages.lock().unwrap().get(&path).cloned();
    asked.lock().unwrap().push(if is_head { format!("HEAD {path}") } else { path.clone() });
    let kind = match path.rsplit('.').next() {
        _ if path.starts_with("/simple/") => "text/html",
        Some("gz") => "application/gzip",
        _ => "application/zip",
    };
    let (status, body) = found.map_or(("404 Not Found", Vec::new()), |body| ("200 OK", body));
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(if is_head { &[] } else { &body }));
}

pub fn wheel(name: &str, version: &str, requires: &[&str]) -> (String, Vec<u8>) {
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

pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The newest Poetry that takes what Nixpacks' command says.
pub const POETRY: &str = "1.8.5";
/// The newest PDM that runs with what it requires as that is today.
pub const PDM: &str = "2.12.4";
/// The sha256 of the wheel of six 1.17.0.
pub const SIX: &str = "4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274";
/// The uv that Nixpacks installs.
pub const UV: &str = "uv==0.4.30";
/// The pipenv that stands for nixpkgs'.
pub const PIPENV: &str = "pipenv==2024.0.1";
/// The `setup.py` of what is built with nothing from the network but what the index gave.
pub const BUILT: &str = "from setuptools import setup\nsetup(name='ebb', version='1.0', py_modules=['ebb'])\n";
/// What sends a datagram and waits for no answer.
pub const ASKS: &str =
    "import socket\nsocket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'?', ('192.0.2.1', 9))\n";
/// A project of uv's.
pub const PROJECT: &str =
    "[project]\nname = \"app\"\nversion = \"1\"\nrequires-python = \">=3.11\"\ndependencies = [\"tide\"]\n";

/// What sandboxes are made of, by the cache's folders: it hangs on this machine alone, and takes seconds to make.
const BASES: &[&str] = &["fetched", "interpreter", "lib", "locale", "pip", "root", "seed"];

/// Lets a cache have the bases of all others, as one user's projects do.
fn share_bases(cache: &Path) {
    fs::create_dir_all(cache).unwrap();
    for kind in BASES {
        let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bases").join(kind);
        fs::create_dir_all(&shared).unwrap();
        symlink(shared, cache.join(kind)).unwrap();
    }
}

/// A project, a cache of its own but for the bases, and an index.
pub struct Place {
    pub index: Index,
    pub dir: tempfile::TempDir,
    pub options: Vec<String>,
    /// The folder's name that the cache is in.
    pub caches: &'static str,
    /// Whether the index is named by this machine's settings rather than by the project's variables.
    pub is_machines: bool,
    /// The options that choose one.
    pub backend: Vec<String>,
    /// `DOCKER_HOST`, where it is another engine than the usual one.
    pub engine: Option<String>,
}

impl Place {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("app")).unwrap();
        share_bases(&dir.path().join("cache/shakedown"));
        let backend = ["--backend", "host"].map(str::to_owned).to_vec();
        let place = Self {
            index: Index::start(),
            dir,
            options: Vec::new(),
            caches: "cache",
            is_machines: false,
            backend,
            engine: None,
        };
        for (name, text) in files {
            place.write(name, text);
        }
        place
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join("app").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.dir.path().join("app").join(name)).unwrap()
    }

    /// Writes the lock of [`PROJECT`]; `more` goes into it too.
    pub fn lock_uv(&self, version: &str, more: &str) {
        let (file, bytes) = wheel("tide", version, &[]);
        let index = format!("http://127.0.0.1:{}", self.index.port);
        let (hash, size) = (sha256(&bytes), bytes.len());
        let text = format!(
            "version = 1\nrequires-python = \">=3.11\"\n\n[[package]]\nname = \"app\"\nversion = \"1\"\nsource = {{ virtual = \".\" }}\n\
             dependencies = [{{ name = \"tide\" }}]\n\n[[package]]\nname = \"tide\"\nversion = \"{version}\"\n\
             source = {{ registry = \"{index}/simple\" }}\n\
             wheels = [{{ url = \"{index}/files/{file}\", hash = \"sha256:{hash}\", size = {size} }}]\n{more}"
        );
        self.write("uv.lock", &text);
    }

    /// Writes a project of Poetry's that requires the first release of `tide`, and its lock.
    pub fn lock_poetry(&self) {
        let (file, bytes) = wheel("tide", "1.0", &[]);
        let (url, hash) = (format!("http://127.0.0.1:{}/simple", self.index.port), sha256(&bytes));
        self.write(
            "pyproject.toml",
            &format!(
                "[tool.poetry]\npackage-mode = false\n\n[tool.poetry.dependencies]\npython = \">=3.11\"\ntide = \"1.0\"\n\n\
                 [[tool.poetry.source]]\nname = \"own\"\nurl = \"{url}\"\npriority = \"primary\"\n"
            ),
        );
        // As Poetry takes it: Python's JSON of what says what is required, names sorted.
        let content = format!(
            "{{\"dependencies\": {{\"python\": \">=3.11\", \"tide\": \"1.0\"}}, \"dev-dependencies\": null, \"extras\": null, \
             \"source\": [{{\"name\": \"own\", \"priority\": \"primary\", \"url\": \"{url}\"}}]}}"
        );
        let text = format!(
            "[[package]]\nname = \"tide\"\nversion = \"1.0\"\ndescription = \"\"\noptional = false\npython-versions = \"*\"\n\
             files = [\n    {{file = \"{file}\", hash = \"sha256:{hash}\"}},\n]\n\n\
             [package.source]\ntype = \"legacy\"\nurl = \"{url}\"\nreference = \"own\"\n\n\
             [metadata]\nlock-version = \"2.0\"\npython-versions = \">=3.11\"\ncontent-hash = \"{}\"\n",
            sha256(content.as_bytes())
        );
        self.write("poetry.lock", &text);
    }

    /// Writes a project of PDM's that requires the first release of `tide`, and its lock; `settings` are PDM's.
    pub fn lock_pdm(&self, settings: &str) {
        let (file, bytes) = wheel("tide", "1.0", &[]);
        let url = format!("http://127.0.0.1:{}/simple", self.index.port);
        let source = format!("[[tool.pdm.source]]\nname = \"pypi\"\nurl = \"{url}\"\n\n{settings}");
        let sources = format!("{{\"name\": \"pypi\", \"url\": \"{url}\"}}");
        self.write_pdm(
            ("tide", "1.0"),
            &format!("{{file = \"{file}\", hash = \"sha256:{}\"}}", sha256(&bytes)),
            &source,
            &sources,
        );
    }

    /// The same of one that requires what PyPI itself has.
    pub fn lock_pdm_on_pypi(&self) {
        self.write_pdm(
            ("six", "1.17.0"),
            &format!("{{file = \"six-1.17.0-py2.py3-none-any.whl\", hash = \"sha256:{SIX}\"}}"),
            "",
            "",
        );
    }

    /// Writes a project of PDM's and its lock. `sources` is PDM's own JSON of the sources that `settings` name.
    fn write_pdm(&self, (name, version): (&str, &str), file: &str, settings: &str, sources: &str) {
        self.write(
            "pyproject.toml",
            &format!(
                "[project]\nname = \"app\"\nversion = \"1\"\nrequires-python = \">=3.11\"\ndependencies = [\"{name}=={version}\"]\n\n\
                 [tool.pdm]\ndistribution = false\n\n{settings}"
            ),
        );
        // As PDM takes it: Python's JSON of what says what is required, names sorted.
        let content = format!(
            "{{\"dependencies\": [\"{name}=={version}\"], \"dev-dependencies\": {{}}, \"optional-dependencies\": {{}}, \"overrides\": {{}}, \
             \"requires-python\": \">=3.11\", \"sources\": [{sources}]}}"
        );
        let text = format!(
            "[metadata]\ngroups = [\"default\"]\nstrategy = [\"cross_platform\", \"inherit_metadata\"]\nlock_version = \"4.4.1\"\n\
             content_hash = \"sha256:{}\"\n\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nrequires_python = \"\"\n\
             summary = \"\"\ngroups = [\"default\"]\nfiles = [\n    {file},\n]\n",
            sha256(content.as_bytes())
        );
        self.write("pdm.lock", &text);
    }

    /// Writes a `Pipfile` that requires the first release of `tide`, and its lock.
    pub fn lock_pipenv(&self) {
        let (_, bytes) = wheel("tide", "1.0", &[]);
        let url = format!("http://127.0.0.1:{}/simple", self.index.port);
        let source = json!({"name": "own", "url": url, "verify_ssl": true});
        self.write(
            "Pipfile",
            &format!(
                "[[source]]\nname = \"own\"\nurl = \"{url}\"\nverify_ssl = true\n\n[packages]\ntide = \"==1.0\"\n"
            ),
        );
        // As pipenv takes it, names sorted.
        let pipfile =
            json!({"_meta": {"requires": {}, "sources": [source]}, "default": {"tide": "==1.0"}, "develop": {}});
        let lock = json!({
            "_meta": {
                "hash": {"sha256": sha256(pipfile.to_string().as_bytes())},
                "pipfile-spec": 6, "requires": {}, "sources": [source],
            },
            "default": {"tide": {
                "hashes": [format!("sha256:{}", sha256(&bytes))], "index": "own", "version": "==1.0",
            }},
            "develop": {},
        });
        self.write("Pipfile.lock", &lock.to_string());
    }

    pub fn cache(&self) -> PathBuf {
        self.dir.path().join(self.caches).join("shakedown")
    }

    /// Lets the index in, where anything is.
    fn reach(&self, options: &[&str]) -> Vec<String> {
        match options.contains(&"--offline") || self.backend.contains(&"docker".to_owned()) {
            true => Vec::new(),
            false => vec!["--reach".to_owned(), format!("127.0.0.1:{}", self.index.port)],
        }
    }

    pub fn command(&self, options: &[&str]) -> Command {
        self.command_of(&self.dir.path().join("app"), options)
    }

    /// That of another project.
    pub fn command_of(&self, project: &Path, options: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_shakedown"));
        command
            .args(["run", "--format", "json", "--quiet", "--expect", "exits"])
            .args(&self.backend)
            .args(if self.is_machines { Vec::new() } else { self.index.variables() })
            .args(&self.options)
            .args(options)
            .args(self.reach(options))
            .arg(project)
            .env("XDG_CACHE_HOME", self.dir.path().join(self.caches))
            .env("XDG_STATE_HOME", self.dir.path().join("state"))
            .env_remove("CI");
        command.envs(self.engine.as_ref().map(|engine| ("DOCKER_HOST", engine)));
        if self.is_machines {
            command.env("PIP_INDEX_URL", self.index.url());
            for name in [
                "PIP_EXTRA_INDEX_URL",
                "PIP_FIND_LINKS",
                "PIP_PROXY",
                "http_proxy",
                "HTTP_PROXY",
                "all_proxy",
                "ALL_PROXY",
            ] {
                command.env_remove(name);
            }
        }
        command
    }

    /// The same with the report for people, and what is printed while it runs.
    pub fn command_for_people(&self, options: &[&str]) -> Command {
        let whole = self.command(options);
        let args = whole.get_args().filter(|arg| *arg != "--quiet");
        like(&whole, args.map(|arg| if arg == "json" { "human".as_ref() } else { arg }))
    }

    /// `fix` in the place of `run`.
    pub fn fix(&self, options: &[&str]) -> Command {
        let whole = self.command(options);
        like(&whole, whole.get_args().map(|arg| if arg == "run" { "fix".as_ref() } else { arg }))
    }

    /// The report of a run, and every file of the venv with its content.
    pub fn run(&self, options: &[&str]) -> (Value, BTreeMap<String, String>) {
        let output = self.command(options).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{stderr}"));
        let state = fs::read_to_string(self.dir.path().join("state/shakedown/last-run.ndjson")).unwrap();
        (report, venv(&state))
    }

    pub fn origin(report: &Value, phase: &str) -> Value {
        let phases = report["phases"].as_array().unwrap();
        let found = phases.iter().find(|found| found["name"] == phase).unwrap_or_else(|| panic!("{report:#}"));
        found["cmds"][0]["origin"].clone()
    }
}

/// A command with other arguments.
fn like<'a>(whole: &Command, args: impl Iterator<Item = &'a OsStr>) -> Command {
    let mut command = Command::new(whole.get_program());
    command.args(args);
    for (name, value) in whole.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// What [`MAIN`] printed of every file in the venv.
pub fn venv(record: &str) -> BTreeMap<String, String> {
    let events = record.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lines = events.filter(|event| event["event"] == "line" && event["phase"] == "start");
    let pairs = lines.filter_map(|event| {
        let (path, digest) = event["text"].as_str()?.strip_prefix("file ")?.rsplit_once(' ')?;
        Some((path.to_owned(), digest.to_owned()))
    });
    pairs.collect()
}

/// Prints every file of the venv and of the app with a digest of its content. Compiled code holds the time of its source.
pub const MAIN: &str = "import hashlib, os, stat
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
pub fn said(report: &Value) -> Value {
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

/// A sequence of numbers that is the same each time.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, end: u64) -> u64 {
        // Knuth's MMIX constants.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Where installers keep what another run of theirs may use.
const CACHES: [&str; 5] = [
    "/root/.cache/pdm/",
    "/root/.cache/pypoetry/",
    "/root/.cache/uv/",
    "/root/.cache/virtualenv/",
    "/root/.local/share/virtualenv/",
];

/// What an engine gives every container anew.
const OF_A_CONTAINER: [&str; 2] = ["/etc/hostname", "/etc/hosts"];

/// Runs once as usual and once anew, and holds one against the other; gives whether the install was reused.
pub fn is_reused_as_if_fresh(place: &Place, history: &impl std::fmt::Debug) -> bool {
    let (shown, mut shown_files) = place.run(&[]);
    let (fresh, mut fresh_files) = place.run(&["--fresh"]);
    // Installers give what is in their caches other names and times each time.
    let is_cache = |path: &str| CACHES.iter().any(|cache| path.starts_with(cache));
    for files in [&mut shown_files, &mut fresh_files] {
        files.retain(|path, _| !is_cache(path) && !OF_A_CONTAINER.contains(&path.as_str()));
    }
    assert_eq!(said(&shown), said(&fresh), "after {history:?}");
    let differing: Vec<_> = fresh_files
        .iter()
        .filter(|(path, text)| shown_files.get(*path) != Some(text))
        .map(|(path, _)| path)
        .chain(shown_files.keys().filter(|path| !fresh_files.contains_key(*path)))
        .collect();
    let is_whole = fresh["verdict"] != "works" || fresh_files.len() > 500;
    assert!(differing.is_empty() && is_whole, "after {history:?}: {differing:?}");
    Place::origin(&shown, "install")["reused"].is_object()
}

/// A script whose one requirement has one release.
pub fn app() -> Place {
    let place = Place::new(&[("requirements.txt", "tide\n"), ("main.py", MAIN), (".python-version", "3.11\n")]);
    place.index.release("tide", "1.0", &[]);
    place
}
