//! Asks a package index again what it was asked before: all pages at once, over as few connections as it takes.
//!
//! By `curl`, which knows this machine's proxies and certificates and is where git is.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use regex::Regex;
use serde::{Deserialize, Serialize};

use super::lock::{self, Listed};
use super::pip::Asked;
use super::tree::digest;
use crate::fs::temporary;
use crate::plan::Vars;
use crate::sandbox::netns::Network;

/// What pip sends, so that the answers are of the same kind.
const ACCEPT: &str =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01";
/// The variables that name indexes.
const INDEXES: &[&str] = &["PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS"];
/// How long all answers together may take, in seconds: after that, installing anew is no slower.
const WITHIN: &str = "20";
/// The most bytes of one answer: an index page has a few megabytes, an archive is asked for only where no page has its hash.
const MOST: u64 = 256 << 20;

/// A question that was asked of the network, and its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::sandbox) struct Answer {
    pub(in crate::sandbox) address: String,
    /// Whether it is an index's page rather than an archive.
    pub(in crate::sandbox) is_page: bool,
    /// Whether the project gives its hash, so that it only has to be there.
    #[serde(default)]
    pub(in crate::sandbox) is_pinned: bool,
    /// Of a page the hashes of the archives that count, as `sha256:` and digits; all of it where there are none.
    #[serde(default)]
    pub(in crate::sandbox) hashes: BTreeSet<String>,
    /// 200, or 404 of a page that is not there.
    pub(in crate::sandbox) status: u16,
    /// The server's own word for this version of it.
    pub(in crate::sandbox) tag: Option<String>,
    /// Of the content that counts.
    pub(in crate::sandbox) digest: String,
}

/// Who asks: from within the run's network, so that nothing is reached that pip could not reach.
#[derive(Debug)]
pub(in crate::sandbox) struct Client<'a> {
    /// This machine's own settings.
    pub(in crate::sandbox) own: &'a Vars,
    pub(in crate::sandbox) network: &'a Network,
}

/// What came back for one question.
struct Reply {
    status: u16,
    tag: Option<String>,
    body: PathBuf,
}

/// Asks the index again for each page that pip read: the links that pip found must be all that are there now.
///
/// # Errors
/// Why that cannot be told.
pub(in crate::sandbox) fn first(asked: &Asked, client: &Client<'_>, interrupted: &AtomicBool) -> Result<Vec<Answer>> {
    let folder = temporary::folder()?;
    let pages: Vec<Answer> = asked.pages.keys().map(|page| Answer::blank(page, true)).collect();
    let replies = fetch(&pages, client, folder.path(), interrupted)?;
    let mut answers = Vec::new();
    let mut unhashed = BTreeSet::new();
    for (page, reply) in pages.into_iter().zip(replies) {
        let found = &asked.pages[&page.address];
        let body = fs::read(&reply.body).unwrap_or_default();
        match reply.status {
            200 => {
                let offered = archives(&body);
                let names: BTreeSet<String> = offered.iter().map(|archive| archive.name.clone()).collect();
                ensure!(names == *found, "{} has changed since pip read it", page.address);
                unhashed.extend(offered.into_iter().filter(|archive| !archive.is_hashed).map(|archive| archive.name));
            }
            404 if found.is_empty() => {}
            status => bail!("{} answers with HTTP status {status}", page.address),
        }
        answers.push(Answer { status: reply.status, tag: reply.tag, digest: digest(&body), ..page });
    }
    // The page says nothing of what is in these.
    let is_of_a_page = |name: &String| asked.pages.values().any(|found| found.contains(name));
    let lonely = asked.archives.iter().filter(|address| {
        let name = lock::file_name(address);
        unhashed.contains(&name) || !is_of_a_page(&name)
    });
    let lonely: Vec<Answer> = lonely.map(|address| Answer::blank(address, false)).collect();
    let replies = fetch(&lonely, client, folder.path(), interrupted)?;
    for (archive, reply) in lonely.into_iter().zip(replies) {
        ensure!(reply.status == 200, "{} answers with HTTP status {}", archive.address, reply.status);
        let digest = super::tree::content(&reply.body)?;
        answers.push(Answer { status: 200, tag: reply.tag, digest, ..archive });
    }
    let pinned: Vec<Answer> =
        asked.pinned.iter().map(|address| Answer { is_pinned: true, ..Answer::blank(address, false) }).collect();
    let replies = fetch(&pinned, client, folder.path(), interrupted)?;
    for (archive, reply) in pinned.into_iter().zip(replies) {
        ensure!(reply.status == 200, "{} answers with HTTP status {}", archive.address, reply.status);
        answers.push(Answer { status: 200, ..archive });
    }
    let blank = |listed: &Listed| Answer { hashes: listed.hashes.clone(), ..Answer::blank(&listed.page, true) };
    let pages: Vec<Answer> = asked.listed.iter().map(blank).collect();
    let replies = fetch(&pages, client, folder.path(), interrupted)?;
    for ((page, listed), reply) in pages.into_iter().zip(&asked.listed).zip(replies) {
        ensure!(reply.status == 200, "{} answers with HTTP status {}", page.address, reply.status);
        let body = fs::read(&reply.body).unwrap_or_default();
        let allowed = archives(&body).into_iter().filter(|archive| archive.is_among(&page.hashes));
        let fitting = allowed.filter(|archive| lock::tags_of(&archive.name).as_ref() == Some(&listed.tags));
        // An archive that the installer built fits as well, but where a wheel is on offer none is built.
        ensure!(fitting.count() == 1, "{} does not tell which archive was taken", page.address);
        let digest = page.digest_of(&body);
        answers.push(Answer { status: 200, tag: reply.tag, digest, ..page });
    }
    Ok(answers)
}

/// Asks once more. Gives the first address whose answer is another one now.
///
/// # Errors
/// The network, or the lack of `curl`.
pub(in crate::sandbox) fn again(
    answers: &[Answer],
    client: &Client<'_>,
    interrupted: &AtomicBool,
) -> Result<Option<String>> {
    let folder = temporary::folder()?;
    let replies = fetch(answers, client, folder.path(), interrupted)?;
    for (answer, reply) in answers.iter().zip(replies) {
        let is_same = match reply.status {
            304 => answer.tag.is_some(),
            status if answer.is_pinned => status == answer.status,
            status if status == answer.status => {
                let body = if answer.is_page {
                    answer.digest_of(&fs::read(&reply.body).unwrap_or_default())
                } else {
                    super::tree::content(&reply.body)?
                };
                body == answer.digest
            }
            _ => false,
        };
        if !is_same {
            return Ok(Some(answer.address.clone()));
        }
    }
    Ok(None)
}

impl Answer {
    fn blank(address: &str, is_page: bool) -> Self {
        Self {
            address: address.to_owned(),
            is_page,
            is_pinned: false,
            hashes: BTreeSet::new(),
            status: 0,
            tag: None,
            digest: String::new(),
        }
    }

    /// Of what counts in a page.
    fn digest_of(&self, page: &[u8]) -> String {
        if self.hashes.is_empty() {
            return digest(page);
        }
        let mut counting: Vec<String> = archives(page)
            .into_iter()
            .filter(|archive| archive.is_among(&self.hashes))
            .map(|archive| archive.text)
            .collect();
        counting.sort_unstable();
        digest(counting.join("\n"))
    }
}

static LINK: LazyLock<Regex> =
    LazyLock::new(|| match Regex::new(r#"(?is)<a\s[^>]*?href\s*=\s*["']([^"']*)["'][^>]*"#) {
        Ok(regex) => regex,
        Err(error) => unreachable!("a pattern of this file: {error}"),
    });

/// An archive on a page.
struct Archive {
    name: String,
    is_hashed: bool,
    /// As `sha256:` and digits, where the page tells it.
    sha256: Option<String>,
    /// All that the page says of it.
    text: String,
}

impl Archive {
    fn is_among(&self, hashes: &BTreeSet<String>) -> bool {
        self.sha256.as_ref().is_some_and(|hash| hashes.contains(hash))
    }
}

/// The archives that a page offers.
fn archives(page: &[u8]) -> Vec<Archive> {
    #[derive(Deserialize)]
    struct Page {
        files: Vec<serde_json::Value>,
    }
    if let Ok(Page { files }) = serde_json::from_slice(page) {
        let archive = |file: serde_json::Value| {
            let hashes = file.get("hashes").and_then(serde_json::Value::as_object);
            let sha256 = hashes.and_then(|hashes| hashes.get("sha256")?.as_str()).map(|hash| format!("sha256:{hash}"));
            let is_hashed = hashes.is_some_and(|hashes| !hashes.is_empty());
            Some(Archive {
                name: lock::file_name(file.get("url")?.as_str()?),
                is_hashed,
                sha256,
                text: file.to_string(),
            })
        };
        return files.into_iter().filter_map(archive).collect();
    }
    let text = String::from_utf8_lossy(page);
    let archive = |link: regex::Captures<'_>| {
        let address = link[1].replace("&amp;", "&");
        let fragment = address.split_once('#').map(|(_, fragment)| fragment).unwrap_or_default();
        let is_hashed = ["sha256=", "sha384=", "sha512="].iter().any(|kind| fragment.starts_with(kind));
        let sha256 = fragment.strip_prefix("sha256=").map(|hash| format!("sha256:{hash}"));
        Archive { name: lock::file_name(&address), is_hashed, sha256, text: link[0].to_owned() }
    };
    LINK.captures_iter(&text).map(archive).filter(|archive| !archive.name.is_empty()).collect()
}

impl Client<'_> {
    /// Whether this machine may be sent there on a project's word: to where the whole world can go, where its user sends it, or
    /// what its user let in.
    fn may_ask(&self, address: &str) -> bool {
        let named = INDEXES.iter().filter_map(|name| self.own.get(*name)).flat_map(|value| value.split_whitespace());
        let own = named.filter(|index| index.contains("://")).any(|index| {
            let site = index.split('/').take(3).collect::<Vec<_>>().join("/");
            address.strip_prefix(&site).is_some_and(|rest| rest.starts_with('/'))
        });
        let site = address.split_once("://").map(|(_, rest)| rest.split('/').next().unwrap_or_default());
        own || site.is_some_and(|site| self.network.lets_in(site)) || is_public(address)
    }
}

fn is_public(address: &str) -> bool {
    let host = address.strip_prefix("https://").map(|rest| rest.split(['/', ':', '?', '#']).next().unwrap_or_default());
    host.is_some_and(|host| {
        let last = host.rsplit('.').next().unwrap_or_default();
        host.contains('.')
            && !host.contains('@')
            && last.bytes().all(|byte| byte.is_ascii_alphabetic())
            && !["local", "internal", "localhost"].contains(&last)
    })
}

fn fetch(questions: &[Answer], client: &Client<'_>, folder: &Path, interrupted: &AtomicBool) -> Result<Vec<Reply>> {
    if questions.is_empty() {
        return Ok(Vec::new());
    }
    let curl = which::which("curl").context("curl, which would ask the package index, is not installed")?;
    let folder = tempfile::tempdir_in(folder)?.keep();
    let mut config = String::new();
    for (number, question) in questions.iter().enumerate() {
        let Answer { address, is_page, is_pinned, tag, .. } = question;
        let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\');
        ensure!(is_plain && client.may_ask(address), "{address} is not an address that this machine asks");
        ensure!(!address.contains("****"), "the index wants a password");
        if number > 0 {
            config += "next\n";
        }
        let path = folder.join(number.to_string());
        let path = path.to_str().context("a temporary folder with an odd name")?;
        let accept = if *is_page { ACCEPT } else { "*/*" };
        let _ = writeln!(config, "url = \"{address}\"\noutput = \"{path}\"\ndump-header = \"{path}.head\"");
        let _ = writeln!(config, "header = \"Accept: {accept}\"\nproto = \"=http,https\"");
        let _ = writeln!(config, "max-filesize = {MOST}\nmax-time = {WITHIN}\ncompressed\ngloboff");
        if *is_pinned {
            config += "head\n";
        }
        if let Some(tag) = tag.as_ref().filter(|tag| tag.bytes().all(|byte| byte.is_ascii_graphic())) {
            let _ = writeln!(config, "header = \"If-None-Match: {}\"", tag.replace('\\', "\\\\").replace('"', "\\\""));
        }
    }
    // Addresses may hold passwords, and command lines are everybody's to read.
    let mut words = client.network.enter().to_vec();
    words.push(curl.into());
    let (program, entering) = words.split_first().context("no command")?;
    let mut child = Command::new(program)
        .args(entering)
        .args(["-q", "--silent", "--parallel", "--parallel-max", "30", "--config", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .context("could not run curl")?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(config.as_bytes()).context("could not talk to curl")?;
    }
    let ended = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if interrupted.load(Ordering::Relaxed) {
            let _ = child.kill();
            let _ = child.wait();
            bail!("interrupted");
        }
        thread::sleep(Duration::from_millis(2));
    };
    ensure!(ended.success(), "the package index does not answer");
    (0..questions.len()).map(|number| reply(&folder.join(number.to_string()))).collect()
}

/// Redirections are not followed: they could lead to where pip cannot go, and this machine can.
fn reply(body: &Path) -> Result<Reply> {
    let head = body.with_extension("head");
    let text = fs::read(&head).context("the package index does not answer")?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let (mut status, mut tag) = (None, None);
    for line in text.lines() {
        if line.starts_with("HTTP/") {
            status = line.split(' ').nth(1).and_then(|code| code.parse().ok());
        } else if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("etag")
        {
            tag = Some(value.trim().to_owned());
        }
    }
    Ok(Reply { status: status.context("the package index does not answer")?, tag, body: body.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_kinds_of_page_name_their_archives() {
        let json = br#"{"files":[{"filename":"a","url":"https://f.example/x/a-1.whl","hashes":{"sha256":"0"}},{"url":"b-1.zip"}]}"#;
        let told = |page: &[u8]| -> Vec<(String, bool)> {
            archives(page).into_iter().map(|archive| (archive.name, archive.is_hashed)).collect()
        };
        assert_eq!(told(json), [("a-1.whl".to_owned(), true), ("b-1.zip".to_owned(), false)]);
        let html = b"<!DOCTYPE html><a href=\"../../files/a-1.whl#sha256=0\" data-yanked>a</a><br>\n<A class=x HREF='b-1%2Bcpu.whl'>b</A>";
        assert_eq!(told(html), [("a-1.whl".to_owned(), true), ("b-1+cpu.whl".to_owned(), false)]);
    }

    #[test]
    fn of_a_page_that_a_lock_is_held_against_only_what_the_lock_allows_counts() {
        let page = |files: &str| format!("{{\"files\":[{files}]}}");
        let file = |name: &str, hash: &str| format!("{{\"url\":\"{name}\",\"hashes\":{{\"sha256\":\"{hash}\"}}}}");
        let answer = Answer { hashes: ["sha256:0".to_owned()].into(), ..Answer::blank("https://i.example/a/", true) };
        let digest = |text: String| answer.digest_of(text.as_bytes());
        let (one, other) = (file("a-1.whl", "0"), file("a-2.whl", "1"));
        let before = digest(page(&one));
        assert_eq!(digest(page(&format!("{other},{one}"))), before);
        assert_ne!(digest(page(&other)), before);
        assert_ne!(digest(page(&format!("{one},{}", file("a-1-1-any.whl", "0")))), before);
        let html = |links: &str| digest(format!("<!DOCTYPE html>{links}"));
        let (one, other) = ("<a href='a-1.whl#sha256=0'>a</a>", "<a href='a-2.whl#sha256=1'>a</a>");
        assert_eq!(html(one), html(&format!("{other}{one}")));
        assert_ne!(html(one), html("<a href='a-1.whl#sha256=0' data-requires-python='&gt;=3.14'>a</a>"));
    }

    #[test]
    fn a_project_cannot_send_this_machine_to_its_own_services() {
        let own: Vars = [("PIP_INDEX_URL".to_owned(), "http://127.0.0.1:8080/one/simple/".to_owned())].into();
        let network = Network::with_reach(&["127.0.0.1:9090".parse().unwrap()]);
        let client = Client { own: &own, network: &network };
        for fine in [
            "https://index.example/simple/a/",
            "https://files.index.example/a",
            "http://127.0.0.1:8080/one/files/a",
            "http://127.0.0.1:9090/a",
        ] {
            assert!(client.may_ask(fine), "{fine}");
        }
        for other in [
            "http://127.0.0.1:8081/simple/a/",
            "http://127.0.0.1:80800/a",
            "http://127.0.0.1:90900/a",
            "http://127.0.0.1:9090@127.0.0.1:8081/a",
            "https://127.0.0.1/a",
            "https://localhost/a",
            "https://[::1]/a",
            "https://metadata.internal/a",
            "https://u:p@index.example/a",
            "http://index.example/a",
            "file:///etc/passwd",
        ] {
            assert!(!client.may_ask(other), "{other}");
        }
    }
}
