//! Repositories that git clones through the mirror, over HTTP (Git's protocol of version 2, gitprotocol-v2(5)).
//!
//! Objects are named by their content. So what a repository answers depends on the commits alone that its refs name, and git asks for
//! these with a command of its own, `ls-refs`. Anything else that may depend on the moment counts as asked elsewhere.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use anyhow::Result;
use flate2::read::MultiGzDecoder;

use super::answer::{GoesOn, empty, head, redirect};
use super::request::{MOST_POSTED, Request};
use crate::sandbox::store::tree::digest_of;
use crate::sandbox::upstream::{Post, Upstream};

const REFS: &str = "/info/refs?service=git-upload-pack";
const CALL: &str = "/git-upload-pack";
/// The most bytes of an answer that names refs.
const MOST_REFS: u64 = 64 << 20;
/// The most bytes of a call, unpacked.
const MOST_CALL: u64 = 16 << 20;
/// What has a fetch depend on refs.
const BY_REF: &[&[u8]] = &[b"deepen-not ", b"want-ref "];

/// What a git's configuration is to say, so that it asks a mirror at `origin`.
pub(super) fn configuration(origin: &str) -> String {
    // A call that is longer than this buffer would come in pieces.
    let sites = ["https", "http"].map(|scheme| format!("[url \"{origin}/{scheme}/\"]\n\tinsteadOf = {scheme}://\n"));
    format!("{}[http]\n\tpostBuffer = {}\n", sites.concat(), MOST_POSTED)
}

/// Whether an address is one of a repository's that git fetches from.
pub(super) fn is_of_repository(request: &Request, real: &str) -> bool {
    let is_git = request.client.agent.starts_with("git/");
    is_git && (request.is_get() && real.ends_with(REFS) || request.is_post() && real.ends_with(CALL))
}

/// The address that a client of git's asks for, whatever it wants there: the configuration leads all that it asks of any site
/// here, those with a password and those of large files (Git LFS) too.
pub(super) fn elsewhere(request: &Request) -> Option<String> {
    let is_gits = request.client.agent.starts_with("git/") || request.client.agent.starts_with("git-");
    let led = |scheme: &str| {
        let rest = request.path.strip_prefix('/')?.strip_prefix(scheme)?.strip_prefix('/')?;
        Some(format!("{scheme}://{rest}"))
    };
    led("https").or_else(|| led("http")).filter(|_| is_gits)
}

/// A call, which may be packed.
struct Call(Vec<u8>);

impl Call {
    fn of(body: &[u8], is_packed: bool) -> Option<Self> {
        let mut text = Vec::new();
        let read = match is_packed {
            true => MultiGzDecoder::new(body).take(MOST_CALL + 1).read_to_end(&mut text),
            false => body.take(MOST_CALL + 1).read_to_end(&mut text),
        };
        (read.is_ok() && text.len() as u64 <= MOST_CALL).then_some(Self(text))
    }

    /// The first line of it, without its length.
    fn command(&self) -> Option<&[u8]> {
        let length = usize::from_str_radix(std::str::from_utf8(self.0.get(..4)?).ok()?, 16).ok()?;
        self.0.get(4..length)?.trim_ascii_end().strip_prefix(b"command=")
    }

    /// Whether what comes back is named by its content.
    fn is_of_objects(&self) -> bool {
        let depends = || BY_REF.iter().any(|option| memchr::memmem::find(&self.0, option).is_some());
        self.command() == Some(b"fetch") && !depends()
    }
}

/// Whether a repository answers in version 2 of the protocol, behind a line that names the service or without.
fn is_of_version_2(advertised: &[u8]) -> bool {
    let first = advertised.strip_prefix(b"001e# service=git-upload-pack\n0000").unwrap_or(advertised);
    first.starts_with(b"000eversion 2\n")
}

/// What an answer depends on.
#[derive(Debug)]
pub(super) enum Seen {
    /// The refs that a question is about, whose digest this is.
    Refs { question: String, digest: String },
    /// What the question names by its content.
    Objects,
    /// Nobody knows.
    Other,
}

/// What git asks of a repository at its `real` address.
pub(super) struct Asking<'a> {
    pub(super) upstream: &'a Upstream,
    pub(super) request: &'a Request,
    pub(super) real: &'a str,
    pub(super) stream: &'a TcpStream,
}

impl Asking<'_> {
    /// Answers; `note` hears, before git does, what that depends on.
    pub(super) fn answer(&self, note: impl FnOnce(Seen)) -> Result<GoesOn> {
        match self.request.is_get() {
            true => self.capabilities(note),
            false => self.call(note),
        }
    }

    fn call(&self, note: impl FnOnce(Seen)) -> Result<GoesOn> {
        let Self { upstream, request, real, mut stream } = *self;
        let post = Post { body: &request.body, is_packed: request.is_packed };
        let Ok(response) = upstream.post(real, &request.client, &post) else {
            note(Seen::Other);
            return empty(stream, "502 Bad Gateway", "");
        };
        let status = response.status();
        let mut body: Box<dyn Read> = Box::new(response.into_body().into_reader());
        let call = Call::of(&request.body, request.is_packed).filter(|_| status == 200);
        let seen = match call {
            Some(call) if call.command() == Some(b"ls-refs") => {
                let mut refs = Vec::new();
                (&mut body).take(MOST_REFS).read_to_end(&mut refs)?;
                let digest = digest_of(&refs[..])?;
                let is_whole = (refs.len() as u64) < MOST_REFS;
                body = Box::new(io::Cursor::new(refs).chain(body));
                let question = String::from_utf8(call.0).ok().filter(|_| is_whole);
                question.map_or(Seen::Other, |question| Seen::Refs { question, digest })
            }
            Some(call) if call.is_of_objects() => Seen::Objects,
            _ => Seen::Other,
        };
        note(seen);
        let kind = "application/x-git-upload-pack-result";
        let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nConnection: close\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        io::copy(&mut body, &mut stream)?;
        Ok(false)
    }

    /// Answers what the repository's server is able to do. Whatever goes wrong with it git shall hear from the server.
    fn capabilities(&self, note: impl FnOnce(Seen)) -> Result<GoesOn> {
        let Self { upstream, request, real, mut stream } = *self;
        // Whoever knows older versions alone is to be answered in those: libgit2, and so Cargo.
        let page = request.speaks_version_2.then(|| upstream.page_of_git(real, &request.client));
        match page {
            Some(Ok(body)) if is_of_version_2(&body) => {
                let kind = "application/x-git-upload-pack-advertisement";
                head(stream, &format!("Content-Type: {kind}\r\n"), Some(body.len() as u64))?;
                stream.write_all(&body)?;
                Ok(true)
            }
            _ => {
                note(Seen::Other);
                redirect(stream, real)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn call(lines: &[&str]) -> Vec<u8> {
        let lines = lines.iter().map(|line| format!("{:04x}{line}", line.len() + 4));
        (lines.collect::<String>() + "0000").into_bytes()
    }

    #[test]
    fn only_what_is_named_by_its_content_depends_on_nothing_but_refs() {
        let is_of_objects = |lines: &[&str]| Call(call(lines)).is_of_objects();
        assert!(is_of_objects(&["command=fetch", "want 0123\n", "done\n"]));
        assert!(!is_of_objects(&["command=fetch", "want-ref refs/heads/main\n"]));
        assert!(!is_of_objects(&["command=fetch", "deepen-not refs/tags/a\n"]));
        assert!(!is_of_objects(&["command=object-info", "size\n"]));
        assert_eq!(Call(call(&["command=ls-refs\n", "peel\n"])).command(), Some(&b"ls-refs"[..]));
        for other in ["", "0", "zzzz", "ffffcommand=fetch", "0000"] {
            assert_eq!(Call(other.as_bytes().to_vec()).command(), None, "{other}");
        }
    }

    #[test]
    fn a_call_may_be_packed() {
        let plain = call(&["command=ls-refs\n", "ref-prefix HEAD\n"]);
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&plain).unwrap();
        assert_eq!(Call::of(&packed.finish().unwrap(), true).unwrap().0, plain);
        assert!(Call::of(&plain, true).is_none());
    }

    #[test]
    fn an_older_protocol_names_refs_at_once() {
        assert!(is_of_version_2(b"000eversion 2\n0015agent=git/2.39.5\n0000"));
        assert!(is_of_version_2(b"001e# service=git-upload-pack\n0000000eversion 2\n0000"));
        assert!(!is_of_version_2(b"001e# service=git-upload-pack\n000000fe0123456789 HEAD\0thin-pack\n0000"));
        assert!(!is_of_version_2(b"0123456789\trefs/heads/main\n"));
    }
}
