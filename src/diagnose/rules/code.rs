//! Files that do not parse, and exceptions of the app's own.

use std::sync::LazyLock;

use regex::Regex;

use super::find;
use super::imports::{is_building, is_installer, is_tool};
use crate::catalog::names;
use crate::diagnose::rank::Finding;
use crate::diagnose::reading::Reading;
use crate::diagnose::rule::{DECISIVE, HINT, LAST_RESORT, SAID};
use crate::log::traceback::{Frame, Home, Raised};

/// Syntax errors and, where nothing else explains it, exceptions of the app's own.
pub(super) fn read(reading: &Reading<'_>, found: &mut Vec<Finding>) {
    for raised in &reading.raised {
        if matches!(raised.short(), "SyntaxError" | "IndentationError" | "TabError") {
            syntax(raised, found);
        } else {
            own_error(reading, raised, found);
        }
    }
}

/// Code that only later versions of Python parse.
static MODERN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:match\s+[^=]+:\s*$|case\s+.+:\s*$|type\s+\w+\s*(?:\[.*\])?\s*=|except\*|(?:async )?with \($)|:=|^\s*(?:def|class) \w+\[|f'[^']*\{[^}']*'[^}]*\}|f\x22[^\x22]*\{[^}\x22]*\x22[^}]*\}|^\s*async (?:def|for|with)|^\s*from __future__ import annotations|^\s*\w+\s*:\s*\w+[^=]*=").ok()
});

fn syntax(raised: &Raised, found: &mut Vec<Finding>) {
    let place = raised.frames.iter().rev().find(|frame| frame.function.is_empty()).or(raised.frames.last());
    let home = place.map_or(Home::Project, Frame::home);
    let message = raised.message.lines().next().unwrap_or_default();
    let code = place.map(|frame| frame.code.as_str()).unwrap_or_default();
    let modern = (message.starts_with("invalid syntax")
        || message.starts_with("expected ':'")
        || message.starts_with("expected '('")
        || message.contains("cannot include a backslash")
        || message.contains("f-string: ")
        || message.contains("future feature annotations"))
        && (message.contains("future feature")
            || message.contains("cannot include a backslash")
            || MODERN.as_ref().is_some_and(|modern| modern.is_match(code)));
    let python2 = message.contains("Missing parentheses in call")
        || code.trim_start().starts_with("print ")
        || code.contains("except ") && code.contains(", e:");
    let id =
        if place.is_some_and(|frame| frame.file.contains("/pip/_internal/") || frame.file.contains("/pip/_vendor/")) {
            // pip came for a newer Python than the one that it is run by.
            "python-version-too-old"
        } else if is_building(raised) || is_installer(raised) && home == Home::Package {
            "legacy-setup-py"
        } else if raised.short() == "IndentationError" {
            // Blocks are indented the same in every Python.
            "python-syntax-error"
        } else if modern {
            "python-version-too-old"
        } else if place.is_some_and(|frame| frame.file.starts_with('<')) {
            // Handed over inline or by a pipe, with whatever was in it.
            "python-syntax-error"
        } else if home == Home::Package || home == Home::Standard {
            if python2 || message.contains("reserved keyword") || code.contains("async") {
                "dependency-version-incompatible"
            } else {
                "python-version-too-old"
            }
        } else {
            "python-syntax-error"
        };
    let rank = if raised.traced { DECISIVE } else { SAID };
    let Some(index) = find(found, id, raised.at, rank) else { return };
    if let Some(place) = place {
        found[index].subject = Some(place.quoted());
        if id == "python-syntax-error" {
            found[index].message = Some(format!("`{}` does not compile: {message}", place.place()));
        }
    }
}

static ATTRIBUTE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:partially initialized )?module '([\w.]+)' has no attribute").ok());

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

/// Clients of the usual services, and what it is that does not answer them.
const CLIENTS: &[(&str, &str)] = &[
    ("/asyncpg/", "db-unreachable"),
    ("/psycopg", "db-unreachable"),
    ("/pymysql/", "db-unreachable"),
    ("/aiomysql/", "db-unreachable"),
    ("/mysql/connector/", "db-unreachable"),
    ("/pg8000/", "db-unreachable"),
    ("/pymongo/", "db-unreachable"),
    ("/redis/", "redis-unreachable"),
    ("/aioredis/", "redis-unreachable"),
];

fn by_client(raised: &Raised) -> Option<&'static str> {
    let called = |part: &str| raised.passes(&format!("-packages{part}"));
    CLIENTS.iter().find(|(part, _)| called(part)).map(|(_, rule)| *rule)
}

/// Exceptions whose cause is not in their words but in the frames they came through.
fn by_frames(raised: &Raised, found: &mut Vec<Finding>) -> bool {
    let message = raised.message.lines().next().unwrap_or_default();
    let calls = |call: &str| raised.frames.iter().any(|frame| frame.code.contains(call) || frame.function == call);
    let id = match raised.short() {
        "UnicodeDecodeError" if raised.passes("/req/req_file.py") || raised.passes("pip/_internal/utils/encoding") => {
            "requirements-encoding"
        }
        "ValueError" if message.contains("embedded null") && is_installer(raised) => "requirements-encoding",
        "FileNotFoundError"
            if !is_building(raised)
                && raised.frames.last().is_some_and(|frame| {
                    frame.home() == Home::Project
                        && (frame.code.contains("open(") || frame.code.starts_with("raise FileNotFoundError"))
                }) =>
        {
            if let Some(index) = find(found, "missing-data-file", raised.at, DECISIVE) {
                let path = || message.split_whitespace().rev().find(|word| word.contains(['/', '.']));
                found[index].subject = message.split('\'').nth(1).or_else(path).map(str::to_owned);
            }
            return true;
        }
        "ConnectionRefusedError" | "gaierror" | "TimeoutError" | "CancelledError" => {
            let Some(id) = by_client(raised) else { return false };
            // The client's own words say more.
            if found.iter().any(|known| known.rule.id == id) {
                return true;
            }
            id
        }
        "PermissionError" if calls(".bind(") || calls("server_bind") || calls("create_server") => {
            "port-permission-denied"
        }
        "AttributeError" | "TypeError" | "RuntimeError" if is_tool(raised) => "tool-version-incompatible",
        "AttributeError" => {
            let Some(module) = ATTRIBUTE.as_ref().and_then(|regex| regex.captures(message)) else { return false };
            let foreign = raised.frames.last().is_some_and(|frame| frame.home() == Home::Package);
            if names::distribution(&module[1]).is_none() && !foreign {
                return false;
            }
            if let Some(index) = find(found, "dependency-version-incompatible", raised.at, HINT) {
                found[index].subject = Some(module[1].to_owned());
            }
            return false;
        }
        _ => return false,
    };
    find(found, id, raised.at, DECISIVE);
    true
}

/// What is asked for by words alone, without the line of the project that did.
const PLACED: &[&str] = &["relative-import-error", "interactive-input", "python-version-too-old"];

/// Gives what names nothing the line at which it came out, as `file:line: code`.
pub(super) fn name_places(reading: &Reading<'_>, found: &mut [Finding]) {
    let nameless = |finding: &&mut Finding| finding.subject.is_none() && PLACED.contains(&finding.rule.id);
    for finding in found.iter_mut().filter(nameless) {
        let raised = reading.raised_at(finding.at);
        finding.subject = raised.and_then(Raised::own_frame).map(Frame::quoted);
    }
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
    if let Some(frame) = packaged.next()
        && let Some(index) = find(found, "dependency-version-incompatible", raised.at, HINT)
    {
        found[index].subject = frame.package().map(str::to_owned);
    }
}

fn own_error(_reading: &Reading<'_>, raised: &Raised, found: &mut Vec<Finding>) {
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
    let Some(index) = find(found, "code-error", raised.at, rank) else { return };
    found[index].message = Some(format!("the app raises `{said}` at {place}"));
    found[index].subject = Some(format!("{} at {place}", raised.short()));
}
