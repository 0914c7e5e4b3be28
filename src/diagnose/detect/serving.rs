//! Servers: where they listen, what they were asked to load.

use super::found::find;
use crate::catalog::servers::is_of_a_loader;
use crate::diagnose::table::Finding;
use crate::diagnose::table::server::WRONG_BIND_HOST;
use crate::diagnose::table::start::WRONG_APP_ATTRIBUTE;
use crate::diagnose::table::{DECISIVE, LAST_RESORT};
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use crate::log::traceback::Home;

static LISTENS: Pattern = Pattern::ascii(
    r"(?:Listening at:|running on|Running on|development server at|Listening on|Serving on|started on|URL:) *(?:TCP address )?(?:https?://)?(127\.0\.0\.1|localhost|0\.0\.0\.0|\[::\]|\[?::1?\]?|\d+\.\d+\.\d+\.\d+)[:/](\d+)?",
);
static ATTRIBUTE: Pattern = Pattern::new(r"module '([\w.]+)' has no attribute '(\w+)'");

const UNHEALTHY: &[&str] = &[
    "never became healthy",
    "ealthcheck failed",
    "ealth check",
    "failed to respond",
    "No open",
    "port scan",
    "ort scan",
    "connection refused",
    "502 Bad Gateway",
];

const HARMLESS: &[&str] = &[
    "Handling signal",
    "Shutting down",
    "SIGTERM",
    "SIGINT",
    "KeyboardInterrupt",
    "Press Ctrl+C to force quit",
    "HTTP/1.1\" 200",
    "HTTP/1.1\" 30",
    "HTTP/1.0\" 200",
    "ngrok",
    "Stopping Container",
];

pub(super) fn detect(view: &LogView<'_>, found: &mut Vec<Finding>) {
    loopback(view, found);
    wrong_attribute(view, found);
}

fn loopback(view: &LogView<'_>, found: &mut Vec<Finding>) {
    let mut local = None;
    for (at, line) in view.lines.iter().enumerate() {
        let Some(captures) = LISTENS.captures(&line.text) else { continue };
        if matches!(&captures[1], "127.0.0.1" | "localhost" | "::1" | "[::1]") {
            local.get_or_insert((
                at,
                captures.get(2).map_or(captures[1].to_owned(), |port| format!("{}:{}", &captures[1], port.as_str())),
            ));
        } else {
            return;
        }
    }
    let Some((at, address)) = local else { return };
    let says = |words: &[&str]| view.lines[at..].iter().any(|line| words.iter().any(|word| line.text.contains(word)));
    let unhealthy = view.lines[at..].iter().any(|line| UNHEALTHY.iter().any(|word| line.text.contains(word)));
    // Somebody got an answer, or ended it: then it is a laptop's log, or the address did no harm.
    let harmless = says(HARMLESS) || view.lines[at..].iter().any(|line| line.text.trim() == "^C");
    if !unhealthy && (harmless || !view.raised.is_empty()) {
        return;
    }
    let rank = if unhealthy { DECISIVE } else { LAST_RESORT };
    find(found, &WRONG_BIND_HOST, at, rank).subject = Some(address);
}

/// `module:attribute` with a module that imports but lacks the attribute, as gunicorn's traceback shows it.
fn wrong_attribute(view: &LogView<'_>, found: &mut Vec<Finding>) {
    for raised in &view.raised {
        let Some(captures) = ATTRIBUTE.captures(&raised.message) else { continue };
        let by_server = raised
            .frames
            .iter()
            .rev()
            .find(|frame| frame.home() != Home::Standard)
            .is_some_and(|frame| is_of_a_loader(&frame.file.replace('\\', "/")));
        if by_server {
            find(found, &WRONG_APP_ATTRIBUTE, raised.at, DECISIVE).subject = Some(captures[2].to_owned());
        }
    }
}
