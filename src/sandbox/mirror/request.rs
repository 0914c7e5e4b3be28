//! What a client asks of the mirror.

use std::io::{BufRead, Read};

use anyhow::{Result, ensure};

use crate::sandbox::upstream::Client;

/// The longest head, in bytes.
const MOST_BYTES: u64 = 64 << 10;
/// Older ones print other things of addresses that are not PyPI's.
const OLDEST_PIP: u32 = 22;

/// The head of a request.
#[derive(Debug, Default)]
pub(super) struct Request {
    method: String,
    pub(super) path: String,
    pub(super) client: Client,
    wants_a_part: bool,
}

impl Request {
    /// Reads one; none where the client has gone.
    ///
    /// # Errors
    /// It is no request.
    pub(super) fn read(reader: &mut impl BufRead) -> Result<Option<Self>> {
        let mut lines = reader.take(MOST_BYTES).lines();
        let Some(first) = lines.next().transpose()? else { return Ok(None) };
        let mut words = first.split(' ');
        let mut next = || words.next().unwrap_or_default().to_owned();
        let mut request = Self { method: next(), path: next(), ..Self::default() };
        for line in lines {
            let line = line?;
            if line.is_empty() {
                return Ok(Some(request));
            }
            let Some((name, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            match name.to_ascii_lowercase().as_str() {
                "user-agent" => value.clone_into(&mut request.client.agent),
                "accept" => value.clone_into(&mut request.client.accept),
                "range" => request.wants_a_part = true,
                // Nobody has a body to send here.
                "content-length" => ensure!(value == "0", "a request with a body"),
                "transfer-encoding" => ensure!(false, "a request with a body"),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Whether it is one that can be answered here.
    pub(super) fn is_of_known_kind(&self) -> bool {
        let pip = self.client.agent.strip_prefix("pip/").and_then(|rest| rest.split('.').next()?.parse().ok());
        let is_known = self.client.obeys_a_lock() || pip.is_some_and(|major: u32| major >= OLDEST_PIP);
        self.method == "GET" && !self.wants_a_part && is_known
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
        assert!(!known("GET", "pip/19.2.3", "") && !known("GET", "curl/8", "") && !known("GET", "", ""));
        assert!(!known("HEAD", "pip/24.2", "") && !known("GET", "pip/24.2", "Range: bytes=5-\r\n"));
    }

    #[test]
    fn what_is_no_request_is_not_answered() {
        assert!(read("").is_none() && read("GET /a HTTP/1.1\r\nUser-Agent: pip/24\r\n").is_none());
        assert!(Request::read(&mut "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabcde".as_bytes()).is_err());
    }
}
