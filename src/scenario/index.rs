//! A package index: PEP 503 pages over the archives of each scenario.
//!
//! It is on loopback, which the sandboxes of the host and nix backends are let through to. A container has a loopback of its
//! own, and the bridge would lead out of it on some machines only: not past a firewall, from a rootless engine, or from an
//! engine on another machine. So the same pages also come as a folder to be copied in: to pip and uv that is an index too.
//! What pip prints is the same but for one thing: it is `Processing` an archive that it finds, not `Collecting` a name. Causes
//! that are read from which package was being collected are less exact there, so no scenario about one is tagged `parity`.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use super::package::{Archive, normalised};
use crate::fs::temporary;
use crate::plan::Vars;
use crate::sandbox::loopback::{self, Serving};

/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest request head that is read.
const MOST_BYTES: u64 = 64 << 10;

/// What one scenario finds in the index.
#[derive(Debug, Clone, Default)]
pub(super) struct Packages {
    /// Answered to everything, instead of what is there.
    pub(super) status: Option<u16>,
    /// What is there.
    pub(super) archives: Vec<Archive>,
}

/// The server. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Index {
    state: Arc<State>,
    serving: Serving,
    folder: TempDir,
}

#[derive(Debug, Default)]
struct State {
    offered: Mutex<HashMap<String, Arc<Packages>>>,
}

struct Answer {
    status: u16,
    kind: &'static str,
    body: Vec<u8>,
}

impl Index {
    /// Listens on a free port of loopback.
    pub(super) fn start() -> Result<Self> {
        let listener = loopback::listener().context("cannot listen for the package index")?;
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        // A client that goes away in mid-answer is its own affair.
        let serving = Serving::start(listener, move |stream| drop(shared.serve(stream)));
        let folder = temporary::folder().context("cannot make a folder for the package index")?;
        Ok(Self { state, serving, folder })
    }

    /// Puts a scenario's archives on offer and returns the variables that send pip and uv there, and nowhere else.
    pub(super) fn offer(&self, scenario: &str, packages: Packages) -> Vars {
        let mut offered = self.state.offered.lock().unwrap_or_else(PoisonError::into_inner);
        offered.insert(scenario.to_owned(), Arc::new(packages));
        variables(&format!("http://{}/{scenario}/simple/", self.address()))
    }

    /// The same as a folder, and the variables for where it is found under its own name.
    pub(super) fn lay_out(&self, scenario: &str, packages: &Packages) -> Result<(PathBuf, Vars)> {
        let folder = self.folder.path().join(scenario);
        packages.write(&folder).with_context(|| format!("cannot write the package index to {}", folder.display()))?;
        let vars = variables(&format!("file://{}/simple/", folder.display()));
        Ok((folder, vars))
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.serving.address()
    }
}

/// What sends pip and uv to an index.
fn variables(url: &str) -> Vars {
    // The machine's own settings reach into the sandbox, so each of them gets a harmless value here. An empty one
    // will not do: `--env NAME=` takes the value from the caller's environment.
    let pairs = [
        ("PIP_INDEX_URL", url),
        ("PIP_EXTRA_INDEX_URL", url),
        ("PIP_FIND_LINKS", "/app"),
        ("PIP_NO_INDEX", "0"),
        ("UV_DEFAULT_INDEX", url),
        ("UV_INDEX_URL", url),
        ("NO_PROXY", "127.0.0.1"),
        ("no_proxy", "127.0.0.1"),
    ];
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl State {
    fn serve(&self, mut stream: &TcpStream) -> Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut lines = BufReader::new(stream.take(MOST_BYTES)).lines();
        let request = lines.next().context("nothing asked")??;
        // The rest of the head is of no interest, but a client must be heard out.
        while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
        let mut words = request.split(' ');
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let Answer { status, kind, body } = self.answer(path);
        write!(
            stream,
            "HTTP/1.1 {status} {}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            reason(status),
            body.len()
        )?;
        if method != "HEAD" {
            stream.write_all(&body)?;
        }
        Ok(())
    }

    fn answer(&self, path: &str) -> Answer {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let packages = parts
            .first()
            .and_then(|name| self.offered.lock().unwrap_or_else(PoisonError::into_inner).get(*name).cloned());
        let Some(packages) = packages else { return Answer::error(404) };
        if let Some(status) = packages.status {
            return Answer::error(status);
        }
        match parts[..] {
            [_, "simple", project] => match packages.page(&normalised(project)) {
                Some(page) => Answer { status: 200, kind: "text/html", body: page.into() },
                None => Answer::error(404),
            },
            [_, "files", file] => packages.file(file),
            _ => Answer::error(404),
        }
    }
}

impl Packages {
    /// A project's page, if there is anything of it. Its links are relative, as the page may be a file anywhere.
    fn page(&self, project: &str) -> Option<String> {
        let mut links = String::new();
        for Archive { file_name, requires_python, .. } in self.archives.iter().filter(|found| found.project == project)
        {
            let python =
                requires_python.as_ref().map(|python| format!(" data-requires-python=\"{}\"", escaped(python)));
            let python = python.unwrap_or_default();
            links += &format!("<a href=\"../../files/{file_name}\"{python}>{file_name}</a><br>\n");
        }
        (!links.is_empty()).then(|| format!("<!DOCTYPE html>\n{links}"))
    }

    fn write(&self, folder: &Path) -> Result<()> {
        let (pages, files) = (folder.join("simple"), folder.join("files"));
        fs::create_dir_all(&pages)?;
        fs::create_dir_all(&files)?;
        for Archive { project, file_name, bytes, .. } in &self.archives {
            fs::create_dir_all(pages.join(project))?;
            fs::write(pages.join(project).join("index.html"), self.page(project).unwrap_or_default())?;
            fs::write(files.join(file_name), bytes)?;
        }
        Ok(())
    }

    fn file(&self, name: &str) -> Answer {
        match self.archives.iter().find(|archive| archive.file_name == name) {
            Some(archive) => Answer { status: 200, kind: "application/zip", body: archive.bytes.clone() },
            None => Answer::error(404),
        }
    }
}

impl Answer {
    fn error(status: u16) -> Self {
        Self { status, kind: "text/plain", body: reason(status).into() }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive() -> Archive {
        Archive {
            project: "moon".into(),
            file_name: "moon-1.0-py3-none-any.whl".into(),
            requires_python: Some(">=3.9".into()),
            bytes: b"PK".to_vec(),
        }
    }

    fn get(index: &Index, path: &str) -> (u16, String) {
        let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
        let mut answer = config.new_agent().get(format!("http://{}{path}", index.address())).call().unwrap();
        (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
    }

    #[test]
    fn pages_lead_to_files() {
        let index = Index::start().unwrap();
        index.offer("one", Packages { archives: vec![archive()], ..Packages::default() });
        let (status, page) = get(&index, "/one/simple/Moon/");
        assert_eq!(status, 200);
        assert!(page.contains("href=\"../../files/moon-1.0-py3-none-any.whl\" data-requires-python=\"&gt;=3.9\""));
        assert_eq!(get(&index, "/one/files/moon-1.0-py3-none-any.whl"), (200, "PK".into()));
    }

    #[test]
    fn a_folder_holds_the_same_pages_and_files() {
        let index = Index::start().unwrap();
        let packages = Packages { archives: vec![archive()], ..Packages::default() };
        index.offer("one", packages.clone());
        let (folder, vars) = index.lay_out("one", &packages).unwrap();
        let page = fs::read_to_string(folder.join("simple/moon/index.html")).unwrap();
        assert_eq!(page, get(&index, "/one/simple/moon/").1);
        assert_eq!(fs::read(folder.join("files/moon-1.0-py3-none-any.whl")).unwrap(), b"PK");
        assert_eq!(vars["PIP_INDEX_URL"], format!("file://{}/simple/", folder.display()));
    }

    #[test]
    fn scenarios_do_not_see_each_others_packages() {
        let index = Index::start().unwrap();
        index.offer("one", Packages { archives: vec![archive()], ..Packages::default() });
        index.offer("two", Packages::default());
        assert_eq!(get(&index, "/two/simple/moon/").0, 404);
        assert_eq!(get(&index, "/three/simple/moon/").0, 404);
    }

    #[test]
    fn an_index_may_refuse_everything() {
        let index = Index::start().unwrap();
        index.offer("one", Packages { status: Some(403), archives: vec![archive()] });
        assert_eq!(get(&index, "/one/simple/moon/").0, 403);
    }

    #[test]
    fn pip_and_uv_are_sent_to_the_scenarios_own_pages() {
        let index = Index::start().unwrap();
        let vars = index.offer("one", Packages::default());
        assert_eq!(vars["PIP_INDEX_URL"], format!("http://127.0.0.1:{}/one/simple/", index.address().port()));
        assert!(vars.values().all(|value| !value.is_empty()), "{vars:?}");
    }
}
