//! Where a server listens that the started file runs by itself.

use super::facts::target::{apps, made_by};
use std::ops::Range;
use std::path::Path;

use super::facts::Facts;
use super::finding::{Findings, replace_line};
use super::server::{HOST, PORT};
use crate::finding::{Edit, Severity};
use crate::log::pattern::Pattern;
use crate::project::Source;

/// A call that makes a server listen, in one line.
struct Call<'t> {
    /// From 0.
    index: usize,
    line: &'t str,
    /// What stands between the parentheses, within the line.
    inside: Range<usize>,
    host: Host,
    /// Whether a condition decides that it is made.
    conditional: bool,
}

/// How a call is told the host.
#[derive(Debug, Clone, Copy)]
struct Host {
    keyword: &'static str,
    /// Whether the first argument is one as well.
    is_first: bool,
    /// Whether it is the loopback where nothing is said.
    is_hidden: bool,
    /// The keyword for the port.
    port_keyword: &'static str,
    /// The port where nothing is said; empty where that is PORT, or is not known.
    default_port: &'static str,
}

/// By keyword alone, and the loopback by default.
const BY_KEYWORD: Host =
    Host { keyword: "host", is_first: false, is_hidden: true, port_keyword: "port", default_port: "" };

/// Gradio's `launch`. It takes the first free port from 7860 on, and asks GRADIO_SERVER_PORT, never PORT.
const GRADIO: Host = Host { keyword: "server_name", port_keyword: "server_port", default_port: "7860", ..BY_KEYWORD };

/// Functions that serve, what shows that they are meant, and how they are told the host. By bottle 0.13, shiny 1.4, waitress 3.0,
/// aiohttp 3.12, microdot 2.3 and the standard library of Python 3.14.
const FUNCTIONS: &[(&str, &str, Host)] = &[
    ("run(", "from bottle import", BY_KEYWORD),
    ("bottle.run(", "import bottle", BY_KEYWORD),
    ("run_app(", "from shiny import", BY_KEYWORD),
    ("shiny.run_app(", "import shiny", BY_KEYWORD),
    ("serve(", "from waitress import", Host { is_hidden: false, ..BY_KEYWORD }),
    ("waitress.serve(", "import waitress", Host { is_hidden: false, ..BY_KEYWORD }),
    ("web.run_app(", "aiohttp", Host { is_hidden: false, ..BY_KEYWORD }),
    ("ui.run(", "nicegui", Host { is_hidden: false, ..BY_KEYWORD }),
];

/// The place and text of an argument in its line.
type Argument<'t> = (usize, &'t str);

/// A class whose objects serve.
struct Other {
    class: &'static str,
    methods: &'static [&'static str],
    host: &'static str,
    /// Whether the first argument is the host.
    is_first: bool,
    is_hidden: bool,
    /// The variable that says it as well.
    variable: Option<&'static str>,
}

const OTHERS: &[Other] = &[
    Other {
        class: "Dash(",
        methods: &[".run(", ".run_server("],
        host: "host",
        is_first: true,
        is_hidden: true,
        variable: Some("HOST"),
    },
    Other { class: "Quart(", methods: &[".run("], host: "host", is_first: true, is_hidden: true, variable: None },
    Other {
        class: "Robyn(",
        methods: &[".start("],
        host: "host",
        is_first: true,
        is_hidden: true,
        variable: Some("ROBYN_HOST"),
    },
    Other { class: "Microdot(", methods: &[".run("], host: "host", is_first: true, is_hidden: false, variable: None },
    Other { class: "Sanic(", methods: &[".run("], host: "host", is_first: true, is_hidden: true, variable: None },
];

/// After as many calls the file is none that starts a server.
const MOST: usize = 16;
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "::1"];
const EVERYWHERE: &str = "\"0.0.0.0\"";

pub(super) fn check(facts: &Facts<'_>, path: &Path, text: &str, findings: &mut Findings) {
    let gradio = text.contains("import gradio") && facts.variable("GRADIO_SERVER_NAME").is_none();
    let flask = if text.contains("Flask(") { apps(text) } else { Vec::new() };
    let others = OTHERS.iter().filter(|&other| {
        text.contains(other.class) && other.variable.is_none_or(|name| facts.variable(name).is_none())
    });
    let others: Vec<(String, Host)> = others
        .flat_map(|other| {
            let names = made_by(text, other.class.trim_end_matches('('));
            names.into_iter().flat_map(move |name| {
                let host =
                    Host { keyword: other.host, is_first: other.is_first, is_hidden: other.is_hidden, ..BY_KEYWORD };
                other.methods.iter().map(move |method| (format!("{name}{method}"), host))
            })
        })
        .collect();
    let mut calls: Vec<Call<'_>> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let bare = after_guard(line).unwrap_or_else(|| line.trim_start());
        let heads = flask.iter().map(|name| (format!("{name}.run("), Host { is_first: true, ..BY_KEYWORD }));
        let functions = FUNCTIONS.iter().filter(|(_, sign, _)| text.contains(sign));
        let mut heads = heads
            .chain(others.iter().cloned())
            .chain([("uvicorn.run(".to_owned(), BY_KEYWORD), ("socketio.run(".to_owned(), BY_KEYWORD)])
            .chain(functions.map(|(head, _, host)| ((*head).to_owned(), *host)));
        let found = heads.find_map(|(head, host)| bare.starts_with(&head).then_some((head.len(), host)));
        let launched = || bare.find(".launch(").map(|at| (at + ".launch(".len(), GRADIO));
        let Some((length, host)) = found.or_else(|| if gradio { launched() } else { None }) else { continue };
        let start = line.len() - bare.len() + length;
        let Some(end) = closing(line, start) else { continue };
        if calls.len() == MOST {
            break;
        }
        calls.push(Call { index, line, inside: start..end, host, conditional: is_conditional(text, index) });
    }
    let place = facts.app.place(path);
    if let [call] = &calls[..] {
        fixed_port(facts, path, call, findings);
    }
    // Of several calls the one that is made may be the right one.
    if calls.iter().any(|call| !call.is_loopback(|name| facts.variable(name).is_some())) {
        return;
    }
    for call in &calls {
        let severity = if call.conditional { Severity::Warning } else { Severity::Error };
        let finding = HOST.found("the server listens on 127.0.0.1, where nobody outside the container reaches it");
        let finding = finding.about("127.0.0.1").severity(severity).at(Source::line(&place, call.index + 1), call.line);
        let edit = replace_line(&place, call.index + 1, call.line, call.everywhere());
        findings.push(finding.fix("listen on 0.0.0.0", vec![edit]));
    }
}

/// A port that is written down, or that the framework chooses, whatever PORT says.
fn fixed_port(facts: &Facts<'_>, path: &Path, call: &Call<'_>, findings: &mut Findings) {
    let given = call.keyword(call.host.port_keyword);
    let given = given.or_else(|| call.host.is_first.then(|| call.positional(1)).flatten());
    let is_number = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_unpacked = call.arguments().iter().any(|(_, text)| text.starts_with('*'));
    let by_variable = call.host.port_keyword == GRADIO.port_keyword && facts.variable("GRADIO_SERVER_PORT").is_some();
    let (at, port) = match given {
        Some((at, port)) if is_number(port) => (Some(at), port),
        None if !call.host.default_port.is_empty() && !is_unpacked && !by_variable => (None, call.host.default_port),
        _ => return,
    };
    if facts.variable("PORT") == Some(port) {
        return;
    }
    let keyword = call.host.port_keyword;
    let finding = PORT.found(format!("the server listens on port {port}, whatever PORT says")).about(port);
    let finding = finding.at(Source::line(facts.app.place(path), call.index + 1), call.line);
    let asked = "int(os.environ[\"PORT\"])";
    let line = match at {
        Some(at) => format!("{}{asked}{}", &call.line[..at], &call.line[at + port.len()..]),
        None => call.with_argument(&format!("{keyword}={asked}")),
    };
    let help = format!("write {keyword}={asked}, with `import os` at the top");
    let edits = with_os(facts, path, call.index, &line).into_iter().collect::<Vec<_>>();
    findings.push(if edits.is_empty() { finding.help(help) } else { finding.fix("listen on PORT", edits) });
}

/// The file with another line, and `import os` above its first import where it has none.
fn with_os(facts: &Facts<'_>, path: &Path, index: usize, line: &str) -> Option<Edit> {
    let text = facts.app.read_text(path).ok().filter(|text| !text.contains('\r'))?;
    let mut lines: Vec<&str> = text.split('\n').collect();
    *lines.get_mut(index)? = line;
    let is_import =
        |line: &&str| line.starts_with("import ") || line.starts_with("from ") && !line.contains("__future__");
    if !lines.iter().any(|line| *line == "import os" || line.starts_with("import os,")) {
        let first = lines.iter().position(is_import).filter(|first| *first < index)?;
        lines.insert(first, "import os");
    }
    Some(Edit::WriteFile { path: facts.app.place(path), text: lines.join("\n") })
}

impl<'t> Call<'t> {
    fn arguments(&self) -> Vec<Argument<'t>> {
        let line = self.line;
        let mut from = self.inside.start;
        let ends: Vec<usize> = outside(line, self.inside.clone())
            .filter(|(_, c, depth)| *c == ',' && *depth == 0)
            .map(|(at, ..)| at)
            .collect();
        ends.into_iter()
            .chain([self.inside.end])
            .map(|end| {
                let start = std::mem::replace(&mut from, end + 1);
                let text = &line[start..end];
                (start + text.len() - text.trim_start().len(), text.trim())
            })
            .filter(|(_, text)| !text.is_empty())
            .collect()
    }

    fn keyword(&self, name: &str) -> Option<Argument<'t>> {
        self.arguments().into_iter().find_map(|(at, text)| {
            let value = text.strip_prefix(name)?.trim_start().strip_prefix('=')?.trim_start();
            Some((at + text.len() - value.len(), value))
        })
    }

    fn positional(&self, index: usize) -> Option<Argument<'t>> {
        let is_keyword = |text: &str| {
            text.split_once('=')
                .is_some_and(|(name, _)| name.trim().bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        };
        self.arguments().get(index).copied().filter(|(_, text)| !is_keyword(text))
    }

    fn host(&self) -> Option<Argument<'t>> {
        self.keyword(self.host.keyword).or_else(|| self.host.is_first.then(|| self.positional(0)).flatten())
    }

    fn is_loopback(&self, given: impl Fn(&str) -> bool) -> bool {
        match self.host() {
            Some((_, host)) => {
                LOOPBACK.contains(&host.trim_matches(['"', '\''])) && host.starts_with(['"', '\''])
                    || by_default(host).is_some_and(|(name, host)| LOOPBACK.contains(&host) && !given(name))
            }
            // Unpacked arguments may well name it.
            None => self.host.is_hidden && !self.arguments().iter().any(|(_, text)| text.starts_with('*')),
        }
    }

    /// The line with the host that everybody reaches.
    fn everywhere(&self) -> String {
        let line = self.line;
        match self.host() {
            Some((at, host)) => format!("{}{EVERYWHERE}{}", &line[..at], &line[at + host.len()..]),
            None => self.with_argument(&format!("{}={EVERYWHERE}", self.host.keyword)),
        }
    }

    /// The line with one argument more.
    fn with_argument(&self, argument: &str) -> String {
        let (line, end) = (self.line, self.inside.end);
        let before = line[..end].trim_end();
        let comma = if before.ends_with(['(', ',']) { "" } else { "," };
        let blank = if before.ends_with('(') { "" } else { " " };
        format!("{before}{comma}{blank}{argument}{}", &line[end..])
    }
}

/// The characters of a part of a line that stand outside of quotes, with how many brackets are open around them.
fn outside(line: &str, range: Range<usize>) -> impl Iterator<Item = (usize, char, usize)> {
    let mut quote = None;
    let mut depth = 0_usize;
    let mut escaped = false;
    let start = range.start;
    line[range].char_indices().filter_map(move |(at, c)| {
        if let Some(open) = quote {
            if c == open && !escaped {
                quote = None;
            }
            escaped = c == '\\' && !escaped;
            return None;
        }
        match c {
            '"' | '\'' => quote = Some(c),
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth > 0 => depth -= 1,
            _ => return Some((start + at, c, depth)),
        }
        None
    })
}

/// What follows `if __name__ == "__main__":` in its own line.
fn after_guard(line: &str) -> Option<&str> {
    let (_, guarded) = line.trim_start().strip_prefix("if")?.split_once("__main__")?;
    guarded.split_once(':').map(|(_, call)| call.trim_start())
}

/// Where the parenthesis closes that was open before `start`; none where the call goes on in the next line.
fn closing(line: &str, start: usize) -> Option<usize> {
    outside(line, start..line.len())
        .find(|(_, c, _)| matches!(c, ')' | '#'))
        .filter(|(_, c, _)| *c == ')')
        .map(|(at, ..)| at)
}

static DEFAULT: Pattern =
    Pattern::new(r#"^(?:os\.)?(?:getenv|environ\.get)\(\s*["'](\w+)["']\s*,\s*["']([^"']+)["']\s*\)$"#);

/// The variable and the text in its place, of a host that is read from the environment.
fn by_default(host: &str) -> Option<(&str, &str)> {
    let found = DEFAULT.captures(host)?;
    Some((found.get(1)?.as_str(), found.get(2)?.as_str()))
}

/// Whether the nearest block around a line is one that may be passed over.
fn is_conditional(text: &str, index: usize) -> bool {
    let lines: Vec<&str> = text.lines().take(index + 1).collect();
    let depth = |line: &str| line.len() - line.trim_start().len();
    let own = depth(lines[index]);
    let around = lines[..index].iter().rev().find(|line| !line.trim().is_empty() && depth(line) < own);
    let head = around.map_or("", |line| line.trim_start());
    ["if ", "elif ", "else", "except"].iter().any(|word| head.starts_with(word)) && !head.contains("__name__")
}
