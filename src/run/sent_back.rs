//! An app that sends whoever asks over plain HTTP on to HTTPS. The platform's edge speaks HTTPS with visitors, plain HTTP with the app, and
//! tells it so by `X-Forwarded-Proto`; an app that does not look at that sends visitors to where they are, without end.

use super::outcome::{SentBack, SmokeResult};
use super::redirect::{REDIRECTS, link};
use super::settings::SmokeSettings;
use crate::sandbox::{Probe, Sandbox};

/// Asks as a visitor over HTTPS would where the answer was a redirect, and judges anew. `probe` is the one that it answered.
pub(super) fn ask_by_edge(
    result: SmokeResult,
    settings: &SmokeSettings,
    probe: &Probe<'_>,
    sandbox: &dyn Sandbox,
) -> (SmokeResult, Option<SentBack>) {
    let (SmokeResult::Answered { status } | SmokeResult::BadStatus(status)) = result else { return (result, None) };
    if !REDIRECTS.contains(&status) {
        return (result, None);
    }
    let leads_back = |probe: &Probe<'_>| {
        let path = probe.path.unwrap_or("/");
        sandbox.page(probe).is_some_and(|page| link(&page).is_some_and(|to| is_same_page(to, probe.host, path)))
    };
    match leads_back(&Probe { by_edge: true, ..*probe }) {
        true => (SmokeResult::BadStatus(status), Some(SentBack::Visitors)),
        false if settings.path.is_some() && leads_back(probe) => (result, Some(SentBack::HealthCheck)),
        false => (result, None),
    }
}

/// Whether an address is a page of a host over HTTPS.
fn is_same_page(address: &str, host: &str, path: &str) -> bool {
    let Some(rest) = address.strip_prefix("https://") else { return false };
    let (authority, page) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let authority = authority.strip_suffix(":443").unwrap_or(authority);
    let page = if page.is_empty() { "/" } else { page };
    authority.eq_ignore_ascii_case(host) && page.trim_start_matches('/') == path.trim_start_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_redirect_to_the_page_itself_is_told_from_one_to_another() {
        let leads_back = |to: &str, path: &str| is_same_page(to, "tides.example", path);
        assert!(leads_back("https://tides.example/", "/") && leads_back("https://Tides.example:443", "/"));
        assert!(leads_back("https://tides.example/health?x=1", "/health?x=1"));
        for to in ["https://www.tides.example/", "http://tides.example/", "/", "https://tides.example/login"] {
            assert!(!leads_back(to, "/"), "{to}");
        }
    }
}
