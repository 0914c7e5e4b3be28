//! What a client asks of the mirror.

use std::io::{BufRead, Read};

use anyhow::{Context, Result, ensure};

use crate::sandbox::upstream::Client;

/// The longest head, in bytes.
const MOST_BYTES: u64 = 64 << 10;
/// The most bytes that a client may send; git is told so.
pub(super) const MOST_POSTED: usize = 4 << 20;
/// Older ones print other things of addresses that are not PyPI's.
const OLDEST_PIP: u32 = 22;

/// A request.
#[derive(Debug, Default)]
pub(super) struct Request {
    method: String,
    pub(super) path: String,
    pub(super) client: Client,
    wants_a_part: bool,
    /// Whether it is one of a git that knows version 2 of its protocol.
    pub(super) speaks_version_2: bool,
    /// What was sent with it.
    pub(super) body: Vec<u8>,
    /// Whether that is packed with gzip.
    pub(super) is_packed: bool,
}

impl Request {
    /// Reads one; none where the client has gone.
    ///
    /// # Errors
    /// It is no request.
    pub(super) fn read(reader: &mut impl BufRead) -> Result<Option<Self>> {
        let mut lines = reader.by_ref().take(MOST_BYTES).lines();
        let Some(first) = lines.next().transpose()? else { return Ok(None) };
        let mut words = first.split(' ');
        let mut next = || words.next().unwrap_or_default().to_owned();
        let mut request = Self { method: next(), path: next(), ..Self::default() };
        let mut length = 0;
        for line in lines {
            let line = line?;
            if line.is_empty() {
                ensure!(length <= if request.is_post() { MOST_POSTED } else { 0 }, "a request with too long a body");
                request.body = vec![0; length];
                reader.read_exact(&mut request.body)?;
                return Ok(Some(request));
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "user-agent" => value.clone_into(&mut request.client.agent),
                "accept" => value.clone_into(&mut request.client.accept),
                "range" => request.wants_a_part = true,
                "git-protocol" => request.speaks_version_2 = value.split(':').any(|word| word == "version=2"),
                "content-length" => length = value.parse().context("a request with a strange body")?,
                "content-encoding" => request.is_packed = value == "gzip",
                "transfer-encoding" => ensure!(false, "a request whose body comes in pieces"),
                _ => {}
            }
        }
        Ok(None)
    }

    pub(super) fn is_get(&self) -> bool {
        self.method == "GET"
    }

    pub(super) fn is_post(&self) -> bool {
        self.method == "POST"
    }

    /// Whether it is one of an installer that can be answered here.
    pub(super) fn is_of_known_kind(&self) -> bool {
        let pip = self.client.agent.strip_prefix("pip/").and_then(|rest| rest.split('.').next()?.parse().ok());
        let is_new_enough = pip.is_some_and(|major: u32| major >= OLDEST_PIP);
        let is_known = is_new_enough || self.client.obeys_a_lock() || self.client.agent.starts_with("pdm/");
        self.is_get() && !self.wants_a_part && is_known
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &str) -> Option<Request> {
        Request::read(&mut head.as_bytes()).unwrap()
    }

    #[test]
    fn only_whole_files_are_given_and_only_to_an_installer_that_is_known() {
        let known = |line: &str, agent: &str, more: &str| {
            read(&format!("{line} /a HTTP/1.1\r\nUser-Agent: {agent}\r\n{more}\r\n")).unwrap().is_of_known_kind()
        };
        assert!(known("GET", "pip/24.2 {\"ci\":null}", "") && known("GET", "pip/22.0.4", "Accept: */*\r\n"));
        assert!(known("GET", "uv/0.4.30 {}", "") && !known("GET", "uv/0.4.30", "Range: bytes=5-\r\n"));
        assert!(known("GET", "pdm/2.12.4 CPython/3.11.7", "") && !known("HEAD", "pdm/2.12.4", ""));
        assert!(!known("GET", "pip/19.2.3", "") && !known("GET", "curl/8", "") && !known("GET", "", ""));
        assert!(!known("HEAD", "pip/24.2", "") && !known("GET", "pip/24.2", "Range: bytes=5-\r\n"));
    }

    #[test]
    fn what_is_no_request_is_not_answered() {
        assert!(read("").is_none() && read("GET /a HTTP/1.1\r\nUser-Agent: pip/24\r\n").is_none());
        let refused = |head: &str| Request::read(&mut head.as_bytes()).is_err();
        assert!(refused("GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde"));
        assert!(refused("POST / HTTP/1.1\r\nContent-Length: 6\r\n\r\nabcde"));
        assert!(refused("POST / HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\nabcde"));
        assert!(refused("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"));
    }

    #[test]
    fn what_is_posted_is_read_whole_and_what_follows_is_the_next() {
        let mut text =
            "POST /a HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nabcdeGET /b HTTP/1.1\r\n\r\n"
                .as_bytes();
        let first = Request::read(&mut text).unwrap().unwrap();
        assert_eq!((&first.body[..], first.is_packed), (&b"abcde"[..], true));
        assert_eq!(Request::read(&mut text).unwrap().unwrap().path, "/b");
    }
}
