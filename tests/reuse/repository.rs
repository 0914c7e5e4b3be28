//! Repositories over HTTP on loopback, as a forge has them: git's own server behind a few lines.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server, and what it was asked.
pub struct Forge {
    root: Arc<tempfile::TempDir>,
    asked: Arc<Mutex<Vec<String>>>,
    pub port: u16,
}

impl Forge {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (root, asked) = (Arc::new(tempfile::tempdir().unwrap()), Arc::<Mutex<Vec<String>>>::default());
        let shared = (Arc::clone(&root), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (root, asked) = (Arc::clone(&shared.0), Arc::clone(&shared.1));
                thread::spawn(move || answer(&stream, root.path(), &asked));
            }
        });
        Self { root, asked, port }
    }

    /// The address of a repository.
    pub fn address(&self, name: &str) -> String {
        format!("http://127.0.0.1:{}/{name}.git", self.port)
    }

    /// Commits files to a repository's `main`, which is made where it is not there.
    pub fn commit(&self, name: &str, files: &[(&str, &str)]) {
        let bare = self.root.path().join(format!("{name}.git"));
        if !bare.exists() {
            git(self.root.path(), &["init", "--quiet", "--bare", "--initial-branch=main", &format!("{name}.git")]);
            git(&bare, &["config", "uploadpack.allowFilter", "true"]);
            git(&bare, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        }
        let work = tempfile::tempdir().unwrap();
        git(work.path(), &["clone", "--quiet", &bare.to_string_lossy(), "."]);
        git(work.path(), &["checkout", "--quiet", "-B", "main"]);
        for (path, text) in files {
            let place = work.path().join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, text).unwrap();
        }
        git(work.path(), &["add", "--all"]);
        git(work.path(), &["commit", "--quiet", "--message", "one more"]);
        git(work.path(), &["push", "--quiet", "origin", "main"]);
    }

    /// Gives the newest commit of `main` a tag.
    pub fn tag(&self, name: &str, tag: &str) {
        git(&self.root.path().join(format!("{name}.git")), &["tag", tag, "main"]);
    }

    /// What was asked for since the last look.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(folder).args(["-c", "user.name=one", "-c", "user.email=one@mail.example"]).args(arguments);
    assert!(git.stderr(Stdio::null()).status().unwrap().success(), "{arguments:?}");
}

/// Has git answer, which is told by variables what is asked (RFC 3875).
fn answer(mut stream: &TcpStream, root: &Path, asked: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    if reader.read_line(&mut first).is_err() || first.is_empty() {
        return;
    }
    let words: Vec<&str> = first.split(' ').collect();
    let (path, query) = words[1].split_once('?').unwrap_or((words[1], ""));
    let mut backend = Command::new("git");
    backend.arg("http-backend").env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1");
    backend.env("REQUEST_METHOD", words[0]).env("PATH_INFO", path).env("QUERY_STRING", query);
    let mut length = 0;
    for line in (&mut reader).lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap();
        match name.to_ascii_lowercase().as_str() {
            "content-type" => drop(backend.env("CONTENT_TYPE", value)),
            "content-encoding" => drop(backend.env("HTTP_CONTENT_ENCODING", value)),
            "git-protocol" => drop(backend.env("GIT_PROTOCOL", value)),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    asked.lock().unwrap().push(format!("{} {path}", words[0]));
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    backend
        .env("CONTENT_LENGTH", length.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = backend.spawn().unwrap();
    child.stdin.take().unwrap().write_all(&body).unwrap();
    let text = child.wait_with_output().unwrap().stdout;
    let end = text.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(text[..end].to_vec()).unwrap();
    let status = head.lines().find_map(|line| line.strip_prefix("Status: ")).unwrap_or("200 OK");
    let _ = stream
        .write_all(format!("HTTP/1.1 {status}\r\n{head}\r\nConnection: close\r\n\r\n").as_bytes())
        .and_then(|()| stream.write_all(&text[end + 4..]));
}
