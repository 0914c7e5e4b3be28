//! What programs say when a package changed under them, whose words those are, and the release that still fits.

/// A change that its messages do not tell the package of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Changed {
    /// The distribution.
    pub package: &'static str,
    /// What to do.
    pub help: &'static str,
}

const PYDANTIC: Changed = Changed {
    package: "pydantic",
    help: "pin `pydantic<2`, or port the code to pydantic 2 (`bump-pydantic` does most of it)",
};
const DISCORD: Changed = Changed {
    package: "discord.py",
    help: "pass `intents=discord.Intents.default()` (with `message_content = True` where messages are read), which discord.py wants since 2.0",
};
const SQLALCHEMY: Changed = Changed {
    package: "SQLAlchemy",
    help: "pin `SQLAlchemy<2`, or run `text(\"…\")` on a connection: `with engine.connect() as connection`",
};
const TELEGRAM: Changed = Changed {
    package: "python-telegram-bot",
    help: "pin `python-telegram-bot==13.15`, or port the code to `Application` of version 20",
};
const AIOGRAM: Changed = Changed { package: "aiogram", help: "pin `aiogram==2.25.2`, or port the code to aiogram 3" };
const PANDAS: Changed = Changed { package: "pandas", help: "pin `pandas<2`, or adapt the code to what took its place" };
const PILLOW: Changed =
    Changed { package: "Pillow", help: "pin `Pillow<10`, or adapt the code (`Image.LANCZOS`, `font.getbbox`)" };

/// Words of a message, all of which it has, and what changed. Sources: the packages' own guides to the release that changed it.
const CHANGES: &[(&[&str], Changed)] = &[
    (
        &["BaseSettings", "moved"],
        Changed {
            package: "pydantic",
            help: "add `pydantic-settings` and import `BaseSettings` from `pydantic_settings`, or pin `pydantic<2`",
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
        Changed {
            package: "protobuf",
            help: "pin `protobuf<=3.20.3`, or take newer releases of the packages whose `_pb2` files are older",
        },
    ),
    (
        &["module 'lib' has no attribute"],
        Changed { package: "pyOpenSSL", help: "raise `pyOpenSSL` to a release that fits the installed `cryptography`" },
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
