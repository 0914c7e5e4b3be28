//! Servers: where they listen, what they were asked to load.

use super::found::find;
use crate::catalog::servers::is_of_a_loader;
use crate::diagnose::table::Finding;
use crate::diagnose::table::server::{APP_FACTORY_NOT_CALLED, WRONG_BIND_HOST, WSGI_ASGI_MISMATCH};
use crate::diagnose::table::start::WRONG_APP_ATTRIBUTE;
use crate::diagnose::table::{DECISIVE, LAST_RESORT};
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use crate::log::traceback::{Home, Raised};

static LISTENS: Pattern = Pattern::ascii(
    r"(?:Listening at:|running on|Running on|development server at|Listening on|Serving on|started on|URL:) *(?:TCP address )?(?:https?://)?(127\.0\.0\.1|localhost|0\.0\.0\.0|\[::\]|\[?::1?\]?|\d+\.\d+\.\d+\.\d+)[:/](\d+)?",
);
static ATTRIBUTE: Pattern = Pattern::new(r"module '([\w.]+)' has no attribute '(\w+)'");

pub(super) const UNHEALTHY: &[&str] = &[
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
    wrong_call(view, found);
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

static CALLED: Pattern = Pattern::new(
    r"^((?:\w+\.)?\w+)\(\) (?:missing \d+ required positional arguments?: (?:'(send|start_response)')?|takes (?:from \d+ to )?(\d+) positional arguments? but (\d+) were given)",
);
const OF_ASGI: &str = "serve it with uvicorn (`uvicorn MODULE:app --host 0.0.0.0 --port $PORT`), or give gunicorn uvicorn's workers (`-k uvicorn.workers.UvicornWorker`), \
    with uvicorn among the requirements; Django has a wsgi.py beside its asgi.py";
const OF_WSGI: &str = "serve it with gunicorn and its own workers (`gunicorn MODULE:app --bind 0.0.0.0:$PORT`, no `-k uvicorn…`); Django has an asgi.py beside its wsgi.py";
const OF_AIOHTTP: &str = "give gunicorn aiohttp's workers: `-k aiohttp.GunicornWebWorker`";

/// What stands after the colon is called, and is another kind of app than the server's, or makes one.
fn wrong_call(view: &LogView<'_>, found: &mut Vec<Finding>) {
    for raised in view.raised.iter().filter(|raised| raised.short() == "TypeError") {
        let message = raised.message.lines().next().unwrap_or_default();
        let Some(captures) = CALLED.captures(message) else { continue };
        let (callee, lacks) = (&captures[1], captures.get(2).map(|group| group.as_str()));
        let numbers = (captures.get(3).map(|group| group.as_str()), captures.get(4).map(|group| group.as_str()));
        let by_wsgi = calls(view, raised, "self.wsgi(environ");
        let by_asgi =
            raised.frames.last().is_some_and(|frame| is_of_a_loader(&frame.file.replace('\\', "/"))) && !by_wsgi;
        let is_app = callee.ends_with("__call__");
        let help = match (lacks, numbers) {
            (Some("send"), _) if is_app => OF_ASGI,
            (Some("start_response"), _) if is_app => OF_WSGI,
            // scope, receive and send, beside the app itself
            (_, (Some("3"), Some("4"))) if is_app && by_asgi => OF_WSGI,
            (_, (Some("1"), Some("3"))) if is_app && by_wsgi => OF_AIOHTTP,
            (_, (Some(_), Some("2"))) if !callee.contains('.') && by_wsgi => {
                let finding = find(found, &APP_FACTORY_NOT_CALLED, raised.at, DECISIVE);
                finding.help = Some(format!("call it once, in the start command: `gunicorn 'MODULE:{callee}()'`"));
                finding.subject = Some(callee.to_owned());
                continue;
            }
            // gunicorn's own check of a call in the start command: it prints what the call raised, and no traceback.
            _ if !raised.traced
                && (raised.at..raised.at + 8).any(|at| view.text(at).contains("App failed to load")) =>
            {
                let finding = find(found, &WRONG_APP_ATTRIBUTE, raised.at, DECISIVE);
                finding.message =
                    Some(format!("the start command calls `{callee}` with other arguments than it takes"));
                finding.help = Some(format!(
                    "give them in the start command (`gunicorn \"MODULE:{callee}(…)\"`), or let `{callee}` do without: by defaults, or by variables"
                ));
                finding.subject = Some(callee.to_owned());
                continue;
            }
            _ => continue,
        };
        let finding = find(found, &WSGI_ASGI_MISMATCH, raised.at, DECISIVE);
        finding.subject = callee.strip_suffix(".__call__").map(str::to_owned);
        finding.help = Some(help.to_owned());
    }
}

/// Whether the code stands right above what was raised.
fn calls(view: &LogView<'_>, raised: &Raised, code: &str) -> bool {
    view.back_from(raised.at, 3, |text| text.contains(code)).is_some()
}
