//! Servers, and what the platform expects of them.

use super::database::{DB_UNREACHABLE, REDIS_UNREACHABLE};
use super::rule::{Rule, YieldsTo, by, decisive, hint, last_resort, said};
use crate::check;
use crate::diagnose::{fixes, refine};

pub(crate) static PORT_VARIABLE_NOT_EXPANDED: Rule = Rule {
    id: check::server::LITERAL.id,
    phases: &["start"],
    message: "a literal {$PORT} reached the program",
    about: check::server::LITERAL.about,
    help: "let a shell run the command (`sh -c \"… --port $PORT\"`, no quotes around {$PORT}), or read PORT in the app",
    example: "Error: Invalid value for '--port': '$PORT' is not a valid integer.",
    signatures: &[
        decisive(r"(?P<s>\$\{?PORT[^'\x22\s]*\}?)['\x22]? is not a valid (?:port(?: number)?|int(?:eger)?)"),
        decisive(r"[Ii]nvalid (?:value|int value|literal|port|argument).*(?P<s>\$\{?PORT\b[^'\x22\s]*)"),
        decisive(r"argument -?-?p(?:ort)?(?:/--port)?: invalid int value: '(?P<s>\$?[^']*PORT[^']*)'"),
        decisive(r"'?--port'?: '(?P<s>\d+:-\d+)' is not a valid|invalid int value: '(\d+:-\d+)'"),
        // Nothing stands where `$PORT` stood: it is not set.
        said(r"Error: Option '--(?:server\.)?port' requires an argument"),
        decisive(r"'(?:--port|-p|PORT|server\.port)'.*: ''? ?is not a valid|'' is not a valid port"),
        decisive(r"Invalid value for '?--(?:server\.)?port'?.*: '' is not"),
        decisive(
            r"(?:[Ee]rror|[Ff]ailed|[Ii]nvalid|cannot|can't|[Uu]nable).*(?P<s>:?\$\{?PORT\b\}?|%PORT%|\$env:PORT|\{\{PORT\}\})",
        ),
    ],
    unless: &["failed to bind to $PORT", "Running '", "syntax error near"],
    refine: Some(refine::servers::empty_port),
    ..Rule::BLANK
};

pub(crate) static WRONG_BIND_HOST: Rule = Rule {
    id: check::server::HOST.id,
    phases: &["start"],
    message: "the app listens on {loopback} only, where the platform's router cannot reach it",
    about: check::server::HOST.about,
    help: "bind to 0.0.0.0 and the port in $PORT (`--host 0.0.0.0 --port $PORT`, `--bind 0.0.0.0:$PORT`)",
    example: "INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)",
    signatures: &[hint(r"app is (?:not listening on the expected|listening on the incorrect) address")],
    yields_to: YieldsTo::Rules(&[&PORT_VARIABLE_NOT_EXPANDED]),
    persists_with: &["never became healthy", "ealthcheck failed", "failed to respond"],
    persists_in_compose: true,
    ..Rule::BLANK
};

pub(crate) static PORT_IN_USE: Rule = Rule {
    id: "port-in-use",
    phases: &["start"],
    message: "{the port} is taken already",
    about: "Two processes want the same port: the app is started twice, or an old one is still there.",
    help: "start the server once, and let each further process use another port than {that one}",
    example: "ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use",
    signatures: &[
        decisive(r"\[(?:Errno (?:98|48)|WinError 10048)\].*bind on address \((?P<s>'[^']+', \d+)"),
        decisive(r"Connection in use: \((?P<s>[^)]+)\)"),
        decisive(r"(?i)address already in use"),
        decisive(r"(?i)only one usage of each socket address"),
        decisive(r"(?i)port (?:(?P<s>\d+) )?is (?:already )?in use"),
        decisive(r"(?i)port is already allocated"),
        decisive(r"(?i)Bind for (?P<s>\S+) failed"),
        decisive(r"(?i)\[Errno (?:98|48)\]"),
        decisive(r"(?i)EADDRINUSE"),
    ],
    recovers_with: &["Listening at:", "Worker failed to boot", "Uvicorn running on", "Application startup complete"],
    persists_with: &["hutdown complete"],
    ..Rule::BLANK
};

pub(crate) static PORT_PERMISSION_DENIED: Rule = Rule {
    id: "port-permission-denied",
    phases: &["start"],
    message: "{the port} may be opened by root only",
    about: "Ports below 1024 are privileged, and the process runs as another user.",
    help: "listen on the port in $PORT, or on one above 1023, in place of {that one}",
    example: "[ERROR] Can't connect to ('0.0.0.0', 80)",
    signatures: &[
        decisive(
            r"(?:\[Errno 13\]|\[WinError 10013\]|EACCES).*\b(?:bind|binding|address|port|socket)\b[^\d'/]*(?P<s>'[^']*', \d+|\d+)?",
        ),
        decisive(r"Can't connect to \((?P<s>'[^']+', \d{1,3})\)"),
        // asyncio and http.server of the address that they were given.
        decisive(r"Permission denied: \((?P<s>'[^']*', \d{1,4})\)"),
        decisive(r"Permission denied.*bind|bind\(\) to \S+ failed \(13: Permission denied\)"),
        said(r"You don't have permission to access that port|[Pp]ermission denied.*\bport (?P<s>\d+)"),
    ],
    ..Rule::BLANK
};

pub(crate) static HEALTHCHECK_FAILED: Rule = Rule {
    id: "healthcheck-failed",
    phases: &["start"],
    message: "the platform's health check got no 200 in time{}",
    about: "The app may run, but the probe's path did not answer 200: wrong path or port, bound to loopback, slow to start, or refusing the probe's Host.",
    help: "check that the app listens on 0.0.0.0:$PORT and that the health check's path answers 200 without login or redirect",
    example: "1/1 replicas never became healthy!",
    signatures: &[
        hint(r"(?i)replicas never became healthy"),
        hint(r"(?i)health ?check(?:s)? (?:has |have )?(?:failed|timed out|timeout|did not)"),
        hint(r"(?i)health check '[^']*'(?: on port \d+)? has failed"),
        hint(r"(?i)failed health ?checks?"),
        hint(r"(?i)container failed (?:to start|its health)"),
        hint(r"(?i)Application failed to respond"),
        hint(r"(?i)failing on machine .* port \d+"),
        hint(r"(?i)timeout reached waiting for health ?checks"),
        hint(r"(?i)Timed out after waiting for internal health"),
        hint(r"(?i)[Pp]ort scan timeout"),
        hint(r"(?i)No open (?:HTTP )?ports? detected"),
        hint(r"(?i)Error R10 \(Boot timeout\)"),
        hint(r"(?i)unhealthy"),
        hint(r"Attempt #\d+ failed with (?P<s>status \d+|service unavailable)"),
    ],
    yields_to: YieldsTo::Anything,
    refine: Some(refine::hosts::status),
    fix: Some(fixes::platform::healthcheck),
    recovers_with: &["ealthcheck succeeded", "ealth check passed", "service is live"],
    explained_by: &[by(&check::server::PORT), by(&check::honcho::BY_LINE)],
    ..Rule::BLANK
};

pub(crate) static DEVELOPMENT_SERVER: Rule = Rule {
    id: check::server::DEVELOPMENT.id,
    phases: &["start"],
    message: "Flask-SocketIO refuses to run on Werkzeug's development server where nobody sits at a terminal",
    about: check::server::DEVELOPMENT.about,
    help: "serve the app with gunicorn, one worker and threads: `gunicorn -w 1 --threads 100 --bind 0.0.0.0:$PORT MODULE:app`, with gunicorn and simple-websocket among the requirements; `allow_unsafe_werkzeug=True` in the call of run() lifts the refusal, for a trial",
    example: "RuntimeError: The Werkzeug web server is not designed to run in production. Pass allow_unsafe_werkzeug=True to the run() method to disable this error.",
    signatures: &[decisive(r"RuntimeError: The Werkzeug web server is not designed to run in production")],
    ..Rule::BLANK
};

pub(crate) static SERVES_TLS: Rule = Rule {
    id: check::protocol::TLS.id,
    phases: &["start"],
    message: "the server speaks TLS itself, and the platform's edge asks it over plain HTTP",
    about: check::protocol::TLS.about,
    help: "serve plain HTTP: leave the certificate out (ssl_context, --ssl-certfile, --certfile); the platform's edge holds the one of the domain",
    example: " * Running on https://127.0.0.1:8080",
    signatures: &[hint(
        r"(?:[Rr]unning on|Listening at:) https://(?:0\.0\.0\.0|127\.0\.0\.1|localhost|\[::\]|10\.|172\.|192\.168\.)",
    )],
    explained_by: &[by(&check::protocol::TLS)],
    ..Rule::BLANK
};

pub(crate) static HTTPS_SENT_BACK: Rule = Rule {
    id: check::https::SENT_BACK.id,
    phases: &["start"],
    message: "the app sends visitors on to HTTPS, where they are already, without end",
    about: check::https::SENT_BACK.about,
    help: "have the app believe X-Forwarded-Proto (Django: SECURE_PROXY_SSL_HEADER; uvicorn and gunicorn: --forwarded-allow-ips='*'; Flask: ProxyFix), or leave the redirect to the platform, whose edge redirects plain HTTP itself",
    example: "curl: (47) Maximum (50) redirects followed",
    signatures: &[hint(r"ERR_TOO_MANY_REDIRECTS|redirected you too many times|Maximum \(\d+\) redirects followed")],
    explained_by: &[by(&check::https::SENT_BACK)],
    ..Rule::BLANK
};

pub(crate) static WORKER_TIMEOUT: Rule = Rule {
    id: "worker-timeout",
    phases: &["start"],
    message: "gunicorn ended a worker that did not answer within the time-out",
    about: "A sync worker was busy (or still starting) for longer than --timeout. The hint about memory that follows is generic. uvicorn's parent ends a process that \
            says nothing for 5 s after its start (0.54): with `uvicorn.run(\"main:app\", workers=2)` that is the time in which the script's own imports run once more.",
    help: "raise --timeout, do slow work outside the request, or take an async worker class",
    example: "[2026-11-23 10:00:31 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:7)",
    signatures: &[
        said(
            r"\[CRITICAL\] WORKER TIMEOUT \(pid:(?:\d+)\)|WORKER TIMEOUT|Worker \(pid:\d+\) (?:was )?(?:timed out|killed by timeout)|HARAKIRI",
        ),
        last_resort(r"^(?:\S+\s+)?INFO:\s+Child process \[\d+\] died"),
    ],
    refine: Some(refine::servers::of_uvicorn),
    yields_to: YieldsTo::Rules(&[&DB_UNREACHABLE, &REDIS_UNREACHABLE]),
    ..Rule::BLANK
};

pub(crate) static UVICORN_RELOAD_WATCH: Rule = Rule {
    id: check::server::RELOAD.id,
    phases: &["start"],
    message: "the server runs with --reload, and watching the files fails or restarts it over and over",
    about: check::server::RELOAD.about,
    help: "take --reload (reload=True, debug=True) out of the start command",
    example: "WARNING:  WatchFiles detected changes in 'data/cache.py'. Reloading...",
    signatures: &[
        decisive(r"OS file watch limit reached|inotify watch limit reached|inotify instance limit reached"),
        decisive(r"ENOSPC: System limit for number of file watchers|Too many open files.*(?:inotify|watch)"),
        hint(
            r"(?:WatchFiles|StatReload|WatchGodReload|watchgod) detected (?:changes?|file change) in '?(?P<s>[^']+?)'?\. Reloading",
        ),
        hint(r"Detected change in '(?P<s>[^']+)', reloading"),
        last_resort(r"Current configuration will not reload as not all conditions are met"),
    ],
    ..Rule::BLANK
};

pub(crate) static UVICORN_WANTS_IMPORT_STRING: Rule = Rule {
    id: check::uvicorn_run::TEXT.id,
    phases: &["start"],
    message: "uvicorn is given the app itself, where several workers or reloading want its name as a text",
    about: check::uvicorn_run::TEXT.about,
    help: "name the app by a text (`uvicorn.run(\"main:app\", …)`), or take workers= and reload= out of the call; where it has neither, WEB_CONCURRENCY is set, and workers=1 overrules that",
    example: "WARNING:  You must pass the application as an import string to enable 'reload' or 'workers'.",
    signatures: &[
        said(r"You must pass the application as an import string to enable 'reload' or 'workers'"),
        said(r#"You must pass the application as an import string to enable "(?P<s>reload)" or "workers""#),
    ],
    refine: Some(refine::servers::of_nicegui),
    ..Rule::BLANK
};

pub(crate) static WORKER_CLASS_UNKNOWN: Rule = Rule {
    id: check::workers::UNKNOWN.id,
    phases: &["start"],
    message: "gunicorn's installed release has no worker {of that name}",
    about: check::workers::UNKNOWN.about,
    help: "name one that it has (sync, gthread, gevent, tornado, asgi) or a class in full (uvicorn.workers.UvicornWorker); `eventlet` wants gunicorn<26",
    example: "ImportError: Entry point ('gunicorn.workers', 'eventlet') not found",
    signatures: &[decisive(r"Entry point \('gunicorn\.workers', '(?P<s>[^']+)'\) not found")],
    ..Rule::BLANK
};

pub(crate) static WSGI_ASGI_MISMATCH: Rule = Rule {
    id: check::framework::KIND.id,
    phases: &["start"],
    message: "the server calls {the app} in a way that is not the app's: one speaks WSGI, the other ASGI",
    about: check::framework::KIND.about,
    help: "serve WSGI (Flask, Django's wsgi.py) with gunicorn's own workers, ASGI (FastAPI, Starlette, Quart, Django's asgi.py) with uvicorn or uvicorn's workers",
    example: "TypeError: FastAPI.__call__() missing 1 required positional argument: 'send'",
    explained_by: &[by(&check::framework::KIND)],
    ..Rule::BLANK
};

pub(crate) static APP_FACTORY_NOT_CALLED: Rule = Rule {
    id: check::factory::FACTORY.id,
    phases: &["start"],
    message: "{a function that makes the app} stands in the place of the app",
    about: check::factory::FACTORY.about,
    help: "call it once, in the start command: `gunicorn 'MODULE:create_app()'`",
    example: "    respiter = self.wsgi(environ, resp.start_response)\nTypeError: create_app() takes 0 positional arguments but 2 were given",
    explained_by: &[by(&check::factory::FACTORY)],
    ..Rule::BLANK
};
