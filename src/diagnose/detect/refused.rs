//! What a service outside says when it refuses: the status of its answer, or an exception that is called so.

use super::found::find;
use super::imports::{is_building, is_installer, is_tool};
use crate::diagnose::table::network::INDEX_AUTH_FAILED;
use crate::diagnose::table::platform::{INVALID_TOKEN, SERVICE_REFUSES};
use crate::diagnose::table::{DECISIVE, Finding};
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use crate::log::traceback::Raised;

/// The status as clients write it into their exceptions: requests, httpx, aiohttp, urllib, the libraries of OpenAI, Anthropic, Google and GitHub.
static STATUS: Pattern = Pattern::ascii(
    r"^(?:HTTP Error |Client error '|Error code: |HTTP |<HttpError |APIError: )?\[?(401|402|403|429)\b|\b[Ss]tatus(?:[_ ][Cc]ode)?[=: ]{1,3}(401|402|403|429)\b",
);
/// The code of an AWS error.
static AWS: Pattern = Pattern::ascii(r"^An error occurred \((\w+)\) when calling");
/// The address that was asked; others are those of manuals.
static HOST: Pattern = Pattern::ascii(r"(?:for url:? ?'?|url='?|requesting )https?://([\w-]+(?:\.[\w-]+)+)");

/// What exceptions are called, and AWS' codes, that stand for a status.
const NAMES: &[(&str, u16)] = &[
    ("AuthenticationError", 401),
    ("AuthenticationException", 401),
    ("UnauthorizedError", 401),
    ("Unauthorized", 401),
    ("Unauthenticated", 401),
    ("BadCredentialsException", 401),
    ("InvalidAccessKeyId", 401),
    ("UnrecognizedClientException", 401),
    ("InvalidSignatureException", 401),
    ("ExpiredToken", 401),
    ("ExpiredTokenException", 401),
    ("PermissionDeniedError", 403),
    ("AccessDenied", 403),
    ("AccessDeniedException", 403),
    ("UnauthorizedOperation", 403),
    ("RateLimitError", 429),
    ("TooManyRequests", 429),
    ("ResourceExhausted", 429),
];

/// Exceptions that an app's own pages raise, and those of databases and brokers, which have words of their own.
const OTHERS: &[&str] = &[
    "fastapi",
    "starlette",
    "werkzeug",
    "django",
    "rest_framework",
    "aiohttp.web",
    "redis",
    "pymongo",
    "psycopg",
    "asyncpg",
    "mysql",
    "sqlalchemy",
];

pub(super) fn detect(view: &LogView<'_>, found: &mut Vec<Finding>) {
    for raised in view.raised.iter().filter(|raised| raised.traced && runs(raised)) {
        let Some(status) = status(raised) else { continue };
        found.retain(|known| known.at != raised.at || known.rule != &INDEX_AUTH_FAILED);
        let rule = if status == 401 { &INVALID_TOKEN } else { &SERVICE_REFUSES };
        let known = found.iter_mut().find(|known| known.at == raised.at && known.rule == rule);
        let finding = match known {
            Some(known) => known,
            None => find(found, rule, raised.at, DECISIVE),
        };
        let host = HOST.captures(&raised.message).map(|host| format!("`{}`", &host[1]));
        let who = host.as_deref().unwrap_or("a service outside");
        let (what, help) = words(status, &raised.message);
        finding.message = Some(format!("{who} {what}: {}", said(raised)));
        finding.help = Some(help.to_owned());
    }
}

/// Whether it ended what was installed before.
fn runs(raised: &Raised) -> bool {
    !is_building(raised) && !is_installer(raised) && !is_tool(raised)
}

/// The status of a refusal.
fn status(raised: &Raised) -> Option<u16> {
    let is_other = |part: &&str| raised.kind.starts_with(*part) || raised.passes(&format!("-packages/{part}/"));
    // A page's own refusal comes through its framework, and a client's through none.
    if OTHERS.iter().any(|part| raised.kind.contains(part))
        || raised.own_frame().is_none() && OTHERS.iter().any(is_other)
    {
        return None;
    }
    let message = raised.message.lines().next().unwrap_or_default();
    // Theirs is a key or a place.
    let written = STATUS.captures(message).filter(|_| !matches!(raised.short(), "KeyError" | "IndexError"));
    let written = written.and_then(|found| found.get(1).or(found.get(2))?.as_str().parse().ok());
    let code = AWS.captures(message).map(|found| found[1].to_owned());
    let named = |name: &str| NAMES.iter().find(|(known, _)| *known == name).map(|(_, status)| *status);
    written.or_else(|| named(code.as_deref().unwrap_or(raised.short())))
}

/// What a status means, and what is to be done.
fn words(status: u16, message: &str) -> (&'static str, &'static str) {
    let is_counted = ["quota", "billing", "credit", "balance"].iter().any(|word| message.contains(word));
    let is_absent =
        ["did not provide", "No API key", "no API key", "not provided"].iter().any(|word| message.contains(word));
    match status {
        401 if is_absent => (
            "is sent no key or token",
            "set the variable that the code reads the key or token from among the service's variables; for a rehearsal: --env NAME=…",
        ),
        401 => (
            "refuses the key or token that the app sends",
            "set the key or token anew among the service's variables, without quotes, blanks and line ends: it is revoked, mistyped, or of another account",
        ),
        403 => (
            "knows who asks and does not allow it",
            "let the account or key do what is asked (its scopes, the document that is to be shared with it, the model that its project may use), or take another one; some services close themselves to the addresses of data centres",
        ),
        _ if status == 402 || is_counted => (
            "refuses until the account is paid up",
            "see the account's quota and billing at the service; no change of the deploy lifts that",
        ),
        _ => (
            "is asked too often",
            "ask less often, and again after a while (the answer's Retry-After), not at every start; platforms share their addresses among many apps",
        ),
    }
}

/// The exception as the log has it, cut.
fn said(raised: &Raised) -> String {
    const LONGEST: usize = 100;
    let message = raised.message.lines().next().unwrap_or_default();
    let cut: String = message.chars().take(LONGEST).collect();
    let more = if message.chars().nth(LONGEST).is_some() { "…" } else { "" };
    match cut.is_empty() {
        true => format!("`{}`", raised.short()),
        false => format!("`{}: {cut}{more}`", raised.short()),
    }
}
