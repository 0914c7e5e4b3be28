use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use sha2::{Digest, Sha256};

use super::*;
use crate::sandbox::cache::Cache;

/// Paths, each with its status, kind and bytes, and how many of these are sent.
type Offered = Arc<Mutex<BTreeMap<String, (u16, &'static str, Vec<u8>, usize)>>>;

/// An index, a mirror in front of it, and what the index was asked.
struct Place {
    _dir: tempfile::TempDir,
    downloads: Downloads,
    offered: Offered,
    asked: Arc<Mutex<Vec<String>>>,
    index: SocketAddr,
    mirror: Mirror,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let downloads = Downloads::open(&Cache::at(dir.path().join("cache"))).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let index = listener.local_addr().unwrap();
        let (offered, asked) = (Offered::default(), Arc::<Mutex<Vec<String>>>::default());
        let shared = (Arc::clone(&offered), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut lines = BufReader::new(&stream).lines();
                let Some(Ok(first)) = lines.next() else { continue };
                while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
                let path = first.split(' ').nth(1).unwrap().to_owned();
                shared.1.lock().unwrap().push(path.clone());
                let found = shared.0.lock().unwrap().get(&path).cloned();
                let (status, kind, body, sent) = found.unwrap_or((404, "text/plain", Vec::new(), 0));
                let head = format!(
                    "HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                (&stream).write_all(head.as_bytes()).unwrap();
                (&stream).write_all(&body[..sent]).unwrap();
            }
        });
        let url = format!("http://{index}/simple");
        let mirror = Mirror::start(&url, downloads.clone(), Vec::new(), vec![index]).unwrap();
        mirror.open(&[]);
        Self { _dir: dir, downloads, offered, asked, index, mirror }
    }

    fn offer(&self, path: &str, status: u16, kind: &'static str, body: &[u8]) {
        self.offered.lock().unwrap().insert(path.to_owned(), (status, kind, body.to_vec(), body.len()));
    }

    /// A page that names one wheel with a digest.
    fn page(&self, sha256: &str) {
        let page = format!("<a href=\"../../tide-1.whl#sha256={sha256}\">tide</a>");
        self.offer("/simple/tide/", 200, "text/html", page.as_bytes());
    }

    /// Status, head and body of the mirror's answer for a path of the index; none of the body where it was cut short.
    fn ask(&self, path: &str) -> (u16, String, Option<Vec<u8>>) {
        let way = format!("/http-{}/127.0.0.1", self.index.port());
        self.ask_for(&format!("{way}{path}"), "pip/24.2 {}")
    }

    fn ask_for(&self, path: &str, agent: &str) -> (u16, String, Option<Vec<u8>>) {
        let stream = TcpStream::connect(self.mirror.address()).unwrap();
        let text = format!("GET {path} HTTP/1.1\r\nHost: a\r\nUser-Agent: {agent}\r\nAccept: */*\r\n\r\n");
        (&stream).write_all(text.as_bytes()).unwrap();
        let mut reader = BufReader::new(&stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap() == 0 {
                return (0, head, None);
            }
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = head.split("Content-Length: ").nth(1).unwrap().split('\r').next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        let whole = reader.read_exact(&mut body).is_ok();
        (status, head, whole.then_some(body))
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_file_is_downloaded_once_and_its_page_each_time() {
    let place = Place::new();
    place.page(&digest(b"a wheel"));
    place.offer("/tide-1.whl", 200, "application/zip", b"a wheel");
    for expected in [&["/simple/tide/", "/tide-1.whl"][..], &["/simple/tide/"]] {
        let (status, _, page) = place.ask("/simple/tide/");
        let page = String::from_utf8(page.unwrap()).unwrap();
        let link = format!("{}/http-{}/127.0.0.1/tide-1.whl#sha256=", place.mirror.state.origin, place.index.port());
        assert!(status == 200 && page.contains(&link), "{page}");
        let (status, _, file) = place.ask("/tide-1.whl");
        assert_eq!((status, file.as_deref()), (200, Some(&b"a wheel"[..])));
        assert_eq!(place.asked(), expected);
    }
    // A changed one is another file, whatever it is called.
    place.page(&digest(b"another wheel"));
    place.offer("/tide-1.whl", 200, "application/zip", b"another wheel");
    place.ask("/simple/tide/");
    assert_eq!(place.ask("/tide-1.whl").2.as_deref(), Some(&b"another wheel"[..]));
}

#[test]
fn what_has_another_digest_is_never_kept_and_what_was_spoilt_never_given() {
    let place = Place::new();
    let sha256 = digest(b"a wheel");
    place.page(&sha256);
    place.offer("/tide-1.whl", 200, "application/zip", b"bad one");
    place.ask("/simple/tide/");
    // pip is to say itself that it is another.
    assert_eq!(place.ask("/tide-1.whl").2.as_deref(), Some(&b"bad one"[..]));
    assert!(place.downloads.find(&sha256).is_none());
    place.offer("/tide-1.whl", 200, "application/zip", b"a wheel");
    place.ask("/tide-1.whl");
    assert!(place.downloads.find(&sha256).is_some());
    std::fs::write(place._dir.path().join("cache/downloads-1").join(&sha256), "spoilt").unwrap();
    assert_eq!(place.ask("/tide-1.whl").2.as_deref(), Some(&b"a wheel"[..]));
}

#[test]
fn what_no_page_named_does_not_exist() {
    let place = Place::new();
    place.page(&digest(b"a wheel"));
    place.offer("/tide-1.whl", 200, "application/zip", b"a wheel");
    place.offer("/other/tide-1.whl", 200, "application/zip", b"a wheel");
    for path in
        ["/tide-1.whl", "/other/tide-1.whl", "/simple/", "/simple/../tide-1.whl", "/simple/tide/tide-1.whl", "/"]
    {
        assert_eq!(place.ask(path).0, 404, "{path}");
    }
    for path in
        ["/", "/etc/passwd", "/https/127.0.0.1/simple/tide/", "/http/localhost/simple/tide/", "/file/etc/passwd"]
    {
        assert_eq!(place.ask_for(path, "pip/24.2").0, 404, "{path}");
    }
    assert!(place.asked().is_empty());
    place.ask("/simple/tide/");
    assert_eq!(place.ask("/tide-1.whl").0, 200);
    place.mirror.close();
    assert_eq!(place.ask("/tide-1.whl").0, 0);
    place.mirror.open(&[]);
    assert_eq!(place.ask("/tide-1.whl").0, 404);
}

#[test]
fn errors_are_the_indexs_own() {
    let place = Place::new();
    place.offer("/simple/broken/", 503, "text/html", b"");
    place.offer("/simple/odd/", 200, "text/plain", b"");
    assert_eq!(place.ask("/simple/missing/").0, 404);
    for path in ["/simple/broken/", "/simple/odd/"] {
        let (status, head, _) = place.ask(path);
        let real = format!("Location: http://{}{path}\r\n", place.index);
        assert!(status == 307 && head.contains(&real), "{head}");
    }
    place.page(&digest(b"a wheel"));
    place.ask("/simple/tide/");
    assert_eq!(place.ask("/tide-1.whl").0, 307);
    // One that prints other things of addresses that are not PyPI's.
    let way = format!("/http-{}/127.0.0.1/simple/tide/", place.index.port());
    assert_eq!(place.ask_for(&way, "pip/19.2.3").0, 307);
}

#[test]
fn a_download_that_breaks_off_is_cut_short_and_not_kept() {
    let place = Place::new();
    let wheel = vec![7; 300_000];
    place.page(&digest(&wheel));
    place.offered.lock().unwrap().insert("/tide-1.whl".to_owned(), (200, "application/zip", wheel.clone(), 200_000));
    place.ask("/simple/tide/");
    assert_eq!(place.ask("/tide-1.whl").2, None);
    assert!(place.downloads.find(&digest(&wheel)).is_none());
    place.offer("/tide-1.whl", 200, "application/zip", &wheel);
    assert_eq!(place.ask("/tide-1.whl").2, Some(wheel));
}

#[test]
fn pages_that_will_be_wanted_come_with_the_first() {
    let place = Place::new();
    place.page(&digest(b"a wheel"));
    place.offer("/simple/ebb/", 200, "text/html", b"");
    place.mirror.open(&["Ebb", "tide"].map(|name| Wanted::of_any_version(name.to_owned())));
    place.ask("/simple/tide/");
    assert_eq!(place.ask("/simple/ebb/").0, 200);
    let mut asked = place.asked();
    asked.sort();
    assert_eq!(asked, ["/simple/ebb/", "/simple/tide/"]);
    // Once more is asked once more.
    place.ask("/simple/ebb/");
    assert_eq!(place.asked(), ["/simple/ebb/"]);
}

#[test]
fn what_a_lock_names_is_given_while_the_index_has_it() {
    let place = Place::new();
    place.offer("/tide-1.whl", 200, "application/zip", b"a wheel");
    let (real, sha256) = (format!("http://{}/tide-1.whl", place.index), digest(b"a wheel"));
    let lock = place.mirror.lock_of_uv(&format!("{{ url = \"{real}\", hash = \"sha256:{sha256}\" }}")).unwrap();
    let way = format!("/http-{}/127.0.0.1/tide-1.whl", place.index.port());
    assert!(lock.text.contains(&way), "{}", lock.text);
    let ask = || place.ask_for(&way, "uv/0.4.30 {}");
    assert_eq!(ask().0, 404);
    place.mirror.offer(&lock);
    for _ in 0..2 {
        assert_eq!(ask().2.as_deref(), Some(&b"a wheel"[..]));
        assert!(place.downloads.find(&sha256).is_some());
    }
    place.offer("/tide-1.whl", 404, "text/plain", b"");
    let (status, head, _) = ask();
    assert!(status == 307 && head.contains(&format!("Location: {real}\r\n")), "{head}");
}

#[test]
fn git_is_sent_on_with_what_cannot_be_answered_here() {
    let place = Place::new();
    let sent_on = |path: &str, agent: &str| {
        let (status, head, _) = place.ask_for(path, agent);
        (status == 307).then(|| head.split("Location: ").nth(1).unwrap().split('\r').next().unwrap().to_owned())
    };
    let with_password = "u:p@a.example/b.git/info/refs?service=git-upload-pack";
    let real = |way: &str| Some(format!("https://{way}"));
    assert_eq!(sent_on(&format!("/https/{with_password}"), "git/2.47.3"), real(with_password));
    let large = "a.example/b.git/info/lfs/objects/batch";
    assert_eq!(sent_on(&format!("/https/{large}"), "git-lfs/3.6.1"), real(large));
    assert_eq!(sent_on(&format!("/https/{with_password}"), "pip/24.2"), None);
    assert!(place.mirror.given().all().is_none());
}

/// libgit2 names no version, and understands none but the first.
#[test]
fn a_git_of_older_versions_is_answered_by_the_server() {
    let place = Place::new();
    let refs = "/b.git/info/refs?service=git-upload-pack";
    place.offer(refs, 200, "application/x-git-upload-pack-advertisement", b"000eversion 2\n0000");
    let way = format!("/http-{}/127.0.0.1{refs}", place.index.port());
    assert_eq!(place.ask_for(&way, "git/2.0 (libgit2 1.9.1)").0, 307);
    assert_eq!(place.ask_for(&way, "git/2.47.3\r\nGit-Protocol: version=2").0, 200);
}
