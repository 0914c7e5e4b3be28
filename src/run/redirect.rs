//! The page that a redirect leads to: where a visitor of `/` arrives.

use crate::sandbox::{Probe, Sandbox};

use super::page;

/// How often one is followed.
const MOST: usize = 5;
pub(super) const REDIRECTS: [u16; 5] = [301, 302, 303, 307, 308];

/// The path that a visitor arrives at, and the status there; `status` is what the probe's own path answered. None where that is no redirect, or one to
/// another server.
pub(super) fn arrival(status: u16, probe: &Probe<'_>, sandbox: &dyn Sandbox) -> Option<(String, u16)> {
    let (mut path, mut status) = (probe.path?.to_owned(), status);
    for _ in 0..MOST {
        if !REDIRECTS.contains(&status) {
            break;
        }
        let asked = Probe { path: Some(&path), ..*probe };
        let next = location(&sandbox.page(&asked)?, &path, probe)?;
        status = sandbox.probe(&Probe { path: Some(&next), ..*probe }).http?.ok()?;
        path = next;
    }
    (Some(path.as_str()) != probe.path && !REDIRECTS.contains(&status)).then_some((path, status))
}

/// What the head of an answer has as its `Location`.
pub(super) fn link(answer: &str) -> Option<&str> {
    let head = answer.lines().take_while(|line| !line.is_empty());
    let mut fields = head.filter_map(|line| line.split_once(':'));
    Some(fields.find(|(name, _)| name.eq_ignore_ascii_case("location"))?.1.trim())
}

/// Where the head of an answer sends on to, if that is on this server. TLS is the platform's: an app that wants it leads nowhere here.
fn location(answer: &str, at: &str, probe: &Probe<'_>) -> Option<String> {
    let link = link(answer)?;
    let own = link.strip_prefix("http://").and_then(|rest| rest.strip_prefix(probe.host));
    match own.map(|rest| rest.strip_prefix(&format!(":{}", probe.port)).unwrap_or(rest)) {
        Some("") => Some("/".to_owned()),
        Some(rest) => page::path(rest, at).filter(|_| rest.starts_with('/')),
        None => page::path(link, at),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn led(link: &str) -> Option<String> {
        let probe = Probe {
            pid: 1,
            port: 8080,
            path: Some("/"),
            host: "tides.example",
            by_edge: false,
            timeout: Duration::from_secs(1),
        };
        location(&format!("HTTP/1.1 302 Found\r\nlocation: {link}\r\n\r\nLocation: /no"), "/a/b", &probe)
    }

    #[test]
    fn a_redirect_is_followed_on_its_own_server_alone() {
        assert_eq!(led("/login/?next=/"), Some("/login/?next=/".to_owned()));
        assert_eq!(led("today"), Some("/a/today".to_owned()));
        assert_eq!(led("http://tides.example/app"), Some("/app".to_owned()));
        assert_eq!(led("http://tides.example:8080"), Some("/".to_owned()));
        for elsewhere in ["https://tides.example/", "http://tides.example.org/", "//cdn.example/", "http://other/"] {
            assert_eq!(led(elsewhere), None, "{elsewhere}");
        }
    }
}
