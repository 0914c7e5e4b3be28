//! Requests that ended with an error while the server served on: a fault of one page, and none of the deploy.

use super::serving::UNHEALTHY;
use crate::diagnose::table::Finding;
use crate::diagnose::table::platform::{INVALID_TOKEN, SERVICE_REFUSES};
use crate::diagnose::table::python::CODE_ERROR;
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use crate::log::traceback::{Home, Raised};

/// A line of an access log, as uvicorn, gunicorn, Werkzeug, Hypercorn and Django's runserver write it: path and status.
static ACCESS: Pattern =
    Pattern::ascii(r#""(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) ((?u:\S){1,600}) HTTP/[\d.]+" ?(\d{3})\b"#);
/// What servers and frameworks print above the traceback of a request: uvicorn 0.54, gunicorn 23, Flask 3.1, Django 5, aiohttp 3.14.
const OF_A_REQUEST: &[&str] = &[
    "Exception in ASGI application",
    "Error handling request",
    "Internal Server Error: /",
    "Exception on /",
    "Exception occurred during processing of request",
];
/// How far above its last line the head of a traceback may stand.
const REACH: usize = 120;
/// How health checks call their paths.
const HEALTH: &[&str] = &["health", "ready", "alive", "live", "ping", "status", "up"];

/// Whether an error of the code's own, or a service that refuses, ended one request alone: others were answered well, and nobody says that the deploy failed.
pub(in crate::diagnose) fn is_of_one_request(view: &LogView<'_>, finding: &Finding) -> bool {
    if ![&CODE_ERROR, &INVALID_TOKEN, &SERVICE_REFUSES].contains(&finding.rule) {
        return false;
    }
    let is_in_a_request = |raised: &Raised| {
        let by_server = raised.frames.first().is_some_and(|frame| frame.home() != Home::Project);
        by_server
            && view.back_from(finding.at, REACH, |text| OF_A_REQUEST.iter().any(|words| text.contains(words))).is_some()
    };
    view.raised_at(finding.at).is_some_and(is_in_a_request) && serves(view)
}

/// Whether the log shows a server that answers, and no health check that it fails.
fn serves(view: &LogView<'_>) -> bool {
    let mut answers = false;
    let mut last_of_health = None;
    for line in view.lines {
        if UNHEALTHY.iter().any(|words| line.text.contains(words)) {
            return false;
        }
        let Some(found) = ACCESS.captures(&line.text) else { continue };
        let status = &found[2];
        answers |= status.starts_with('2');
        let path = found[1].split('?').next().unwrap_or_default().to_lowercase();
        let is_named = path.split(['/', '-', '_']).any(|word| HEALTH.iter().any(|name| word.starts_with(name)));
        if is_named || line.text.contains("HealthCheck") {
            last_of_health = Some(status.to_owned());
        }
    }
    answers && last_of_health.is_none_or(|status| !status.starts_with('5'))
}
