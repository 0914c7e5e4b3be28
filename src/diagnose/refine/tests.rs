//! What stands in place of a rule's own words.

mod each_kind;
mod services;
use crate::diagnose::{Case, diagnose};
use crate::log::Log;

/// The message and help of the primary cause.
fn words(log: &str) -> String {
    let found = diagnose(&Case::of_log(&Log::from(log)));
    format!("{}; {}", found[0].message, found[0].help.as_deref().unwrap_or_default())
}

#[test]
fn the_libraries_of_a_browser_come_by_apt() {
    for log in [
        "[err] /root/.cache/ms-playwright/chromium/chrome: error while loading shared libraries: libnss3.so: cannot open shared object file: No such file or directory\n",
        "║ Host system is missing dependencies to run browsers. ║\n",
    ] {
        let words = words(log);
        assert!(words.contains("--with-deps") && !words.contains("nixLibs") && !words.contains("nixPkgs"), "{words}");
    }
}

#[test]
fn every_module_of_a_newer_python_is_told_as_one() {
    for (module, since) in super::places::CAME_WITH {
        let words = words(&format!(
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    import {module}\nModuleNotFoundError: No module named '{module}'\n"
        ));
        assert!(words.contains(&format!("came with Python {since}")), "{words}");
    }
}

#[test]
fn a_removed_name_never_asks_for_a_newer_python() {
    // Removed in 3.10, 3.11 and 3.14, by the lists of what is new in them.
    for (module, name, since) in
        [("collections", "Mapping", "3.10"), ("inspect", "getargspec", "3.11"), ("ast", "Num", "3.14")]
    {
        let words = words(&format!(
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 4, in <module>\n    {module}.{name}\nAttributeError: module '{module}' has no attribute '{name}'\n"
        ));
        assert!(
            words.contains(&format!("older Python (before {since})")) && !words.contains("newer Python"),
            "{words}"
        );
    }
}

#[test]
fn a_migration_that_finds_its_tables_is_told_by_its_tool() {
    let error = "relation \"berths\" already exists\n";
    assert!(
        words(&format!("sqlalchemy.exc.ProgrammingError: (psycopg2.errors.DuplicateTable) {error}"))
            .contains("alembic stamp")
    );
    assert!(words(&format!("django.db.utils.ProgrammingError: {error}")).contains("--fake-initial"));
}

#[test]
fn a_host_that_the_app_asks_is_not_the_package_index() {
    let words = words(
        "Starting Container\naiohttp.client_exceptions.ClientConnectorDNSError: Cannot connect to host bots.example.org:443 ssl:default [Name or service not known]\n",
    );
    assert!(words.contains("bots.example.org") && !words.contains("index"), "{words}");
}

#[test]
fn all_fields_that_a_settings_class_misses_are_named() {
    let words = words(
        "Traceback (most recent call last):\n  File \"/app/settings.py\", line 9, in <module>\n    settings = Settings()\npydantic_core._pydantic_core.ValidationError: 2 validation errors for Settings\nsecret_key\n  Field required [type=missing]\napi_key\n  Field required [type=missing]\n",
    );
    assert!(words.contains("`SECRET_KEY`, `API_KEY` are not set"), "{words}");
}

#[test]
fn a_lock_file_wants_a_newer_pip() {
    let words = words(
        "ERROR: Invalid requirement: 'lock-version = \"1.0\"': Expected end or semicolon\n    lock-version = \"1.0\"\n         ^ (from line 1 of pylock.toml)\n",
    );
    assert!(words.contains("26.1") && !words.contains("delete"), "{words}");
}

#[test]
fn the_status_of_a_health_check_tells_its_reason() {
    for (status, what) in
        [(400, "ALLOWED_HOSTS"), (301, "redirect"), (403, "login"), (404, "no such path"), (500, "error")]
    {
        let log =
            format!("Attempt #1 failed with status {status}. Continuing to retry for 4m49s\nHealthcheck failed!\n");
        assert!(words(&log).contains(what), "{status}: {}", words(&log));
    }
}

#[test]
fn a_type_that_is_there_is_not_made_again() {
    let error = "asyncpg.exceptions.DuplicateObjectError: type \"rank\" already exists\n";
    assert!(words(&format!("sqlalchemy.exc.ProgrammingError: {error}")).contains("create_type=False"));
    let error = "tortoise.exceptions.OperationalError: relation \"tide\" already exists\n";
    assert!(words(error).contains("safe=True"));
}

#[test]
fn a_library_is_told_with_the_entry_that_brings_it() {
    let words = words(
        "Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    import cv2\n  File \"/opt/venv/lib/python3.12/site-packages/cv2/__init__.py\", line 181, in <module>\n    bootstrap()\nImportError: libxcb.so.1: cannot open shared object file: No such file or directory\n",
    );
    assert!(words.contains("\"xorg.libxcb\"") && words.contains("opencv-python-headless"), "{words}");
}

#[test]
fn a_build_is_not_reached_by_a_line_of_the_requirements() {
    let build = "  × Getting requirements to build wheel did not run successfully.\n      ModuleNotFoundError: No module named 'pkg_resources'\n";
    for variable in ["PIP_CONSTRAINT, which reaches builds before pip 26.2", "PIP_BUILD_CONSTRAINT"] {
        assert!(words(build).contains(variable), "{}", words(build));
    }
}

#[test]
fn a_history_that_forks_is_joined() {
    for (log, cure) in [
        ("FAILED: Multiple head revisions are present for given argument 'head'\n", "alembic merge heads"),
        (
            "CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph: (0005_a, 0005_b in berths).\n",
            "makemigrations --merge",
        ),
        ("FAILED: Can't locate revision identified by '8f2a11c9d0e4'\n", "commit the migration"),
        (
            "django.db.migrations.exceptions.InconsistentMigrationHistory: Migration admin.0001_initial is applied before its dependency crew.0001_initial on database 'default'.\n",
            "django_migrations",
        ),
    ] {
        assert!(words(log).contains(cure), "{}", words(log));
    }
}

#[test]
fn psycopg_without_libpq_is_told_of_the_one_that_brings_it() {
    let log = "ImportError: no pq wrapper available.\n";
    assert!(words(log).contains("psycopg[binary]"));
    let tried = "Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    import psycopg\n\
                 ImportError: no pq wrapper available.\nAttempts made:\n\
                 - couldn't import psycopg 'c' implementation: No module named 'psycopg_c'\n\
                 - couldn't import psycopg 'python' implementation: libpq library not found\n";
    let found = diagnose(&Case::of_log(&Log::from(tried)));
    // By that name a run knows whether the plan declares it.
    assert_eq!(found[0].subject.as_deref(), Some("libpq.so.5"));
    assert_eq!(found.len(), 1, "{found:?}");
}

#[test]
fn an_image_that_was_not_handed_over_is_made_smaller() {
    let log = "#18 exporting layers 431.2s done\n#18 ERROR: failed to push registry.example/x: failed to copy: context canceled\n";
    assert!(words(log).contains("smaller"), "{}", words(log));
    let log = "#18 exporting to image\n#18 exporting layers\n#18 exporting layers 612.3s done\nBuild timed out\n";
    assert!(words(log).contains("smaller"), "{}", words(log));
}

#[test]
fn a_variable_is_told_in_the_words_of_check() {
    let words = words(
        "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    bot = Bot(os.environ[\"BOT_TOKEN\"])\nKeyError: 'BOT_TOKEN'\n",
    );
    assert_eq!(
        words,
        "`BOT_TOKEN` is not set; set BOT_TOKEN among the service's variables; for a rehearsal: --env BOT_TOKEN=…"
    );
}

#[test]
fn what_changed_is_told_of_its_package_and_never_of_a_name_in_the_message() {
    let raised = |line: &str| {
        words(&format!(
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 4, in <module>\n    run()\n{line}\n"
        ))
    };
    for (line, package) in [
        ("TypeError: Updater.__init__() got an unexpected keyword argument 'use_context'", "`python-telegram-bot`"),
        ("TypeError: Client.__init__() missing 1 required keyword-only argument: 'intents'", "`discord.py`"),
        ("AttributeError: 'Engine' object has no attribute 'execute'", "`SQLAlchemy`"),
        ("TypeError: constr() got an unexpected keyword argument 'regex'", "`pydantic`"),
        ("AttributeError: 'DataFrame' object has no attribute 'append'", "`pandas`"),
    ] {
        let words = raised(line);
        assert!(words.starts_with(&format!("the installed version of {package} does not fit")), "{words}");
    }
    assert!(
        raised(
            "pydantic.errors.PydanticImportError: `BaseSettings` has been moved to the `pydantic-settings` package."
        )
        .contains("add `pydantic-settings`")
    );
}

#[test]
fn a_url_is_corrected_by_what_is_wrong_with_it() {
    for (line, word) in [
        ("sqlalchemy.exc.ArgumentError: Expected string or URL object, got None", "set the variable"),
        (
            "ValueError: Redis URL must specify one of the following schemes (redis://, rediss://, unix://)",
            "`redis://`",
        ),
        (
            "django.core.exceptions.ImproperlyConfigured: settings.DATABASES is improperly configured. Please supply the ENGINE value.",
            "set DATABASE_URL",
        ),
        (
            "psycopg.ProgrammingError: missing \"=\" after \"${{Postgres.DATABASE_URL}}\" in connection info string",
            "name of the service",
        ),
        (
            "asyncpg.exceptions._base.ClientConfigurationError: invalid DSN: scheme is expected to be either \"postgresql\" or \"postgres\", got 'postgresql+asyncpg'",
            "without `+asyncpg`",
        ),
        ("ValueError: invalid literal for int() with base 10: 'PORT'", "has to be the port"),
    ] {
        let words = words(line);
        assert!(words.contains(word) && !words.contains("in place of `postgres://`"), "{words}");
    }
}

#[test]
fn a_message_in_a_line_of_code_is_told_by_the_line_below() {
    let words = words(
        "Traceback (most recent call last):\n  File \"/opt/venv/lib/python3.12/site-packages/starlette/staticfiles.py\", line 56, in __init__\n    raise RuntimeError(f\"Directory '{directory}' does not exist\")\nRuntimeError: Directory 'static' does not exist\n",
    );
    assert!(words.starts_with("the folder `static` was not deployed"), "{words}");
}

#[test]
fn a_script_that_may_not_be_run_lacks_a_bit_and_no_owner() {
    let words = words("bash: line 1: ./start.sh: Permission denied\n");
    assert!(words.contains("--chmod=+x start.sh"), "{words}");
}

#[test]
fn an_empty_port_is_no_literal_one() {
    let words = words("Error: Option '--port' requires an argument.\n");
    assert!(words.starts_with("PORT is not set"), "{words}");
}

#[test]
fn a_build_is_told_of_the_package_that_was_built() {
    let log = |module: &str| {
        words(&format!(
            "Collecting oldtides==1.2\n  Traceback (most recent call last):\n    File \"/tmp/pip-install-x/oldtides_0123456789abcdef0123/setup.py\", line 1, in <module>\n      import {module}\n  ModuleNotFoundError: No module named '{module}'\n  error: subprocess-exited-with-error\n"
        ))
    };
    assert!(log("distutils").starts_with("the setup.py of `oldtides"), "{}", log("distutils"));
    assert!(log("numpy").starts_with("a setup.py imports `numpy`"), "{}", log("numpy"));
}

#[test]
fn the_line_that_uv_cannot_parse_is_told_and_not_its_file() {
    let words = words(
        "error: Couldn't parse requirement in `requirements.txt` at position 0\n  cause: Expected one of `@`, `(`, found `i`\n         pip install flask\n             ^\n",
    );
    assert!(words.starts_with("`pip install flask` is no requirement"), "{words}");
}

/// As Alembic 1.18 and Django 6.0 say of a migration that was never committed.
#[test]
fn a_gap_in_the_history_of_migrations_is_to_be_committed() {
    for log in [
        "/opt/venv/lib/python3.12/site-packages/alembic/script/revision.py:239: UserWarning: Revision a1 referenced from a1 -> b1 (head), berths is not present\n  util.warn(\nTraceback (most recent call last):\n  File \"/app/migrations/env.py\", line 7, in <module>\n    context.run_migrations()\nKeyError: 'a1'\n",
        "django.db.migrations.exceptions.NodeNotFoundError: Migration quay.0002_berth dependencies reference nonexistent parent node ('quay', '0001_initial')\n",
    ] {
        let words = words(log);
        assert!(words.contains("not among the deployed ones") && words.contains("commit the one"), "{words}");
    }
}

/// dj-database-url 3 says so where nothing is set, and Django then finds no engine.
#[test]
fn a_database_that_nobody_names_is_no_url_of_a_wrong_form() {
    let django = "django.core.exceptions.ImproperlyConfigured: settings.DATABASES is improperly configured. Please supply the ENGINE value. Check settings documentation for more details.\n";
    assert!(!words(django).contains("postgres://"), "{}", words(django));
    let warned = format!("WARNING:root:No DATABASE_URL environment variable set, and so no databases setup\n{django}");
    assert!(words(&warned).starts_with("`DATABASE_URL` is not set"), "{}", words(&warned));
}

#[test]
fn secrets_that_a_start_script_reads_are_not_to_be_committed() {
    let words = words("start.sh: line 3: .env: No such file or directory\n");
    assert!(words.contains("among the service's") && !words.contains("commit the file"), "{words}");
}

#[test]
fn what_flask_looks_for_is_told() {
    let log = "Error: Could not locate a Flask application. Use the 'flask --app' option, 'FLASK_APP' environment variable, or a 'wsgi.py' or 'app.py' file in the current directory.\n";
    assert!(words(log).contains("`flask --app MODULE …`") && !words(log).contains("--app-dir"), "{}", words(log));
}

#[test]
fn a_browser_that_selenium_does_not_find_comes_with_its_driver() {
    let log = Log::from(
        "selenium.common.exceptions.NoSuchDriverException: Message: Unable to obtain driver for chrome; For documentation on this error, please visit: https://selenium.example\n",
    );
    let folder = crate::folder::folder(&[("main.py", "from selenium import webdriver\n")]);
    let project = crate::project::Project::open(folder.path()).unwrap();
    let found = diagnose(&Case { project: Some(&project), ..Case::of_log(&log) });
    assert_eq!(found[0].subject.as_deref(), Some("chromedriver"));
    assert_eq!(found[0].fixes[0].summary, "add \"chromium\" and \"chromedriver\" to nixPkgs");
}

/// As pip 23.2 says of aiogram 2.25.1 under Python 3.12: aiohttp 3.9.0 is the first with a wheel for that, 3.8.6 has one for 3.11.
#[test]
fn a_package_that_another_one_brings_along_is_not_pinned_by_the_project() {
    let log = Log::from(
        "Collecting aiogram==2.25.1 (from -r requirements.txt (line 1))\n  Downloading aiogram-2.25.1-py3-none-any.whl (203 kB)\nCollecting aiohttp<3.9.0,>=3.8.0 (from aiogram==2.25.1->-r requirements.txt (line 1))\n  Downloading aiohttp-3.8.6.tar.gz (7.4 MB)\n      creating build/lib.linux-x86_64-cpython-312/aiohttp\n      aiohttp/_websocket.c:3042:53: error: ‘PyLongObject’ {aka ‘struct _longobject’} has no member named ‘ob_digit’\n  ERROR: Failed building wheel for aiohttp\n",
    );
    let folder = crate::folder::folder(&[("requirements.txt", "aiogram==2.25.1\n"), ("main.py", "")]);
    let project = crate::project::Project::open(folder.path()).unwrap();
    let found = diagnose(&Case { project: Some(&project), ..Case::of_log(&log) });
    assert_eq!((found[0].rule, found[0].subject.as_deref()), ("no-wheel-for-python", Some("aiohttp")));
    assert!(found[0].help.as_deref().unwrap().starts_with("aiogram 2.25.1 asks for this aiohttp"), "{found:#?}");
    assert_eq!(found[0].fixes[0].summary, "take Python 3.11");
}

/// As python-telegram-bot 13.7 and kafka-python 2.0.2 do: six before 1.16 finds its modules by what Python 3.12 took away.
#[test]
fn a_copy_of_six_inside_a_package_is_no_missing_requirement() {
    let first = "Traceback (most recent call last):\n  File \"/opt/venv/lib/python3.12/site-packages/telegram/utils/request.py\", line 36, in <module>\n    import telegram.vendor.ptb_urllib3.urllib3 as urllib3\n  File \"/opt/venv/lib/python3.12/site-packages/telegram/vendor/ptb_urllib3/urllib3/exceptions.py\", line 2, in <module>\n    from .packages.six.moves.http_client import (\nModuleNotFoundError: No module named 'telegram.vendor.ptb_urllib3.urllib3.packages.six.moves'\n";
    let second = "\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"/app/main.py\", line 2, in <module>\n    from telegram.ext import Updater\n  File \"/opt/venv/lib/python3.12/site-packages/telegram/utils/request.py\", line 43, in <module>\n    import urllib3\nModuleNotFoundError: No module named 'urllib3'\n";
    let kafka = "Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    import kafka\n  File \"/opt/venv/lib/python3.12/site-packages/kafka/codec.py\", line 9, in <module>\n    from kafka.vendor.six.moves import range\nModuleNotFoundError: No module named 'kafka.vendor.six.moves'\n";
    for (log, package) in [(format!("{first}{second}"), "telegram"), (kafka.to_owned(), "kafka")] {
        let words = words(&log);
        assert!(words.starts_with(&format!("`{package}` brings an old copy of six")), "{words}");
        assert!(words.contains("before 3.12") && !words.contains("urllib3`"), "{words}");
    }
}

#[test]
fn what_an_address_has_too_much_or_too_little_is_told() {
    for (log, cure) in [
        ("TypeError: connect() got an unexpected keyword argument 'sslmode'\n", "ssl=require"),
        ("psycopg2.ProgrammingError: invalid dsn: invalid connection option \"pgbouncer\"\n", "take `pgbouncer` out"),
        (
            "sqlalchemy.exc.InvalidRequestError: The asyncio extension requires an async driver to be used. The loaded 'psycopg2' is not async.\n",
            "postgresql+asyncpg://",
        ),
        (
            "sqlalchemy.exc.InvalidRequestError: The asyncio extension requires an async driver to be used. The loaded 'pysqlite' is not async.\n",
            "sqlite+aiosqlite://",
        ),
    ] {
        assert!(words(log).contains(cure), "{}", words(log));
    }
    let log = "psycopg.ProgrammingError: missing \"=\" after \"postgresql+psycopg://ada:lace@db/tides\" in connection info string\n";
    let found = diagnose(&Case::of_log(&Log::from(log))).remove(0);
    assert_eq!(found.subject.as_deref(), Some("postgresql+psycopg"));
    assert!(words(log).contains("without `+asyncpg`"));
}

#[test]
fn a_broker_is_no_database() {
    for (log, broker) in [
        ("pika.exceptions.AMQPConnectionError\n", "RabbitMQ"),
        ("kafka.errors.NoBrokersAvailable: NoBrokersAvailable\n", "Kafka"),
    ] {
        assert!(words(log).contains(broker) && !words(log).contains("database"), "{}", words(log));
    }
}

#[test]
fn the_python_that_a_project_asks_for_is_no_package() {
    let words = words("Current Python version (3.11.7) is not allowed by the project (^3.12).\n");
    assert!(words.contains("asks for Python `^3.12`") && !words.contains("supports"), "{words}");
}

#[test]
fn a_file_of_secrets_is_not_to_be_committed() {
    let log = |file: &str| {
        format!(
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 2, in <module>\n    KEY = json.load(open(FILE))\nFileNotFoundError: [Errno 2] No such file or directory: '{file}'\n"
        )
    };
    for file in ["serviceAccountKey.json", "keys/service-account.json", "tide.session"] {
        assert!(words(&log(file)).contains("out of git"), "{}", words(&log(file)));
    }
    for file in ["tides.json", "tokenizer.json"] {
        assert!(words(&log(file)).contains("commit `"), "{}", words(&log(file)));
    }
}

#[test]
fn a_variable_that_a_library_reads_by_itself_is_named() {
    for (log, name) in [
        ("botocore.exceptions.NoCredentialsError: Unable to locate credentials\n", "AWS_SECRET_ACCESS_KEY"),
        ("botocore.exceptions.NoRegionError: You must specify a region.\n", "AWS_DEFAULT_REGION"),
        (
            "google.auth.exceptions.DefaultCredentialsError: Your default credentials were not found. To set up Application Default Credentials, see the manual.\n",
            "GOOGLE_APPLICATION_CREDENTIALS",
        ),
    ] {
        assert!(words(log).contains(name), "{}", words(log));
    }
}
