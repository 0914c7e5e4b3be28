//! The start command: what it calls and what it loads.

use super::compile::{MISSING_COMPILER, MISSING_RUST, MISSING_SYSTEM_HEADER};
use super::install::PIP_NOT_FOUND;
use super::machine::{GIT_MISSING, MISSING_SYSTEM_BINARY};
use super::rule::{
    OnRailpack, Rule, YieldsTo, by, decisive, hint, last_resort, over_fixes_by, over_fixes_of_its_subject, said,
};
use crate::check;
use crate::diagnose::fixes;
use crate::diagnose::refine;

pub(crate) static START_MAKES_ENVIRONMENT: Rule = Rule {
    id: check::wrapper::WRAPPER.id,
    phases: &["start"],
    message: "the start command makes an environment of its own, without any package in it{}",
    about: check::wrapper::WRAPPER.about,
    help: "start without `poetry run`, `pipenv run` and the like: the programs of /opt/venv are on PATH",
    on_railpack: OnRailpack::help(
        "start without `poetry run`, `pipenv run` and the like: the programs of /app/.venv are on PATH",
    ),
    example: "Starting Container\nCreating virtualenv tides-9TtSrW0h-py3.12 in /root/.cache/pypoetry/virtualenvs\nModuleNotFoundError: No module named 'flask'",
    signatures: &[],
    ..Rule::BLANK
};

pub(crate) static ENVIRONMENT_MISSING: Rule = Rule {
    id: check::environment_path::MISSING.id,
    phases: &["install", "build", "start"],
    message: "{a program of a virtual environment} is not there: nothing made that environment, or something hides it",
    about: check::environment_path::MISSING.about,
    help: "call `python`, `gunicorn` and the like by name alone, and let the install phase make the environment: delete [phases.install], or begin \
           its command with `python -m venv --copies /opt/venv && . /opt/venv/bin/activate && `; mount volumes elsewhere",
    on_railpack: OnRailpack::help(
        "call `python`, `gunicorn` and the like by name alone: Railpack's environment is /app/.venv, and its programs are on PATH",
    ),
    example: "/bin/bash: line 1: /opt/venv/bin/python: No such file or directory",
    signatures: &[
        decisive(
            r"(?:^|[\s:'\x22])(?P<s>(?:/opt|/app)?/?\.?v?env/bin/(?:python[\d.]*|pip[\d.]*|activate))['\x22]?: (?:No such file|not found|no such file)",
        ),
        decisive(
            r"(?:^|[\s:'\x22])(?P<s>(?:\./|/app/)?\.?v?env/bin/[\w.-]+)['\x22]?: (?:No such file|not found|no such file)",
        ),
        decisive(r"\S+: (?P<s>\S*env/bin/python[\d.]*): bad interpreter"),
        decisive(r"(?P<s>\S*env/bin/[\w.-]+): cannot execute: required file not found"),
    ],
    ..Rule::BLANK
};

pub(crate) static START_PROGRAM_NOT_FOUND: Rule = Rule {
    id: check::server::PROGRAM.id,
    phases: &["start"],
    message: "{the program of the start command} is not installed",
    about: check::server::PROGRAM.about,
    help: "add {the program} to requirements.txt",
    example: "/bin/bash: line 1: gunicorn: command not found",
    signatures: &[
        decisive(
            r"(?:^|[\s/:])(?P<s>gunicorn|uvicorn|hypercorn|daphne|waitress-serve|uwsgi|streamlit|celery|flask|fastapi|django-admin|chainlit)(?:: (?:command )?not found|: No such file or directory)",
        ),
        decisive(
            r"(?:^|[\s/:])(?P<s>gradio|rq|dramatiq|huey_consumer|alembic|granian|sanic|litestar|supervisord|honcho|chalice|scrapy|reflex|panel)(?:: (?:command )?not found|: No such file or directory)",
        ),
        decisive(
            r"(?:^|[\s/:])(?P<s>voila|jupyter|solara|mlflow|prefect|airflow|dagster|taskiq|arq|nb|watchmedo|watchfiles|twistd|quart|aiohttp)(?:: (?:command )?not found|: No such file or directory)",
        ),
        decisive(
            r"(?:^|[\s/:])(?P<s>robyn|nicegui|rasa|superset|locust|poetry|uv|pipenv|pdm|hatch|honcho)(?:: (?:command )?not found|: No such file or directory)",
        ),
        decisive(
            r"(?:^|[\s/:])(?P<s>dotenv|doppler|newrelic-admin|ddtrace-run|opentelemetry-instrument)(?:: (?:command )?not found|: No such file or directory)",
        ),
        decisive(
            r#"(?:exec:? |executable ?`?|executable file )\\?["'`](?P<s>[\w./-]+?)\\?["'`]:? ?(?:executable file not found|could not be found|: no such file|stat )"#,
        ),
        decisive(r"The executable `(?P<s>[^`]+)` could not be found"),
        decisive(r"exec (?P<s>/?[\w./-]+): (?:no such file or directory|executable file not found)"),
        decisive(
            r"(?:^|[/\\\s])python[\d.]*(?:\.exe)?: No module named (?P<s>gunicorn|uvicorn|hypercorn|daphne|waitress|streamlit|uwsgi|celery|flask|granian|sanic|alembic|chainlit)\s*$",
        ),
        said(r"(?:bash|sh)(?:: line \d+|: \d+)?: (?P<s>[\w.-]+:?): (?:command )?not found"),
        said(r"(?P<s>[\w-]+)(?:'|’)? is not recognized as an internal or external command"),
        said(r"Command not found: (?P<s>\S+)"),
        said(r"error: Failed to spawn: `(?P<s>[^`]+)`"),
        said(r"(?:/opt/venv|/app/\.venv)/bin/(?P<s>[\w.-]+): (?:No such file|not found)"),
    ],
    yields_to: YieldsTo::Rules(&[
        &PIP_NOT_FOUND,
        &GIT_MISSING,
        &MISSING_COMPILER,
        &MISSING_RUST,
        &MISSING_SYSTEM_BINARY,
        &MISSING_SYSTEM_HEADER,
        &START_FILE_MISSING,
        &ENVIRONMENT_MISSING,
    ]),
    is_of_a_package: true,
    refine: Some(refine::servers::guessed),
    fix: Some(fixes::requirements::missing_module),
    explained_by: &[
        over_fixes_of_its_subject(&check::wrapper::WRAPPER),
        over_fixes_by(&check::environment_path::MISSING),
        over_fixes_by(&check::nixpacks::install::NOTHING_INSTALLED),
        over_fixes_by(&check::railpack::NOTHING),
        by(&check::nixpacks::setup::PYTHON_DROPPED),
        over_fixes_by(&check::nixpacks::install::BYPASSED),
        over_fixes_by(&check::members::NOT_INSTALLED),
    ],
    ..Rule::BLANK
};

pub(crate) static SHELL_SYNTAX_ERROR: Rule = Rule {
    id: check::shell_syntax::SYNTAX.id,
    message: "the shell cannot read the command or script{}",
    about: check::shell_syntax::SYNTAX.about,
    help: "put what a program is to get whole in quotes (`\"app:create_app()\"`), and close every quote, parenthesis, `if` and `do`",
    example: "/bin/bash: -c: line 1: syntax error near unexpected token `('",
    signatures: &[
        decisive(
            r"(?:^|[\s/:])(?:bash|[\w./-]+\.(?:sh|bash)): (?:-c: )?(?:line \d+: )?syntax error(?: near unexpected token|: unexpected end of file)",
        ),
        decisive(
            r"(?:^|[\s/:])(?:bash|[\w./-]+\.(?:sh|bash)): (?:-c: )?(?:line \d+: )?unexpected EOF while looking for matching",
        ),
        decisive(
            r"(?:^|[\s/:])(?:sh|dash|[\w./-]+\.sh): (?:line )?\d+: (?i:syntax error): .*(?:unexpected|Unterminated|expecting)",
        ),
    ],
    // The end of a line as Windows writes it is what bash stumbles over.
    unless: &["\\r'", "\r"],
    yields_to: YieldsTo::Rules(&[&WINDOWS_LINE_ENDINGS]),
    explained_by: &[over_fixes_by(&check::shell_syntax::SYNTAX), over_fixes_by(&check::railpack::config::QUOTE)],
    ..Rule::BLANK
};

pub(crate) static WINDOWS_LINE_ENDINGS: Rule = Rule {
    id: check::endings::ENDINGS.id,
    phases: &["build", "start"],
    message: "the script's lines end in CR LF, as Windows writes them{}",
    about: check::endings::ENDINGS.about,
    help: "write the script with the line ends of Linux (LF), and have git keep them: `*.sh text eol=lf` in .gitattributes",
    example: "/usr/bin/env: 'bash\\r': No such file or directory",
    signatures: &[
        decisive(r"(?:^|[\s/:])(?P<s>[\w./-]+\.(?:sh|bash)): (?:line \d+: )?\$'[^']*\\r': (?:command )?not found"),
        decisive(r"\$'[^']*\\r': (?:command )?not found"),
        decisive(r"syntax error near unexpected token `(?:\$'[^']*\\r'|\S*\r)"),
        decisive(r"env: (?:'|‘|\x22)?[\w.-]+\\r(?:'|’|\x22)?: (?:No such file|not found)"),
        decisive(r"(?P<s>[\w./-]+): [\w./-]+(?:\^M|\\r): bad interpreter"),
        decisive(r"can't open file '[^']+\\r'"),
        decisive(
            r"(?P<s>[\w./-]+\.(?:sh|bash)): line \d+: set: (?:errexit|pipefail|nounset|xtrace)(?u:\W)*: invalid option",
        ),
        decisive(r"No such file or directory: '[^']+\\r'"),
    ],
    ..Rule::BLANK
};

pub(crate) static START_FILE_MISSING: Rule = Rule {
    id: check::entry::FILE.id,
    phases: &["start"],
    message: "{the script of the start command} is not in the deployed folder",
    about: check::entry::FILE.about,
    help: "correct the path of {the script} in the start command, or commit the file",
    example: "python: can't open file '/app/main.py': [Errno 2] No such file or directory",
    signatures: &[
        decisive(r"can't (?:open|find) (?:file|'__main__' module in) '?(?P<s>[^':]+)'?(?:: |\s*$)"),
        decisive(r"(?P<s>\S+): cannot execute: required file not found"),
        decisive(r"(?P<s>\S+): \S+: bad interpreter: No such file"),
        decisive(r"can't find '__main__' module in '?(?P<s>[^']+)'?"),
        decisive(r"Error: Invalid value: File does not exist: (?P<s>\S+)"),
        decisive(r"^Error: '(?P<s>[^']+\.py)' doesn't exist$"),
        decisive(r"FileNotFoundError: (?P<s>\S+\.(?:ini|cfg|conf|ya?ml|json|toml)) doesn't exist$"),
        decisive(r"^Error: can't chdir to '(?P<s>[^']+)'"),
        decisive(r"No config file '(?P<s>[^']+)' found, or file has no '\[alembic\]' section"),
        decisive(r"^FAILED: No 'script_location' key found in configuration"),
        decisive(r"Error: No config file found at default paths \(\S*?(?P<s>supervisord\.conf)"),
        decisive(r"(?P<s>Procfile) does not exist or is not a file"),
        decisive(r"(?:bash|sh)(?:: line \d+|: \d+)?: (?P<s>\S+\.(?:sh|py)): (?:No such file|not found)"),
        decisive(r"(?:bash|sh): (?P<s>\S+\.sh): No such file"),
        decisive(r"chmod: cannot access '(?P<s>[^']+)'"),
        decisive(r"exec:? \x22?(?P<s>/?[\w./-]+\.(?:sh|py))\x22?: (?:no such file|stat )"),
        said(
            r"(?:cd|bash|sh)(?:: line \d+|: \d+)?:? ?(?:cd)?:? (?:can't cd to )?(?P<s>[\w./-]+): No such file or directory",
        ),
        said(r"'(?P<s>\S+\.sh)': No such file or directory"),
    ],
    unless: &["\\r'"],
    refine: Some(refine::places::started),
    explained_by: &[over_fixes_by(&check::endings::ENDINGS)],
    ..Rule::BLANK
};

pub(crate) static WRONG_START_MODULE: Rule = Rule {
    id: check::entry::MODULE.id,
    phases: &["start"],
    message: "the server cannot import {the module} that the start command names",
    about: check::entry::MODULE.about,
    help: "give the dotted path from the root of the project (`folder.file:app`), or change the folder (gunicorn --chdir, uvicorn --app-dir, celery --workdir)",
    on_railpack: OnRailpack::help(
        "give the dotted path from the root of the project (`folder.file:app`) as deploy.startCommand in railpack.json or in a Procfile: Railpack by itself starts main:app, whatever the file is called",
    ),
    example: "ERROR:    Error loading ASGI app. Could not import module \"main\".",
    signatures: &[
        decisive(r#"Error loading ASGI app\. Could not import module "?(?P<s>[\w.]+)"?"#),
        decisive(r#"Import string "(?P<s>[^"]*)" must be in format"#),
        decisive(
            r"Error: Could not (?:locate a Flask application|import '(?P<s>[^']+)'|find Flask application|locate Flask)",
        ),
        decisive(r"flask\.cli\.NoAppException"),
        decisive(r"No such (?:app|module):? '(?P<s>[\w.]+)'"),
        decisive(r"Unable to load celery application\.(?:\s+The module (?P<s>\S+) was not found)?"),
        decisive(r"The module (?P<s>[\w.:]+) was not found\."),
        decisive(r"Invalid value for '-A'"),
        decisive(r"procrastinate: error: Could not load app from (?P<s>[\w.]+)"),
        decisive(r"Please, input module like \[python_file:docs_object\]"),
        decisive(r"Path does not exist (?P<s>\S+\.py)"),
        decisive(r"Could not find (?:a default file to run|module), please provide an explicit path"),
        decisive(r"Cannot import .*(?:--app|application) .*"),
        decisive(
            r"[Cc]annot load application from '(?P<s>[^']+)', module not found|There was an exception \((?:ModuleNotFound|Import)Error\) importing your module",
        ),
        decisive(
            r"NoAppException: (?:Cannot load application|Failed)[^']*'(?P<s>[^']+)'|Invalid input\. Callable name",
        ),
        decisive(r"Failed to find application, did you mean '(?P<s>[\w.]+:\w+)'"),
    ],
    yields_to: YieldsTo::Rules(&[&WRONG_APP_ATTRIBUTE]),
    refine: Some(refine::servers::module),
    explained_by: &[over_fixes_by(&check::railpack::MAIN_APP), over_fixes_by(&check::members::NOT_INSTALLED)],
    ..Rule::BLANK
};

pub(crate) static WRONG_APP_ATTRIBUTE: Rule = Rule {
    id: check::entry::ATTRIBUTE.id,
    phases: &["start"],
    message: "the module is there, but has no {attribute of that name}",
    about: check::entry::ATTRIBUTE.about,
    help: "name the variable that holds the application in the start command in place of {that name}",
    example: "ERROR:    Error loading ASGI app. Attribute \"app\" not found in module \"main\".",
    signatures: &[
        decisive(r"^(?:Error: |\d+\. )module '[\w.]+' has no attribute '(?P<s>\w+)'"),
        decisive(r#"Error loading ASGI app\. Attribute "(?P<s>[^"]+)" not found"#),
        decisive(r"Failed to find (?:application object|attribute) '?(?P<s>[^' ]+?)'? in"),
        decisive(r"Failed to find application: '(?P<s>[^']+)'"),
        decisive(r"Application object must be callable|Failed to find Flask (?:application|factory).*"),
        decisive(r"Cannot find (?:application|app) "),
        decisive(r"[Cc]annot load application from '(?P<s>[^']+)', application not found"),
        decisive(r"Function name or attribute reference"),
        decisive(r"Failed to parse '(?P<s>[^']+)' as an attribute name or function call"),
        decisive(r"Error: Failed to find Flask application or factory in module '(?P<s>[^']+)'"),
        decisive(r"Could not find FastAPI app in module|unable to find an? (?:ASGI|WSGI) (?:app|application)"),
        decisive(r"^Module '[\w.]+' has no attribute '(?P<s>\w+)'"),
        decisive(r"AppImportError: .*has no attribute '(?P<s>[^']+)'"),
    ],
    ..Rule::BLANK
};

pub(crate) static PROCESS_EXITS_IMMEDIATELY: Rule = Rule {
    id: "process-exits-immediately",
    phases: &["start"],
    message: "nothing keeps the process alive: it ends by itself{}",
    about: "The start command ran to its end without an error. A service must stay: a server, a polling bot or a worker loop.",
    help: "start the server or the polling loop (`app.run()`, `bot.run()`, a WSGI server), or deploy it as a job",
    example: "app exited with code 0",
    signatures: &[
        hint(r"(?i)^\S+ exited (?:early|with (?:exit )?(?:code|status):? 0)\b"),
        hint(r"(?i)main child exited normally with code: 0"),
        hint(
            r"(?i)(?:process|container|app|application|service|instance|machine|replica|task)\b.* (?:exited|finished|stopped|terminated|completed) (?:early|with (?:exit )?(?:code|status):? \(?0\b)",
        ),
        hint(r"(?i)application exited early"),
        hint(r"(?i)container (?:stopped|exited) (?:immediately|unexpectedly)"),
        hint(r"(?i)Deployment (?:completed|finished) .*exit(?:ed)? .*0"),
    ],
    yields_to: YieldsTo::Anything,
    refine: Some(refine::servers::unless_asked_to_end),
    explained_by: &[over_fixes_by(&check::framework::NOT_STARTED), over_fixes_by(&check::detached::DETACHED)],
    ..Rule::BLANK
};

pub(crate) static CRON_NEVER_ENDS: Rule = Rule {
    id: "cron-never-ends",
    phases: &["start"],
    message: "the platform starts this on a schedule (cronSchedule), and it does not end by itself{}",
    about: "A cron service has to do its work and exit. While one run is still active, the platform skips the next ones.",
    help: "end the process when its work is done and leave the schedule to the platform, or take cronSchedule away and deploy it as a service",
    example: "Skipping scheduled run: previous cron execution is still running",
    signatures: &[hint(r"(?i)skip(?:ping|ped).*(?:cron|scheduled) (?:run|execution|job).*still (?:running|active)")],
    ..Rule::BLANK
};

/// By supervisor 4.3.0.
pub(crate) static PART_DIED: Rule = Rule {
    id: "part-died",
    phases: &["start"],
    message: "a {part} of the app has ended with an error, and the rest goes on without it",
    about: "An exception ends the thread, the task or the child process that it is raised in, and no other: a web server beside a bot's thread still answers, so that the \
            platform calls the deploy healthy while half of it is dead.",
    help: "mend what ended it; a thread that the app cannot do without should end the whole process (os._exit(1) in its `except`), so that the platform starts it again",
    example: "Exception in thread tides:\nTraceback (most recent call last):",
    signatures: &[
        last_resort(r"^(?P<s>Process [\w.:-]+):$"),
        last_resort(r"\b(?P<s>Task) exception was never retrieved$"),
        last_resort(r"^Exception in (?P<s>thread \S+(?: \([\w.<>]+\))?):$"),
    ],
    yields_to: YieldsTo::Anything,
    ..Rule::BLANK
};

pub(crate) static PROGRAM_GAVE_UP: Rule = Rule {
    id: "program-gave-up",
    phases: &["start"],
    message: "supervisord has given up on {a program}, and stays up without it",
    about: "supervisord is what the container runs, so that the platform sees a healthy container whatever becomes of the programs in it. One that ends again and again as it \
            starts is given up (FATAL), and nothing starts it again. Nor does the shell start a program again that it put into the background: of `python bot.py & gunicorn web:app` the platform \
            sees gunicorn alone.",
    help: "mend what ends {the program}, whose own output tells it (stderr_logfile=/dev/stderr and stderr_logfile_maxbytes=0 show it); an [eventlistener] \
           for PROCESS_STATE_FATAL that ends supervisord lets the platform see it",
    example: "2026-11-29 05:06:52,264 INFO gave up: tides entered FATAL state, too many start retries too quickly",
    signatures: &[said(r"gave up: (?P<s>[^ :]+)\S* entered FATAL state")],
    ..Rule::BLANK
};
