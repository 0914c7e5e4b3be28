//! Files that do not parse, and exceptions of the app's own.

use super::found::find;
use super::imports::{is_building, is_installer, is_tool};
use crate::catalog::modules;
use crate::diagnose::table::Finding;
use crate::diagnose::table::compile::LEGACY_SETUP_PY;
use crate::diagnose::table::database::{DB_UNREACHABLE, MISSING_DATA_FILE, REDIS_UNREACHABLE};
use crate::diagnose::table::django::COLLECTSTATIC_FAILED;
use crate::diagnose::table::machine::MISSING_SYSTEM_BINARY;
use crate::diagnose::table::managers::TOOL_VERSION_INCOMPATIBLE;
use crate::diagnose::table::modules::{DEPENDENCY_VERSION_INCOMPATIBLE, MISSING_PYTHON_MODULE};
use crate::diagnose::table::network::NETWORK_UNREACHABLE;
use crate::diagnose::table::python::{CODE_ERROR, PYTHON_SYNTAX_ERROR, PYTHON_VERSION_TOO_OLD};
use crate::diagnose::table::requirements::REQUIREMENTS_ENCODING;
use crate::diagnose::table::server::{PORT_PERMISSION_DENIED, PORT_VARIABLE_NOT_EXPANDED};
use crate::diagnose::table::start::WRONG_APP_ATTRIBUTE;
use crate::diagnose::table::{DECISIVE, HINT, LAST_RESORT, Rule, SAID};
use crate::diagnose::view::LogView;
use crate::log::pattern::Pattern;
use crate::log::traceback::{Frame, Home, Raised};

/// Syntax errors and, where nothing else explains it, exceptions of the app's own.
pub(super) fn detect(view: &LogView<'_>, found: &mut Vec<Finding>) {
    for (index, raised) in view.raised.iter().enumerate() {
        // What was raised in a group's tasks follows.
        if raised.short().ends_with("ExceptionGroup") && index + 1 < view.raised.len() {
            continue;
        }
        if matches!(raised.short(), "SyntaxError" | "IndentationError" | "TabError") {
            syntax(view, raised, found);
        } else {
            own_error(raised, found);
        }
    }
}

/// Code that only later versions of Python parse.
static MODERN: Pattern = Pattern::new(
    r"^\s*(?:match\s+[^=]+:\s*$|case\s+.+:\s*$|type\s+\w+\s*(?:\[.*\])?\s*=|except\*|(?:async )?with \($)|:=|^\s*(?:def|class) \w+\[|f'[^']*\{[^}']*'[^}]*\}|f\x22[^\x22]*\{[^}\x22]*\x22[^}]*\}|^\s*async (?:def|for|with)|^\s*from __future__ import annotations|^\s*\w+\s*:\s*\w+[^=]*=",
);

fn syntax(view: &LogView<'_>, raised: &Raised, found: &mut Vec<Finding>) {
    let place = raised.frames.iter().rev().find(|frame| frame.function.is_empty()).or(raised.frames.last());
    let home = place.map_or(Home::Project, Frame::home);
    let message = raised.message.lines().next().unwrap_or_default();
    // Where the frame was cut off, its code may stand there still, above the caret.
    let above = || {
        let is_code = |text: &str| !text.trim_matches([' ', '^', '~', '|', '│']).is_empty();
        view.back_from(raised.at.checked_sub(1)?, 1, is_code).map(|at| view.text(at))
    };
    let code = place.map(|frame| frame.code.as_str()).or_else(above).unwrap_or_default();
    let modern = (message.starts_with("invalid syntax")
        || message.starts_with("expected ':'")
        || message.starts_with("expected '('")
        || message.contains("cannot include a backslash")
        || message.contains("f-string: ")
        || message.contains("future feature annotations"))
        && (message.contains("future feature")
            || message.contains("cannot include a backslash")
            || MODERN.is_match(code));
    let python2 = message.contains("Missing parentheses in call")
        || code.trim_start().starts_with("print ")
        || code.contains("except ") && code.contains(", e:");
    let rule =
        if place.is_some_and(|frame| frame.file.contains("/pip/_internal/") || frame.file.contains("/pip/_vendor/")) {
            // pip came for a newer Python than the one that it is run by.
            &PYTHON_VERSION_TOO_OLD
        } else if is_building(raised) || is_installer(raised) && home == Home::Package {
            &LEGACY_SETUP_PY
        } else if raised.short() == "IndentationError" {
            // Blocks are indented the same in every Python.
            &PYTHON_SYNTAX_ERROR
        } else if modern {
            &PYTHON_VERSION_TOO_OLD
        } else if place.is_some_and(|frame| frame.file.starts_with('<')) {
            // Handed over inline or by a pipe, with whatever was in it.
            &PYTHON_SYNTAX_ERROR
        } else if home == Home::Package || home == Home::Standard {
            if python2 || message.contains("reserved keyword") || code.contains("async") {
                &DEPENDENCY_VERSION_INCOMPATIBLE
            } else {
                &PYTHON_VERSION_TOO_OLD
            }
        } else {
            &PYTHON_SYNTAX_ERROR
        };
    let rank = if raised.traced { DECISIVE } else { SAID };
    let finding = find(found, rule, raised.at, rank);
    if let Some(place) = place {
        finding.subject = Some(place.quoted());
        if *rule == PYTHON_SYNTAX_ERROR {
            finding.message = Some(format!("`{}` does not compile: {message}", place.place()));
        }
    }
}

static ATTRIBUTE: Pattern = Pattern::new(r"^(?:partially initialized )?module '([\w.]+)' has no attribute");

/// Exceptions by which programs end on purpose, or that say nothing.
const NO_ERRORS: &[&str] = &[
    "SystemExit",
    "KeyboardInterrupt",
    "CancelledError",
    "GeneratorExit",
    "StopIteration",
    "StopAsyncIteration",
    "HaltServer",
    "Exit",
    "ModuleNotFoundError",
    "ImportError",
    "BrokenPipeError",
];

/// Calls that take a file or a folder, and no program.
const FILE_CALLS: &[&str] = &["open(", "listdir(", "scandir(", "mkdir("];

/// Clients of the usual services, and what it is that does not answer them.
const CLIENTS: &[(&str, &Rule)] = &[
    ("/asyncpg/", &DB_UNREACHABLE),
    ("/psycopg", &DB_UNREACHABLE),
    ("/pymysql/", &DB_UNREACHABLE),
    ("/aiomysql/", &DB_UNREACHABLE),
    ("/mysql/connector/", &DB_UNREACHABLE),
    ("/pg8000/", &DB_UNREACHABLE),
    ("/pymongo/", &DB_UNREACHABLE),
    ("/redis/", &REDIS_UNREACHABLE),
    ("/aioredis/", &REDIS_UNREACHABLE),
];

fn by_client(raised: &Raised) -> Option<&'static Rule> {
    let called = |part: &str| raised.passes(&format!("-packages{part}"));
    CLIENTS.iter().find(|(part, _)| called(part)).map(|(_, rule)| *rule)
}

static ASYNC_MODE: Pattern = Pattern::new(r#"\basync_mode\s*=\s*["'](eventlet|gevent)["']"#);

/// Exceptions whose cause is not in their words but in the frames they came through.
fn by_frames(raised: &Raised, found: &mut Vec<Finding>) -> bool {
    let message = raised.message.lines().next().unwrap_or_default();
    let calls = |call: &str| raised.frames.iter().any(|frame| frame.code.contains(call) || frame.function == call);
    let rule: &Rule = match raised.short() {
        "UnicodeDecodeError" if raised.passes("/req/req_file.py") || raised.passes("pip/_internal/utils/encoding") => {
            &REQUIREMENTS_ENCODING
        }
        // python-engineio's word for a mode whose package is not there.
        "ValueError" if message.starts_with("Invalid async_mode specified") => {
            let mode = raised.own_frame().and_then(|frame| ASYNC_MODE.captures(&frame.code));
            let Some(mode) = mode else { return false };
            let finding = find(found, &MISSING_PYTHON_MODULE, raised.at, DECISIVE);
            finding.message =
                Some(format!("Socket.IO is told to run by `{}`, which no requirement installs", &mode[1]));
            finding.subject = Some(mode[1].to_owned());
            return true;
        }
        "ValueError" if message.contains("embedded null") && is_installer(raised) => &REQUIREMENTS_ENCODING,
        "FileNotFoundError" if raised.passes("/staticfiles/") && raised.passes("/management/") => {
            let folder = message.split('\'').nth(1).map(str::to_owned);
            find(found, &COLLECTSTATIC_FAILED, raised.at, DECISIVE).subject = folder;
            return true;
        }
        "gaierror" if calls(".bind(") => {
            let finding = find(found, &PORT_VARIABLE_NOT_EXPANDED, raised.at, DECISIVE);
            finding.message = Some(
                "the server is told to listen at something that is no address, as a literal `$PORT` in it makes it"
                    .to_owned(),
            );
            return true;
        }
        "FileNotFoundError"
            if !is_building(raised)
                && raised.frames.last().is_some_and(|frame| {
                    frame.home() == Home::Project
                        && (FILE_CALLS.iter().any(|call| frame.code.contains(call))
                            || frame.code.starts_with("raise FileNotFoundError"))
                }) =>
        {
            found.retain(|known| known.at != raised.at || known.rule != &MISSING_SYSTEM_BINARY);
            let path = || message.split_whitespace().rev().find(|word| word.contains(['/', '.']));
            let finding = find(found, &MISSING_DATA_FILE, raised.at, DECISIVE);
            finding.subject = message.split('\'').nth(1).or_else(path).map(str::to_owned);
            return true;
        }
        "TimeoutError" | "timeout" if raised.passes("/smtplib.py") => &NETWORK_UNREACHABLE,
        "ConnectionRefusedError" | "gaierror" | "TimeoutError" | "CancelledError" => {
            let Some(rule) = by_client(raised) else { return false };
            // The client's own words say more.
            if found.iter().any(|known| known.rule == rule) {
                return true;
            }
            rule
        }
        "PermissionError" if calls(".bind(") || calls("server_bind") || calls("create_server") => {
            &PORT_PERMISSION_DENIED
        }
        "AttributeError" | "TypeError" | "RuntimeError" if is_tool(raised) => &TOOL_VERSION_INCOMPATIBLE,
        "AttributeError" if found.iter().any(|known| known.at == raised.at && known.rule == &WRONG_APP_ATTRIBUTE) => {
            return true;
        }
        "AttributeError" => {
            let Some(module) = ATTRIBUTE.captures(message) else { return false };
            let foreign = raised.frames.last().is_some_and(|frame| frame.home() == Home::Package);
            if modules::distribution(&module[1]).is_none() && !foreign {
                return false;
            }
            let finding = find(found, &DEPENDENCY_VERSION_INCOMPATIBLE, raised.at, HINT);
            finding.subject = Some(module[1].to_owned());
            return false;
        }
        _ => return false,
    };
    find(found, rule, raised.at, DECISIVE);
    true
}

/// A package that breaks while it is imported was not written for what is installed beside it.
fn broken_import(raised: &Raised, found: &mut Vec<Finding>) {
    let inner = raised.frames.iter().rev().take_while(|frame| frame.home() != Home::Project);
    let mut packaged = inner.filter(|frame| frame.home() == Home::Package);
    let importing = packaged.clone().any(|frame| frame.function == "<module>");
    if !matches!(raised.short(), "AttributeError" | "TypeError" | "NameError")
        || raised.message.contains("NoneType")
        || raised.message.contains("'module' object is not callable")
        || !(importing || raised.own_frame().is_none())
    {
        return;
    }
    if let Some(frame) = packaged.next() {
        let finding = find(found, &DEPENDENCY_VERSION_INCOMPATIBLE, raised.at, HINT);
        finding.subject = frame.package().map(str::to_owned);
    }
}

/// Of what a pickle or a saved model is made of.
const OF_ANOTHER_RELEASE: &str = "the file was written by another release of the package that it is read by: require that one, or write the file anew by the one that is installed";

/// What to do about an exception whose place shows more than that its code is wrong.
fn what_to_do(raised: &Raised, frame: &Frame) -> Option<&'static str> {
    let is_refused = || raised.frames.last().is_some_and(|last| last.home() == Home::Package);
    match raised.short() {
        "IndexError" if frame.code.contains(".parents[") => Some(
            "the project lies in /app here, with fewer folders above it than on the own machine: count from a folder of the project's own (`Path(__file__).parent`), or name the folder by a variable; what lies above the root directory is not deployed",
        ),
        "AttributeError"
            if raised.message.starts_with("Can't get attribute") && raised.message.contains("<module '__main__'") =>
        {
            Some(
                "the file was pickled by a script that defined the class or function itself, so that it is looked for in whatever is started: define it in a module of its own, import it in both, and pickle again",
            )
        }
        "AttributeError"
            if raised.message.starts_with("Can't get attribute") && raised.message.contains("-packages/") =>
        {
            Some(OF_ANOTHER_RELEASE)
        }
        _ if raised.message.contains("is not a known BitGenerator")
            || raised.message.contains("deserializing class") =>
        {
            Some(OF_ANOTHER_RELEASE)
        }
        "DuplicatePreparedStatementError" | "InvalidSQLStatementNameError" => Some(
            "the pooler hands each statement to another connection: `statement_cache_size=0` among connect's arguments, or take the address of the database itself or of the session pooler",
        ),
        "OperationalError" if raised.message.starts_with("database is locked") => Some(
            "two processes write the same SQLite file: have one (one worker, one replica), keep a Telegram client's session in a text (StringSession), or take PostgreSQL",
        ),
        "ValueError" if raised.message.starts_with("When localhost is not accessible") => Some(
            "Gradio asks its own page as it starts, and gets an error: the exception above this one is the cause, mostly releases of gradio, pydantic and starlette that do not fit; share=True would only hide it",
        ),
        "TypeError" if raised.message.starts_with("port must be an integer") => {
            Some("a variable holds a text: make a number of it, `port=int(os.environ.get(\"PORT\", 8080))`")
        }
        "DownloadError" if raised.message.contains("Sign in to confirm") => Some(
            "YouTube asks the addresses of data centres to sign in: hand yt-dlp the cookies of an account (`cookiefile`), or have the work done from another address",
        ),
        _ if raised.message.contains("only works in main thread") => Some(
            "signals come to the main thread alone: run this there and the web server in another thread, or have it leave signals alone (`run_polling(stop_signals=None)`)",
        ),
        _ if is_refused() => Some("do what the message says, or correct what the code at the place shown hands over"),
        _ => None,
    }
}

fn own_error(raised: &Raised, found: &mut Vec<Finding>) {
    if by_frames(raised, found) {
        return;
    }
    if !raised.traced
        || NO_ERRORS.contains(&raised.short())
        || raised.short().ends_with("Warning")
        || is_building(raised)
        || is_installer(raised)
    {
        return;
    }
    broken_import(raised, found);
    let Some(frame) = raised.own_frame() else { return };
    let rank = if matches!(raised.short(), "NameError" | "UnboundLocalError") { HINT } else { LAST_RESORT };
    let message = raised.message.lines().next().unwrap_or_default();
    let said = if message.is_empty() { raised.short().to_owned() } else { format!("{}: {message}", raised.short()) };
    let place = frame.place();
    let finding = find(found, &CODE_ERROR, raised.at, rank);
    finding.message = Some(format!("the app raises `{said}` at {place}"));
    finding.help = what_to_do(raised, frame).map(str::to_owned);
    finding.subject = Some(format!("{} at {place}", raised.short()));
}
