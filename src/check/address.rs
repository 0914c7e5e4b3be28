//! Where a server listens that the started file runs by itself.

use super::facts::target::{apps, made_by};
use std::ops::Range;
use std::path::Path;

use super::facts::Facts;
use super::finding::{Findings, replace_line};
use super::server::{HOST, PORT};
use crate::finding::Severity;
use crate::project::Source;

/// A call that makes a server listen, in one line.
struct Call<'t> {
    /// From 0.
    index: usize,
    line: &'t str,
    /// What stands between the parentheses, within the line.
    inside: Range<usize>,
    /// The keyword for the host, and whether the first argument is one as well.
    host: (&'static str, bool),
    /// Whether a condition decides that it is made.
    conditional: bool,
}

/// The place and text of an argument in its line.
type Argument<'t> = (usize, &'t str);

/// A class whose objects listen on the loopback unless told otherwise.
struct Other {
    class: &'static str,
    methods: &'static [&'static str],
    host: &'static str,
    /// Whether the first argument is the host.
    is_first: bool,
    /// The variable that says it as well.
    variable: Option<&'static str>,
}

const OTHERS: &[Other] = &[
    Other { class: "Dash(", methods: &[".run(", ".run_server("], host: "host", is_first: true, variable: Some("HOST") },
    Other { class: "Quart(", methods: &[".run("], host: "host", is_first: true, variable: None },
    Other { class: "Robyn(", methods: &[".start("], host: "host", is_first: true, variable: Some("ROBYN_HOST") },
    Other { class: "Sanic(", methods: &[".run("], host: "host", is_first: true, variable: None },
];

/// After as many calls the file is none that starts a server.
const MOST: usize = 16;
const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "::1"];
const EVERYWHERE: &str = "\"0.0.0.0\"";

pub(super) fn look(facts: &Facts<'_>, path: &Path, text: &str, findings: &mut Findings) {
    let gradio = text.contains("import gradio") && facts.variable("GRADIO_SERVER_NAME").is_none();
    let flask = if text.contains("Flask(") { apps(text) } else { Vec::new() };
    let others = OTHERS.iter().filter(|&other| {
        text.contains(other.class) && other.variable.is_none_or(|name| facts.variable(name).is_none())
    });
    let others: Vec<(String, (&'static str, bool))> = others
        .flat_map(|other| {
            let names = made_by(text, other.class.trim_end_matches('('));
            names.into_iter().flat_map(move |name| {
                other.methods.iter().map(move |method| (format!("{name}{method}"), (other.host, other.is_first)))
            })
        })
        .collect();
    let mut calls: Vec<Call<'_>> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let bare = line.trim_start();
        let heads = flask.iter().map(|name| (format!("{name}.run("), ("host", true)));
        let mut heads = heads
            .chain(others.iter().cloned())
            .chain([("uvicorn.run(".to_owned(), ("host", false)), ("socketio.run(".to_owned(), ("host", false))]);
        let found = heads.find_map(|(head, host)| bare.starts_with(&head).then_some((head.len(), host)));
        let launched = || bare.find(".launch(").map(|at| (at + ".launch(".len(), ("server_name", false)));
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
        fixed_port(facts, call, Source::line(&place, call.index + 1), findings);
    }
    // Of several calls the one that is made may be the right one.
    if calls.iter().any(|call| !call.is_loopback()) {
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

/// A port that is written down, whatever PORT says.
fn fixed_port(facts: &Facts<'_>, call: &Call<'_>, source: Source, findings: &mut Findings) {
    let port = call.keyword("port").or_else(|| call.host.1.then(|| call.positional(1)).flatten());
    let is_number = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let Some((_, port)) = port.filter(|(_, port)| is_number(port)) else { return };
    if facts.variable("PORT") != Some(port) {
        let finding = PORT.found(format!("the server listens on port {port}, whatever PORT says")).about(port);
        let help = "write port=int(os.environ[\"PORT\"]), with `import os` at the top";
        findings.push(finding.at(source, call.line).help(help));
    }
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
        self.keyword(self.host.0).or_else(|| self.host.1.then(|| self.positional(0)).flatten())
    }

    fn is_loopback(&self) -> bool {
        match self.host() {
            Some((_, host)) => LOOPBACK.contains(&host.trim_matches(['"', '\''])) && host.starts_with(['"', '\'']),
            // Unpacked arguments may well name it.
            None => !self.arguments().iter().any(|(_, text)| text.starts_with('*')),
        }
    }

    /// The line with the host that everybody reaches.
    fn everywhere(&self) -> String {
        let (line, Range { end, .. }) = (self.line, self.inside.clone());
        match self.host() {
            Some((at, host)) => format!("{}{EVERYWHERE}{}", &line[..at], &line[at + host.len()..]),
            None => {
                let before = line[..end].trim_end();
                let comma = if before.ends_with(['(', ',']) { "" } else { "," };
                let blank = if before.ends_with('(') { "" } else { " " };
                format!("{before}{comma}{blank}{}={EVERYWHERE}{}", self.host.0, &line[end..])
            }
        }
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

/// Where the parenthesis closes that was open before `start`; none where the call goes on in the next line.
fn closing(line: &str, start: usize) -> Option<usize> {
    outside(line, start..line.len())
        .find(|(_, c, _)| matches!(c, ')' | '#'))
        .filter(|(_, c, _)| *c == ')')
        .map(|(at, ..)| at)
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
