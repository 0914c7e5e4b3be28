use std::sync::LazyLock;

use regex::Regex;

use super::*;
use crate::builder::BuilderKind;
use crate::diagnose::detect::findings;
use crate::diagnose::view::LogView;
use crate::diagnose::{Case, diagnose};
use crate::log::Log;

#[test]
fn every_pattern_compiles() {
    for rule in RULES.iter() {
        for signature in rule.signatures {
            if let Err(e) = Regex::new(signature.pattern) {
                panic!("{}: {e}", rule.id);
            }
        }
    }
}

#[test]
fn what_pkg_config_looks_for_is_no_requirement() {
    let log = "Package libffi was not found in the pkg-config search path.\nPackage 'libffi', required by 'virtual:world', not found\nc/_cffi_backend.c:15:10: fatal error: ffi.h: No such file or directory\n";
    let found = diagnose(&Case::of_log(&Log::from(log)));
    assert_eq!(found.iter().map(|found| found.rule).collect::<Vec<_>>(), ["missing-system-header"]);
}

#[test]
fn every_rule_has_its_words() {
    let mut faults = Vec::new();
    for rule in RULES {
        let words = [("message", rule.message), ("about", rule.about), ("help", rule.help), ("example", rule.example)];
        let missing = words.iter().filter(|(_, text)| text.is_empty()).map(|(field, _)| *field);
        faults.extend(missing.map(|field| format!("the row of {} lacks `{field}`", rule.id)));
        let is_kebab = rule.id.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if rule.id.is_empty() || !is_kebab {
            faults.push(format!("`{}` is no kebab-case id", rule.id));
        }
        if RULES.iter().filter(|other| other.id == rule.id).count() > 1 {
            faults.push(format!("{} stands more than once in RULES", rule.id));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn what_is_said_where_railpack_builds_is_of_railpack() {
    const NIXPACKS: &[&str] = &["nixPkgs", "nixLibs", "aptPkgs", "nixpacks.toml", "NIXPACKS_", "/opt/venv", "[phases"];
    // These only Nixpacks can come to.
    const OF_NIX: &[&str] =
        &["unknown-nix-package", "nix-package-insecure", "nix-packages-collide", "invalid-nixpacks-config"];
    let speaks = |rule: &&&Rule| NIXPACKS.iter().any(|word| rule.help_for(None, BuilderKind::Railpack).contains(word));
    let faults: Vec<_> = RULES.iter().filter(speaks).map(|rule| rule.id).filter(|id| !OF_NIX.contains(id)).collect();
    assert_eq!(faults, [""; 0], "these lack words of their own in `on_railpack`");
}

#[test]
fn a_signature_says_one_thing() {
    const LONGEST: usize = 330;
    let mut faults = Vec::new();
    for rule in RULES {
        for signature in rule.signatures {
            if signature.pattern.chars().count() > LONGEST {
                faults.push(format!("{}: make several signatures of {}", rule.id, signature.pattern));
            }
            if signature.pattern.matches("(?P<").count() > 1 {
                faults.push(format!("{}: a signature for each subject of {}", rule.id, signature.pattern));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn every_rule_is_named_by_its_example() {
    let mut faults = Vec::new();
    for rule in RULES.iter() {
        let log = Log::from(rule.example);
        let found = diagnose(&Case::of_log(&log));
        if found.first().map(|diagnosis| diagnosis.rule) != Some(rule.id) {
            faults.push(format!("{}: {:?}", rule.id, found.iter().map(|d| d.rule).collect::<Vec<_>>()));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

#[test]
fn a_megabyte_of_varied_lines_is_read_in_seconds() {
    let text: String = (0..16_000)
        .map(|n| format!("{n:x} GET /api/items/{n} handled by worker {} error=none took {} ms\n", n % 7, n * 31 % 977))
        .collect();
    LazyLock::force(&SIGNATURES);
    let started = std::time::Instant::now();
    let log = Log::from(text.as_str());
    let read = started.elapsed();
    let view = LogView::new(&log);
    let parsed = started.elapsed();
    findings(&view);
    if std::env::var_os("SHAKEDOWN_TIMES").is_some() {
        println!("read {read:?}, parsed {parsed:?}, matched {:?}", started.elapsed());
    }
    diagnose(&Case::of_log(&log));
    assert!(started.elapsed().as_secs() < 20, "{:?}", started.elapsed());
    if std::env::var_os("SHAKEDOWN_TIMES").is_some() {
        println!("{:?} for {} bytes", started.elapsed(), text.len());
    }
}

/// Other wordings of causes: versions, tools and platforms apart from those of the rules' examples.
const WORDINGS: &[(&str, &str)] = &[
    (
        "registry-unreachable",
        "ERROR: failed to solve: example/base:1: failed to resolve source metadata for registry.example/base:1: failed to do request: Head \"https://registry.example/v2/base/manifests/1\": dial tcp: lookup registry.example: Temporary failure in name resolution",
    ),
    (
        "missing-python-module",
        "db-1   | FATAL:  role \"root\" does not exist\nweb-1  | ModuleNotFoundError: No module named 'flask'",
    ),
    (
        "missing-python-module",
        "Traceback (most recent call last):  File \"/app/a.py\", line 1, in <module>    import yaml ModuleNotFoundError: No module named 'yaml'",
    ),
    (
        "code-error",
        "  File \"/app/main.py\", line 3, in <module>\nTraceback (most recent call last):\n    x = 1 / 0\nZeroDivisionError: division by zero",
    ),
    (
        "missing-python-module",
        "Traceback (most recent call last):\n  File \"/app/a.py\", line 1, in <module>\n    import tomllib_x\nModuleNotFoundError: No module named 'ujson'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"/app/a.py\", line 3, in <module>\n    import orjson\nModuleNotFoundError: No module named 'orjson'",
    ),
    ("pip-not-found", "/bin/sh: 1: pip3: not found"),
    ("pip-not-found", "/usr/bin/python3: No module named pip"),
    ("pip-not-found", "/app/.venv/bin/python: No module named pip"),
    ("pip-not-found", "zsh: command not found: pip"),
    ("externally-managed", "error: The interpreter at /usr is externally managed, and indicates the following:"),
    ("unknown-nix-package", "error: undefined variable 'python3-pip'"),
    ("unknown-nix-package", "error: attribute 'ffmpegg' missing"),
    ("unknown-nix-package", "E: Unable to locate package libgl1-mesa-glx"),
    ("no-start-command", "No start command was found"),
    ("missing-python-module", "uvicorn.error: ModuleNotFoundError: No module named 'yaml'"),
    ("missing-python-module", "ImportError: No module named requests"),
    ("missing-python-module", "django.core.exceptions.ImproperlyConfigured: Error loading psycopg2 or psycopg module"),
    ("start-program-not-found", "/bin/bash: line 1: uvicorn: command not found"),
    ("start-program-not-found", "sh: 1: celery: not found"),
    (
        "start-program-not-found",
        "OCI runtime create failed: exec: \"gunicorn\": executable file not found in $PATH: unknown",
    ),
    ("start-file-missing", "python3: can't open file '/app/src/bot.py': [Errno 2] No such file or directory"),
    ("wrong-start-module", "ERROR:    Error loading ASGI app. Could not import module \"src.server\"."),
    ("wrong-start-module", "Error: Could not import 'server'."),
    ("port-variable-not-expanded", "Error: '$PORT' is not a valid port number."),
    ("port-variable-not-expanded", "Error: Invalid value for '--port' / '-p': '${PORT}' is not a valid integer."),
    ("port-variable-not-expanded", "[2026-01-01 00:00:00 +0000] [1] [ERROR] '$PORT' is not a valid port number."),
    ("port-in-use", "OSError: [Errno 98] Address already in use"),
    ("port-in-use", "Error: That port is already in use.\nAddress already in use"),
    (
        "db-unreachable",
        "sqlalchemy.exc.OperationalError: (psycopg2.OperationalError) could not connect to server: Connection refused",
    ),
    (
        "db-unreachable",
        "pymysql.err.OperationalError: (2003, \"Can't connect to MySQL server on 'localhost' ([Errno 111] Connection refused)\")",
    ),
    ("db-unreachable", "pymongo.errors.ServerSelectionTimeoutError: localhost:27017: [Errno 111] Connection refused"),
    ("db-unreachable", "ConnectionRefusedError: [Errno 111] Connect call failed ('127.0.0.1', 5432)"),
    ("db-unreachable", "asyncpg.exceptions.InvalidPasswordError: password authentication failed for user \"postgres\""),
    (
        "redis-unreachable",
        "kombu.exceptions.OperationalError: Error 111 connecting to localhost:6379. Connection refused.",
    ),
    (
        "redis-unreachable",
        "[ERROR/MainProcess] consumer: Cannot connect to redis://redis:6379/0: Error -2 connecting to redis:6379. Name or service not known.",
    ),
    ("db-migration-missing", "django.db.utils.ProgrammingError: relation \"auth_user\" does not exist"),
    (
        "db-migration-missing",
        "sqlalchemy.exc.ProgrammingError: (psycopg2.errors.UndefinedColumn) column users.age does not exist",
    ),
    ("invalid-database-url", "sqlalchemy.exc.ArgumentError: Could not parse SQLAlchemy URL from string ''"),
    ("invalid-token", "telegram.error.InvalidToken: The token `123:abc` was rejected by the server."),
    (
        "invalid-token",
        "aiogram.utils.exceptions.Unauthorized: Unauthorized\naiogram.exceptions.TelegramUnauthorizedError: Telegram server says - Unauthorized",
    ),
    (
        "duplicate-bot-instance",
        "aiogram.exceptions.TelegramConflictError: Telegram server says - Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    ),
    (
        "missing-env-var",
        "decouple.UndefinedValueError: BOT_TOKEN not found. Declare it as envvar or define a default value.",
    ),
    ("missing-env-var", "environs.EnvError: Environment variable \"API_ID\" not set"),
    (
        "missing-env-var",
        "openai.OpenAIError: The api_key client option must be set either by passing api_key to the client or by setting the OPENAI_API_KEY environment variable",
    ),
    ("numpy-abi-mismatch", "A module that was compiled using NumPy 1.x cannot be run in NumPy 2.0.0 as it may crash."),
    (
        "missing-shared-library",
        "OSError: cannot load library 'libpango-1.0-0': libpango-1.0-0: cannot open shared object file: No such file or directory",
    ),
    (
        "missing-shared-library",
        "ImportError: libgthread-2.0.so.0: cannot open shared object file: No such file or directory",
    ),
    ("missing-shared-library", "ImportError: failed to find libmagic.  Check your installation"),
    ("missing-system-header", "      fatal error: Python.h: No such file or directory"),
    (
        "missing-system-header",
        "  ../meson.build:31:12: ERROR: Dependency \"cairo\" not found, tried pkgconfig and cmake",
    ),
    ("missing-system-header", "/bin/sh: 1: mysql_config: not found"),
    ("missing-compiler", "error: command 'x86_64-linux-gnu-gcc' failed: No such file or directory"),
    (
        "missing-compiler",
        "error: Microsoft Visual C++ 14.0 or greater is required. Get it with \"Microsoft C++ Build Tools\"",
    ),
    ("missing-rust", "error: can't find Rust compiler"),
    (
        "poetry-lock-outdated",
        "Error: poetry.lock is not up to date with pyproject.toml. Run `poetry lock --no-update` to fix it",
    ),
    (
        "poetry-version-too-old",
        "The lock file is not compatible with the current version of Poetry.\nUpgrade Poetry to be able to read the lock file",
    ),
    ("python-version-too-old", "TypeError: 'type' object is not subscriptable"),
    ("python-version-too-old", "ImportError: cannot import name 'Self' from 'typing' (/usr/lib/python3.10/typing.py)"),
    ("asyncio-event-loop", "RuntimeError: There is no current event loop in thread 'MainThread'."),
    ("asyncio-event-loop", "RuntimeError: no running event loop"),
    ("no-display", "selenium.common.exceptions.WebDriverException: Message: unknown error: cannot open display"),
    (
        "missing-system-binary",
        "playwright._impl._errors.Error: BrowserType.launch: Executable doesn't exist at /home/app/.cache/ms-playwright/firefox-1429/firefox/firefox",
    ),
    (
        "missing-system-binary",
        "pdf2image.exceptions.PDFInfoNotInstalledError: Unable to get page count. Is poppler installed and in PATH?",
    ),
    ("out-of-memory", "ERROR: process \"/bin/sh -c pip install torch\" did not complete successfully: exit code: 137"),
    ("disk-full", "error: failed to write: No space left on device (os error 28)"),
    (
        "network-timeout",
        "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='files.example', port=443): Read timed out. (read timeout=15)",
    ),
    (
        "tls-ca-bundle",
        "ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: unable to get local issuer certificate (_ssl.c:1007)",
    ),
    (
        "requirements-file-missing",
        "ERROR: failed to compute cache key: failed to calculate checksum of ref x::y: \"/requirements.txt\": not found",
    ),
    (
        "healthcheck-failed",
        "Attempt #9 failed with service unavailable. Continuing to retry for 12s\n1/1 replicas never became healthy!\nHealthcheck failed!",
    ),
    ("read-only-filesystem", "mkdir: cannot create directory '/nix/store/x': Read-only file system"),
    ("permission-denied", "bash: ./start.sh: Permission denied"),
    ("uv-version-too-old", "error: Required uv version `>=0.8` does not match the running version `0.4.30`"),
    ("legacy-setup-py", "error in pyrebase setup command: use_2to3 is invalid."),
    (
        "django-settings-module-missing",
        "ImportError: Could not import settings 'mysite.settings' (Is it on sys.path? Is there an import error in the settings file?): No module named mysite",
    ),
    ("wheel-wrong-platform", "ERROR: torch-2.0-cp310-cp310-win_amd64.whl is not a supported wheel on this platform."),
    ("index-auth-failed", "ERROR: 401 Client Error: Unauthorized for url: https://index.example/simple/internal/"),
    ("git-missing", "/bin/sh: 1: git: not found"),
    (
        "hash-mismatch",
        "ERROR: In --require-hashes mode, all requirements must have their versions pinned with ==. These do not:",
    ),
];

#[test]
fn causes_are_known_in_other_words() {
    let mut faults = Vec::new();
    for (id, text) in WORDINGS {
        let found = diagnose(&Case::of_log(&Log::from(*text)));
        if found.first().map(|diagnosis| diagnosis.rule) != Some(*id) {
            faults.push(format!("{id}: {text} -> {:?}", found.iter().map(|d| d.rule).collect::<Vec<_>>()));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
