//! Repositories as a forge has them: git's own server behind a few lines.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub)]

use std::fs;
use std::io::{BufRead, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// Commits files to the `main` of a repository in `root`, which is made where it is not there.
pub fn commit(root: &Path, name: &str, files: &[(&str, &str)]) {
    let bare = root.join(name);
    if !bare.exists() {
        git(root, &["init", "--quiet", "--bare", "--initial-branch=main", name]);
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
pub fn tag(root: &Path, name: &str, tag: &str) {
    git(&root.join(name), &["tag", tag, "main"]);
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.current_dir(folder).args(["-c", "user.name=one", "-c", "user.email=one@mail.example"]).args(arguments);
    assert!(git.stderr(Stdio::null()).status().unwrap().success(), "{arguments:?}");
}

/// Has git answer a request for something in `root` whose first line has been read; it is told by variables what is asked (RFC 3875).
pub fn answer(root: &Path, first: &str, reader: &mut impl BufRead, mut stream: impl Write) {
    let words: Vec<&str> = first.split(' ').collect();
    let (path, query) = words[1].split_once('?').unwrap_or((words[1], ""));
    let mut backend = Command::new("git");
    backend.arg("http-backend").env("GIT_PROJECT_ROOT", root).env("GIT_HTTP_EXPORT_ALL", "1");
    backend.env("REQUEST_METHOD", words[0]).env("PATH_INFO", path).env("QUERY_STRING", query);
    let mut length = 0;
    for line in reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
        let (name, value) = line.split_once(": ").unwrap();
        match name.to_ascii_lowercase().as_str() {
            "content-type" => drop(backend.env("CONTENT_TYPE", value)),
            "content-encoding" => drop(backend.env("HTTP_CONTENT_ENCODING", value)),
            "git-protocol" => drop(backend.env("GIT_PROTOCOL", value)),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
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
