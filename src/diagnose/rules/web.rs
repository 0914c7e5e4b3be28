//! Servers, frameworks, and what the platform expects of them.

use crate::diagnose::rule::{Rule, decisive, hint, last_resort, said};

pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "django-allowed-hosts",
        phases: &["start"],
        message: "{the host of the request} is not in Django's ALLOWED_HOSTS",
        about: "Django answers 400 to requests whose Host header it was not told of. On Railway the health check comes as healthcheck.railway.app.",
        cure: "add {the host} to ALLOWED_HOSTS (and healthcheck.railway.app, if the platform probes the app)",
        example: "django.core.exceptions.DisallowedHost: Invalid HTTP_HOST header: 'harbour.example'. You may need to add 'harbour.example' to ALLOWED_HOSTS.",
        link: Some("https://docs.djangoproject.com/en/stable/ref/settings/#allowed-hosts"),
        signs: &[decisive(
            r"Invalid HTTP_HOST header: '(?P<s>[^']+)'|DisallowedHost|You must set settings\.ALLOWED_HOSTS if DEBUG is False",
        )],
        ..Rule::BLANK
    },
    Rule {
        id: "django-secret-key-missing",
        phases: &["build", "start"],
        message: "Django's SECRET_KEY is empty{}",
        about: "settings.py takes SECRET_KEY from a variable that is not set here (builds often have other variables than the running app).",
        cure: "set SECRET_KEY (or the variable that settings.py reads) for the service, at build time as well if collectstatic runs there",
        example: "django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.",
        signs: &[
            decisive(r"The SECRET_KEY setting must not be empty|SECRET_KEY must be at least \d+"),
            decisive(
                r"(?:Set the (?P<s>\w*SECRET_KEY\w*) environment variable)|(?:^|: )(?P<s2>(?:DJANGO_)?SECRET_KEY) not found\. Declare it as envvar|KeyError: '(?P<s3>DJANGO_SECRET_KEY|DJANGO_SECRET)'",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "django-settings-module-missing",
        phases: &["build", "start"],
        message: "Django's settings module {in DJANGO_SETTINGS_MODULE} is not set or cannot be found",
        about: "DJANGO_SETTINGS_MODULE is unset, or names a module that cannot be imported from the folder in which the app starts.",
        cure: "set DJANGO_SETTINGS_MODULE to the dotted path of the settings, and start in the folder of manage.py",
        example: "django.core.exceptions.ImproperlyConfigured: Requested setting INSTALLED_APPS, but settings are not configured. You must either define the environment variable DJANGO_SETTINGS_MODULE or call settings.configure() before accessing settings.",
        signs: &[decisive(
            r"settings are not configured\. You must either define the environment variable|Could not import settings '(?P<s>[^']+)'|DJANGO_SETTINGS_MODULE.*(?:not set|undefined|is not defined)",
        )],
        ..Rule::BLANK
    },
    Rule {
        id: "collectstatic-failed",
        phases: &["build", "start"],
        message: "collectstatic failed{}",
        about: "Django's collectstatic found no STATIC_ROOT, or a static file refers to one that is not there.",
        cure: "set STATIC_ROOT in settings.py, and correct the reference named in the message",
        example: "django.core.exceptions.ImproperlyConfigured: You're using the staticfiles app without having set the STATIC_ROOT setting to a filesystem path.",
        signs: &[
            decisive(
                r"without having set the STATIC_ROOT setting|using the staticfiles app without having|Collectstatic configuration error|Missing staticfiles manifest entry for '(?P<s>[^']+)'|MissingFileError: The file '(?P<s2>[^']+)'|The file '(?P<s3>[^']+)' could not be found with|Post-processing '(?P<s4>[^']+)' failed",
            ),
            said(r"(?P<s>Unknown command: 'collectstatic')"),
            hint(
                r"Error while running '\$ python manage\.py collectstatic|collectstatic.*(?:failed|did not complete|exit code: 1)|The STATICFILES_DIRS setting should (?:not contain|be)",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "start-program-not-found",
        phases: &["start"],
        message: "{the program of the start command} is not installed",
        about: "The start command calls a program that no requirement brings, or that is installed where PATH does not lead.",
        cure: "add {the program} to requirements.txt",
        example: "/bin/bash: line 1: gunicorn: command not found",
        signs: &[
            decisive(
                r"(?:^|[\s/:])(?P<s>gunicorn|uvicorn|hypercorn|daphne|waitress-serve|uwsgi|streamlit|celery|flask|fastapi|django-admin|chainlit|gradio|rq|dramatiq|huey_consumer|alembic|granian|sanic|litestar|supervisord|honcho|chalice|scrapy|reflex|panel|voila|jupyter|solara|mlflow|prefect|airflow|dagster|taskiq|arq|nb|watchmedo|watchfiles|twistd|quart|aiohttp|robyn|nicegui|rasa|superset|locust|poetry|uv|pipenv|pdm|hatch|just|make|npm|yarn|node|bun|honcho|foreman|dotenv|doppler|newrelic-admin|ddtrace-run|opentelemetry-instrument)(?:: (?:command )?not found|: No such file or directory)",
            ),
            decisive(
                r#"(?:exec:? |executable ?`?|executable file )\\?["'`](?P<s>[\w./-]+?)\\?["'`]:? ?(?:executable file not found|could not be found|: no such file|stat )|The executable `(?P<s2>[^`]+)` could not be found|exec (?P<s3>/?[\w./-]+): (?:no such file or directory|executable file not found)"#,
            ),
            decisive(
                r"(?:^|[/\\\s])python[\d.]*(?:\.exe)?: No module named (?P<s>gunicorn|uvicorn|hypercorn|daphne|waitress|streamlit|uwsgi|celery|flask|granian|sanic|alembic|chainlit)\s*$",
            ),
            said(r"(?:bash|sh)(?:: line \d+|: \d+)?: (?P<s>[\w.-]+:?): (?:command )?not found"),
            said(
                r"(?P<s>[\w-]+)(?:'|’)? is not recognized as an internal or external command|Command not found: (?P<s2>\S+)|error: Failed to spawn: `(?P<s3>[^`]+)`",
            ),
        ],
        yields_to: &[
            "pip-not-found",
            "git-missing",
            "missing-compiler",
            "missing-rust",
            "missing-system-binary",
            "missing-system-header",
            "start-file-missing",
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "start-file-missing",
        phases: &["start"],
        message: "{the script of the start command} is not in the deployed folder",
        about: "The start command names a file that is not there: another name or folder, not committed, or the wrong root directory.",
        cure: "correct the path of {the script} in the start command, or commit the file",
        example: "python: can't open file '/app/main.py': [Errno 2] No such file or directory",
        signs: &[
            decisive(r"can't (?:open|find) (?:file|'__main__' module in) '?(?P<s>[^':]+)'?(?:: |\s*$)"),
            decisive(
                r"(?P<s>\S+): cannot execute: required file not found|(?P<s2>\S+): \S+: bad interpreter: No such file",
            ),
            decisive(
                r"can't find '__main__' module in '?(?P<s>[^']+)'?|Error: Invalid value: File does not exist: (?P<s2>\S+)|(?:bash|sh)(?:: line \d+|: \d+)?: (?P<s3>\S+\.(?:sh|py)): (?:No such file|not found)|(?:bash|sh): (?P<s4>\S+\.sh): No such file|chmod: cannot access '(?P<s5>[^']+)'|exec:? \x22?(?P<s6>/?[\w./-]+\.(?:sh|py))\x22?: (?:no such file|stat )",
            ),
            said(
                r"(?:cd|bash|sh)(?:: line \d+|: \d+)?:? ?(?:cd)?:? (?:can't cd to )?(?P<s>[\w./-]+): No such file or directory|'(?P<s2>\S+\.sh)': No such file or directory",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "wrong-start-module",
        phases: &["start"],
        message: "the server cannot import {the module} that the start command names",
        yields_to: &["wrong-app-attribute"],
        about: "The part before the colon of `module:attribute` is no module in the folder in which the server starts.",
        cure: "give the dotted path from the root of the project (`folder.file:app`), or change the folder with --chdir or --app-dir",
        example: "ERROR:    Error loading ASGI app. Could not import module \"main\".",
        signs: &[
            decisive(
                r#"Error loading ASGI app\. Could not import module "?(?P<s>[\w.]+)"?|Import string "(?P<s2>[^"]*)" must be in format"#,
            ),
            decisive(
                r"Error: Could not (?:locate a Flask application|import '(?P<s>[^']+)'|find Flask application|locate Flask)|flask\.cli\.NoAppException|No such (?:app|module):? '(?P<s2>[\w.]+)'",
            ),
            decisive(
                r"Unable to load celery application\.(?:\s+The module (?P<s>\S+) was not found)?|The module (?P<s2>[\w.]+) was not found\.|Invalid value for '-A'|Path does not exist (?P<s3>\S+\.py)|Could not find (?:a default file to run|module), please provide an explicit path|Cannot import .*(?:--app|application) .*",
            ),
            decisive(
                r"[Cc]annot load application from '(?P<s>[^']+)', module not found|There was an exception \((?:ModuleNotFound|Import)Error\) importing your module",
            ),
            decisive(
                r"NoAppException: (?:Cannot load application|Failed)[^']*'(?P<s>[^']+)'|Invalid input\. Callable name",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "wrong-app-attribute",
        phases: &["start"],
        message: "the module is there, but has no {attribute of that name}",
        about: "The part after the colon of `module:attribute` is not what the module calls its application.",
        cure: "name the variable that holds the application in the start command in place of {that name}",
        example: "ERROR:    Error loading ASGI app. Attribute \"app\" not found in module \"main\".",
        signs: &[
            decisive(r"^(?:Error: |\d+\. )module '[\w.]+' has no attribute '(?P<s>\w+)'"),
            decisive(
                r#"Error loading ASGI app\. Attribute "(?P<s>[^"]+)" not found|Failed to find (?:application object|attribute) '?(?P<s2>[^' ]+?)'? in|Failed to find application: '(?P<s3>[^']+)'|Application object must be callable|Failed to find Flask (?:application|factory).*|Cannot find (?:application|app) "#,
            ),
            decisive(
                r"[Cc]annot load application from '(?P<s5>[^']+)', application not found|Function name or attribute reference|Failed to parse '(?P<s>[^']+)' as an attribute name or function call|Error: Failed to find Flask application or factory in module '(?P<s2>[^']+)'|Could not find FastAPI app in module|unable to find an? (?:ASGI|WSGI) (?:app|application)|Module '(?P<s3>[^']+)' has no attribute 'celery'|AppImportError: .*has no attribute '(?P<s4>[^']+)'",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "port-variable-not-expanded",
        phases: &["start"],
        message: "a literal {$PORT} reached the program",
        about: "The start command was run without a shell (a JSON array or exec form, or single quotes), so nobody put the number in.",
        cure: "let a shell run the command (`sh -c \"… --port $PORT\"`, no quotes around {$PORT}), or read PORT in the app",
        example: "Error: Invalid value for '--port': '$PORT' is not a valid integer.",
        signs: &[
            decisive(
                r"(?P<s>\$\{?PORT[^'\x22\s]*\}?)['\x22]? is not a valid (?:port(?: number)?|int(?:eger)?)|[Ii]nvalid (?:value|int value|literal|port|argument).*(?P<s2>\$\{?PORT\b[^'\x22\s]*)",
            ),
            decisive(r"argument -?-?p(?:ort)?(?:/--port)?: invalid int value: '(?P<s>\$?[^']*PORT[^']*)'"),
            decisive(
                r"'(?:--port|-p|PORT|server\.port)'.*: ''? ?is not a valid|'' is not a valid port|Invalid value for '?--(?:server\.)?port'?.*: '' is not|(?:[Ee]rror|[Ff]ailed|[Ii]nvalid|cannot|can't|[Uu]nable).*(?P<s>:?\$\{?PORT\b\}?|%PORT%|\$env:PORT|\{\{PORT\}\})",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "wrong-bind-host",
        phases: &["start"],
        message: "the app listens on {loopback} only, where the platform's router cannot reach it",
        about: "A server bound to 127.0.0.1 answers inside its container only. The platform connects from outside.",
        yields_to: &["port-variable-not-expanded"],
        cure: "bind to 0.0.0.0 and the port in $PORT (`--host 0.0.0.0 --port $PORT`, `--bind 0.0.0.0:$PORT`)",
        example: "INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)",
        signs: &[hint(r"app is (?:not listening on the expected|listening on the incorrect) address")],
        ..Rule::BLANK
    },
    Rule {
        id: "port-in-use",
        phases: &["start"],
        message: "{the port} is taken already",
        about: "Two processes want the same port: the app is started twice, or an old one is still there.",
        cure: "start the server once, and let each further process use another port than {that one}",
        example: "ERROR:    [Errno 98] error while attempting to bind on address ('0.0.0.0', 8000): address already in use",
        signs: &[
            decisive(
                r"\[(?:Errno (?:98|48)|WinError 10048)\].*bind on address \((?P<s>'[^']+', \d+)|Connection in use: \((?P<s2>[^)]+)\)|(?i)address already in use|only one usage of each socket address",
            ),
            decisive(
                r"(?i)port (?:(?P<s>\d+) )?is (?:already )?in use|port is already allocated|Bind for (?P<s2>\S+) failed|\[Errno (?:98|48)\]|EADDRINUSE",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "port-permission-denied",
        phases: &["start"],
        message: "{the port} may be opened by root only",
        about: "Ports below 1024 are privileged, and the process runs as another user.",
        cure: "listen on the port in $PORT, or on one above 1023, in place of {that one}",
        example: "[ERROR] Can't connect to ('0.0.0.0', 80)",
        signs: &[
            decisive(
                r"(?:\[Errno 13\]|\[WinError 10013\]|EACCES).*\b(?:bind|binding|address|port|socket)\b[^\d'/]*(?P<s>'[^']*', \d+|\d+)?|Can't connect to \((?P<s2>'[^']+', \d{1,3})\)|Permission denied.*bind|bind\(\) to \S+ failed \(13: Permission denied\)",
            ),
            said(r"You don't have permission to access that port|[Pp]ermission denied.*\bport (?P<s>\d+)"),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "healthcheck-failed",
        phases: &["start"],
        message: "the platform's health check got no 200 in time{}",
        about: "The app may run, but the probe's path did not answer 200: wrong path or port, bound to loopback, slow to start, or refusing the probe's Host.",
        cure: "check that the app listens on 0.0.0.0:$PORT and that the health check's path answers 200 without login or redirect",
        example: "1/1 replicas never became healthy!",
        signs: &[
            hint(
                r"(?i)replicas never became healthy|health ?check(?:s)? (?:has |have )?(?:failed|timed out|timeout|did not)|health check '[^']*'(?: on port \d+)? has failed|failed health ?checks?|container failed (?:to start|its health)|Application failed to respond|failing on machine .* port \d+|timeout reached waiting for health ?checks|Timed out after waiting for internal health|[Pp]ort scan timeout|No open (?:HTTP )?ports? detected|Error R10 \(Boot timeout\)|unhealthy",
            ),
            hint(r"Attempt #\d+ failed with (?P<s>status \d+|service unavailable)"),
        ],
        yields_to: &["*"],
        ..Rule::BLANK
    },
    Rule {
        id: "worker-timeout",
        phases: &["start"],
        message: "gunicorn ended a worker that did not answer within the time-out",
        about: "A sync worker was busy (or still starting) for longer than --timeout. The hint about memory that follows is generic.",
        cure: "raise --timeout, do slow work outside the request, or take an async worker class",
        example: "[2026-11-23 10:00:31 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:7)",
        signs: &[said(
            r"\[CRITICAL\] WORKER TIMEOUT \(pid:(?:\d+)\)|WORKER TIMEOUT|Worker \(pid:\d+\) (?:was )?(?:timed out|killed by timeout)|HARAKIRI",
        )],
        yields_to: &["db-unreachable", "redis-unreachable"],
        ..Rule::BLANK
    },
    Rule {
        id: "uvicorn-reload-watch",
        phases: &["start"],
        message: "the server runs with --reload, and watching the files fails or restarts it over and over",
        about: "Reloading is for development: in a container it hits the limit of file watches, or sees the app's own writes and restarts without end.",
        cure: "take --reload (reload=True, debug=True) out of the start command",
        example: "WARNING:  WatchFiles detected changes in 'data/cache.py'. Reloading...",
        signs: &[
            decisive(
                r"OS file watch limit reached|inotify watch limit reached|inotify instance limit reached|ENOSPC: System limit for number of file watchers|Too many open files.*(?:inotify|watch)",
            ),
            hint(
                r"(?:WatchFiles|StatReload|WatchGodReload|watchgod) detected (?:changes?|file change) in '?(?P<s>[^']+?)'?\. Reloading|Detected change in '(?P<s2>[^']+)', reloading",
            ),
            last_resort(
                r"Current configuration will not reload as not all conditions are met|You must pass the application as an import string to enable 'reload' or 'workers'",
            ),
        ],
        ..Rule::BLANK
    },
    Rule {
        id: "process-exits-immediately",
        phases: &["start"],
        message: "nothing keeps the process alive: it ends by itself{}",
        about: "The start command ran to its end without an error. A service must stay: a server, a polling bot or a worker loop.",
        cure: "start the server or the polling loop (`app.run()`, `bot.run()`, a WSGI server), or deploy it as a job",
        example: "app exited with code 0",
        signs: &[hint(
            r"(?i)^\S+ exited (?:early|with (?:exit )?(?:code|status):? 0)\b|main child exited normally with code: 0|(?:process|container|app|application|service|instance|machine|replica|task)\b.* (?:exited|finished|stopped|terminated|completed) (?:early|with (?:exit )?(?:code|status):? \(?0\b)|application exited early|container (?:stopped|exited) (?:immediately|unexpectedly)|Deployment (?:completed|finished) .*exit(?:ed)? .*0",
        )],
        yields_to: &["*"],
        ..Rule::BLANK
    },
];
