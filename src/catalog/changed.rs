//! What programs say when a package changed under them, whose words those are, and the release that still fits.

/// A change that its messages do not tell the package of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// The distribution.
    pub package: &'static str,
    /// What happened, where there is more to say than that its release does not fit.
    pub message: Option<&'static str>,
    /// What to do.
    pub help: &'static str,
    /// The requirement by which the code of before, another package's above all, goes on to run on every Python of today.
    pub hold: Option<&'static str>,
}

const fn changed(package: &'static str, help: &'static str) -> Changed {
    Changed { package, message: None, help, hold: None }
}

const fn held(package: &'static str, hold: &'static str, help: &'static str) -> Changed {
    Changed { hold: Some(hold), ..changed(package, help) }
}

const PYDANTIC: Changed =
    changed("pydantic", "pin `pydantic<2`, or port the code to pydantic 2 (`bump-pydantic` does most of it)");
const DISCORD: Changed = changed(
    "discord.py",
    "pass `intents=discord.Intents.default()` (with `message_content = True` where messages are read), which discord.py wants since 2.0",
);
const SQLALCHEMY: Changed = changed(
    "SQLAlchemy",
    "pin `SQLAlchemy<2`, or run `text(\"…\")` on a connection: `with engine.connect() as connection`",
);
// What the old releases bring does not run on newer Pythons, or has no wheels for them: tried with each.
const TELEGRAM: Changed = changed(
    "python-telegram-bot",
    "port the code to `Application` and `filters` of version 20, or pin `python-telegram-bot==13.15` and take Python 3.11, the newest that it runs on",
);
const AIOGRAM: Changed = changed(
    "aiogram",
    "port the code to aiogram 3, or pin `aiogram==2.25.2` and take Python 3.11, the newest that its aiohttp has a wheel for",
);
const PANDAS: Changed = changed(
    "pandas",
    "adapt the code to what took its place, or pin `pandas<2` and take Python 3.11, the newest that it has a wheel for",
);
const PILLOW: Changed = changed(
    "Pillow",
    "adapt the code (`Image.LANCZOS`, `font.getbbox`), or pin `Pillow<10` and take Python 3.11, the newest that it has a wheel for",
);
// What Flask before 2.3 and its companions take from packages that no pin of theirs holds: tried with each release.
const WERKZEUG: Changed =
    held("Werkzeug", "Werkzeug<3", "add `Werkzeug<3`, which Flask before 2.3 was written for, or take Flask 3");
const JINJA: Changed =
    held("Jinja2", "Jinja2<3.1", "add `Jinja2<3.1`, which Flask 1 was written for, or take a newer Flask");
const ITSDANGEROUS: Changed = held(
    "itsdangerous",
    "itsdangerous<2.1",
    "add `itsdangerous<2.1`, which Flask 1 was written for, or take a newer Flask",
);
const MARKUPSAFE: Changed = held(
    "MarkupSafe",
    "MarkupSafe<2.1",
    "add `MarkupSafe<2.1`, which Jinja2 before 3.0 was written for, or take a newer Jinja2",
);
/// Its backends left it with 0.12.0.
const TASKS: Changed = Changed {
    message: Some("django-tasks is installed, in a release that has no backend for a database or RQ"),
    ..changed(
        "django-tasks",
        "require `django-tasks-db` (or `django-tasks-rq`) and name `django_tasks_db` in place of `django_tasks.backends.database`, or pin `django-tasks<0.12`",
    )
};
const LANGCHAIN: Changed = Changed {
    message: Some("langchain is installed, in a release that has not what the code imports"),
    ..changed("langchain", "require `langchain-classic` and import from `langchain_classic`, or pin `langchain<1`")
};

/// Starlette 1.0.0 has no handlers of start-up and end; FastAPI keeps those of its decorator and of its router (0.133 to 0.165, tried with each).
const EVENTS: Changed = Changed {
    message: Some("Starlette 1.0 has no handlers of events any more, and FastAPI no `add_event_handler` upon it"),
    ..changed(
        "starlette",
        "in FastAPI write `app.router.add_event_handler(…)`, which every release takes; in Starlette alone do it in a `lifespan`, or pin `starlette<1`",
    )
};
/// redis 8.0 asks for RESP3 by HELLO before anything else, and takes an error for its answer (8.1.0).
const HELLO: Changed = Changed {
    message: Some(
        "redis-py 8 begins with HELLO, which a server before Redis 6 (and many a proxy before one) does not know",
    ),
    ..held("redis", "redis<8", "take a server from Redis 6 on, pass `protocol=2` to the client, or pin `redis<8`")
};

/// anthropic from 1.0.0 on, by its _base_client.py; openai 3 takes both.
const HTTPX: Changed = Changed {
    message: Some("the SDK is made of httpx2 now, and refuses what httpx made"),
    ..changed(
        "httpx",
        "make the client and the time-out by httpx2 (`import httpx2`, with `httpx2` among the requirements), or pin `anthropic<1`",
    )
};

/// It is a part of the interpreter, so no release of a package mends it.
const SQLITE: Changed = Changed {
    message: Some("the interpreter's SQLite is older than the app wants"),
    ..changed(
        "sqlite3",
        "choose a newer Python, which brings a newer SQLite, or put `pysqlite3-binary` in its place before the first import (`sys.modules[\"sqlite3\"] = pysqlite3`)",
    )
};

/// Words of a message, all of which it has, and what changed. Sources: the packages' own guides to the release that changed it.
const CHANGES: &[(&[&str], Changed)] = &[
    (
        &["BaseSettings", "moved"],
        changed(
            "pydantic",
            "add `pydantic-settings` and import `BaseSettings` from `pydantic_settings`, or pin `pydantic<2`",
        ),
    ),
    (&["unsupported version of sqlite3"], SQLITE),
    (&["SQLite", "or later is required"], SQLITE),
    (&["'url_quote' from 'werkzeug.urls'"], WERKZEUG),
    (&["'escape' from 'jinja2'"], JINJA),
    (&["'Markup' from 'jinja2'"], JINJA),
    (&["'json' from 'itsdangerous'"], ITSDANGEROUS),
    (&["'TimedJSONWebSignatureSerializer' from 'itsdangerous'"], ITSDANGEROUS),
    (&["'soft_unicode' from 'markupsafe'"], MARKUPSAFE),
    (
        &["module 'sqlalchemy' has no attribute '__all__'"],
        held(
            "SQLAlchemy",
            "SQLAlchemy<2",
            "add `SQLAlchemy<2`, which Flask-SQLAlchemy 2 was written for, or take Flask-SQLAlchemy 3",
        ),
    ),
    (
        &["longer than 72 bytes"],
        Changed {
            message: Some("the installed release of `bcrypt` refuses what passlib tries it with"),
            ..held(
                "bcrypt",
                "bcrypt<5",
                "pin `bcrypt<5` (4.0.1 also spares passlib's warning), or call bcrypt without passlib",
            )
        },
    ),
    (&["PydanticUserError"], PYDANTIC),
    (&["PydanticImportError"], PYDANTIC),
    (&["`@root_validator`"], PYDANTIC),
    (&["constr() got an unexpected", "'regex'"], PYDANTIC),
    (&["conlist() got an unexpected", "_items'"], PYDANTIC),
    (&["keyword-only argument: 'intents'"], DISCORD),
    (&["'Engine' object has no attribute 'execute'"], SQLALCHEMY),
    (&["should be explicitly declared as text"], SQLALCHEMY),
    (&["Not an executable object"], SQLALCHEMY),
    (&["Updater.__init__()"], TELEGRAM),
    (&["cannot import name 'Filters'", "telegram"], TELEGRAM),
    (&["cannot import name 'ParseMode'", "telegram"], TELEGRAM),
    (&["cannot import name 'ChatAction'", "telegram"], TELEGRAM),
    (&["cannot import name 'executor'", "aiogram"], AIOGRAM),
    (&["No module named 'aiogram."], AIOGRAM),
    (
        &["mysqlclient", "or newer is required; you have"],
        Changed {
            message: Some("Django wants mysqlclient, and PyMySQL stands in its place with an older number"),
            ..changed(
                "mysqlclient",
                "require `mysqlclient` in place of PyMySQL, or set `pymysql.version_info = (2, 2, 7, \"final\", 0)` before `pymysql.install_as_MySQLdb()`",
            )
        },
    ),
    (
        &["No module named 'numpy._core'"],
        held(
            "numpy",
            "numpy>=2",
            "require `numpy>=2`, by which the file that is loaded was pickled, or write that file anew by the older one",
        ),
    ),
    (
        &["No module named 'mcp.server.fastmcp'"],
        held(
            "mcp",
            "mcp<2",
            "pin `mcp<2`, which the code was written for, or port it to mcp 2: `from mcp.server.mcpserver import MCPServer`",
        ),
    ),
    (
        &["No module named 'moviepy.editor'"],
        changed(
            "moviepy",
            "import from `moviepy` itself, which has no `editor` since 2.0, or pin `moviepy<2`, which the code was written for",
        ),
    ),
    (
        &["duplicate base class TimeoutError"],
        changed(
            "aioredis",
            "take `redis` in its place, with `from redis import asyncio as aioredis`: aioredis does not run on Python 3.11 or newer",
        ),
    ),
    (&["'Updater' object has no attribute"], TELEGRAM),
    (&["'Dispatcher' object has no attribute"], AIOGRAM),
    (&["Dispatcher.__init__() takes 1 positional argument"], AIOGRAM),
    (&["Passing `parse_mode`"], AIOGRAM),
    (&["'DataFrame' object has no attribute"], PANDAS),
    (&["'Series' object has no attribute"], PANDAS),
    (&["'ANTIALIAS'"], PILLOW),
    (&["'FreeTypeFont' object", "'getsize'"], PILLOW),
    (
        &["Descriptors cannot"],
        changed(
            "protobuf",
            "pin `protobuf<=3.20.3`, or take newer releases of the packages whose `_pb2` files are older",
        ),
    ),
    (&["No module named 'django_tasks.backends."], TASKS),
    (&["No module named 'langchain."], LANGCHAIN),
    (&["but this SDK uses `httpx2`"], HTTPX),
    (&["an instance of `httpx2."], HTTPX),
    (&["object has no attribute 'add_event_handler'"], EVENTS),
    (&["'Starlette' object has no attribute 'on_event'"], EVENTS),
    (&["Starlette.__init__() got an unexpected", "'on_startup'"], EVENTS),
    (&["Starlette.__init__() got an unexpected", "'on_shutdown'"], EVENTS),
    (&["unknown command 'HELLO'"], HELLO),
    (&["unknown command `HELLO`"], HELLO),
    (
        &["module 'lib' has no attribute"],
        changed("pyOpenSSL", "raise `pyOpenSSL` to a release that fits the installed `cryptography`"),
    ),
];

/// What changed, by the words of a message.
///
/// ```
/// let changed = shakedown::catalog::changed::by_message("AttributeError: 'Engine' object has no attribute 'execute'");
/// assert_eq!(changed.unwrap().package, "SQLAlchemy");
/// ```
pub fn by_message(message: &str) -> Option<Changed> {
    CHANGES.iter().find(|(words, _)| words.iter().all(|word| message.contains(word))).map(|(_, changed)| *changed)
}
