//! Routes for WebSockets behind a server that speaks none.

use super::django::settings;
use super::facts::Facts;
use super::facts::command::invocations;
use super::facts::start::Start;
use super::finding::{Check, Findings, warning};

const NOT_SERVED: Check = warning(
    "websockets-not-served",
    "Django Channels speaks WebSockets by asgi.py. gunicorn on wsgi.py, which is what the builders start for a Django project, never loads that: the pages \
     answer, and every WebSocket is refused with 404.",
);

pub(super) const CHECKS: &[Check] = &[NOT_SERVED];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let Some((path, _)) = settings(facts) else { return };
    let asgi = path.with_file_name("asgi.py");
    let Some(text) = facts.app.has_file(&asgi).then(|| facts.app.read_text(&asgi).ok()).flatten() else { return };
    let is_route = |line: &str| {
        let line = line.trim_start();
        !line.starts_with('#') && (line.contains("\"websocket\":") || line.contains("'websocket':"))
    };
    let Some((index, line)) = text.lines().enumerate().find(|(_, line)| is_route(line)) else { return };
    let module = asgi.with_extension("").to_string_lossy().replace('/', ".");
    for start in Start::all(facts) {
        let by_wsgi = invocations(start.command).into_iter().any(|invocation| {
            let is_server = matches!(invocation.program, "gunicorn" | "waitress-serve" | "uwsgi");
            is_server && invocation.arguments.iter().any(|word| word.contains("wsgi"))
        });
        if by_wsgi {
            let finding = NOT_SERVED
                .found("the start serves wsgi.py, which has no WebSockets: the routes for them are never reached")
                .about("websocket")
                .at(facts.app.line(&asgi, Some(index + 1)), line)
                .at(start.source.clone(), start.command);
            findings.push(finding.help(format!(
                "serve asgi.py (`daphne -b 0.0.0.0 -p $PORT {module}:application`, or `uvicorn {module}:application --host 0.0.0.0 --port $PORT`), unless another service does"
            )));
        }
    }
}
