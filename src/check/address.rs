//! Where a server listens that the started file runs by itself.

mod attribute;
mod joined;
mod table;
mod text;

use super::facts::target::made_by;
use std::ops::Range;
use std::path::Path;

use super::facts::Facts;
use super::facts::reach::Module;
use super::finding::{Check, Findings, error, replace_line};
use super::server::{HOST, PORT};
use super::variables::is_set;
use crate::finding::{Edit, Severity};
use crate::log::pattern::Pattern;
use crate::project::Source;
use table::{Address, CLASSES, Class, ELSEWHERE, FUNCTIONS, LOOPBACK, METHODS, Method, PAIR, PAIRS};
use text::{after_guard, closing, is_conditional, outside, without_comments};

pub(super) const PORT_TEXT: Check = error(
    "port-not-a-number",
    "What a variable holds is a text. Flask and its kin take a number for a port and end with a TypeError otherwise, which a default that is a number hides on the own machine.",
);

pub(super) const CHECKS: &[Check] = &[PORT_TEXT];

/// A call that makes a server listen.
struct Call<'t> {
    /// The file without its comments, which are blanks here.
    code: &'t str,
    /// The line in which it begins, from 0.
    index: usize,
    /// What stands between the parentheses.
    inside: Range<usize>,
    address: Address,
    /// Whether a condition decides that it is made.
    conditional: bool,
}

/// The place and text of an argument.
type Argument<'t> = (usize, &'t str);

/// Another text in the place of one that stands in the file.
struct Change {
    at: usize,
    was: usize,
    text: String,
}

/// After as many calls the file is none that starts a server.
const MOST: usize = 16;
const EVERYWHERE: &str = "\"0.0.0.0\"";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for script in facts.reached().iter().filter(|module| module.is_script) {
        of_script(facts, script, findings);
    }
}

fn of_script(facts: &Facts<'_>, module: &Module, findings: &mut Findings) {
    joined::check(facts, module, findings);
    let (path, text) = (module.path.as_path(), module.text.as_str());
    let code = without_comments(text);
    let calls = calls(facts, text, &code);
    if let [call] = &calls[..] {
        fixed_port(facts, path, text, call, findings);
        of_settings(facts, path, text, call, findings);
        port_of_a_text(facts, path, text, call, findings);
    }
    // Of several calls the one that is made may be the right one.
    if calls.iter().any(|call| !call.is_loopback(|name| is_told(facts, name))) {
        return;
    }
    let place = facts.app.place(path);
    for call in &calls {
        let severity = if call.conditional { Severity::Warning } else { Severity::Error };
        let finding = HOST.found("the server listens on 127.0.0.1, where nobody outside the container reaches it");
        let shown = text.lines().nth(call.index).unwrap_or_default();
        let finding = finding.about("127.0.0.1").severity(severity).at(Source::line(&place, call.index + 1), shown);
        let (index, was, line) = call.everywhere().in_line(text);
        findings.push(finding.fix("listen on 0.0.0.0", vec![replace_line(&place, index + 1, was, line)]));
    }
}

/// A call that listens where an object of settings says, which is the loopback.
fn of_settings(facts: &Facts<'_>, path: &Path, text: &str, call: &Call<'_>, findings: &mut Findings) {
    let bound = call.host().and_then(|(_, host)| attribute::bound(facts, host));
    let Some(bound) = bound.filter(|bound| LOOPBACK.contains(&bound.value.as_str())) else { return };
    let finding =
        HOST.found(format!("the server listens on {}, where nobody outside the container reaches it", bound.value));
    let shown = text.lines().nth(call.index).unwrap_or_default();
    let place = facts.app.place(&bound.path);
    let finding = finding
        .about(&bound.value)
        .severity(if call.conditional { Severity::Warning } else { Severity::Error })
        .at(Source::line(&place, bound.line), &bound.text)
        .at(Source::line(facts.app.place(path), call.index + 1), shown);
    let better = bound.text.replacen(&bound.value, "0.0.0.0", 1);
    findings.push(finding.fix("listen on 0.0.0.0", vec![replace_line(&place, bound.line, &bound.text, better)]));
}

/// Whether a variable is set: by the deploy, by the start, or by the code before it serves.
fn is_told(facts: &Facts<'_>, name: &str) -> bool {
    is_set(facts, name) || facts.environment().set.contains(name)
}

/// The calls of a file, each as far as its closing parenthesis.
fn calls<'t>(facts: &Facts<'_>, text: &str, code: &'t str) -> Vec<Call<'t>> {
    let functions = FUNCTIONS.iter().filter(|function| text.contains(function.sign));
    let mut heads: Vec<(String, Address)> =
        functions.map(|function| (function.call.to_owned(), function.address)).collect();
    for class in CLASSES {
        let named = names(facts, text, class);
        heads.extend(
            named
                .into_iter()
                .flat_map(|name| class.methods.iter().map(move |method| (format!("{name}{method}"), class.address))),
        );
    }
    let methods: Vec<_> = METHODS.iter().filter(|method| text.contains(method.sign)).collect();
    let is_of = |method: &Method, line: &str| method.made.is_empty() || line.contains(method.made);
    let mut found: Vec<Call<'t>> = Vec::new();
    let mut begin = 0;
    for (index, line) in code.split('\n').enumerate() {
        let start_of_line = begin;
        begin += line.len() + 1;
        let bare = after_guard(line).unwrap_or_else(|| line.trim_start());
        let head =
            heads.iter().find_map(|(head, address)| Some((called_at(bare, head, false)? + head.len(), *address)));
        let of_any = || {
            methods
                .iter()
                .filter(|method| is_of(method, bare))
                .find_map(|method| Some((bare.find(method.call)? + method.call.len(), method.address)))
        };
        let of_pair = || PAIRS.iter().find_map(|call| Some((called_at(bare, call, true)? + call.len(), PAIR)));
        let Some((length, address)) = head.or_else(of_any).or_else(of_pair) else { continue };
        let mut start = start_of_line + line.len() - bare.len() + length;
        if address.is_pair {
            let Some(pair) = code[start..].trim_start().strip_prefix('(') else { continue };
            start = code.len() - pair.len();
        }
        let Some(end) = closing(code, start) else { continue };
        let listens =
            |word: &&str| ['"', '\''].iter().any(|quote| code[start..end].contains(&format!("{quote}{word}{quote}")));
        if !address.over.is_empty() && !address.over.iter().any(listens) {
            continue;
        }
        if found.len() == MOST {
            break;
        }
        found.push(Call { code, index, inside: start..end, address, conditional: is_conditional(code, index) });
    }
    found
}

/// Where a line makes a call: outside of texts, and not where something of that name is defined.
fn called_at(line: &str, call: &str, of_a_module: bool) -> Option<usize> {
    line.match_indices(call).map(|(at, _)| at).find(|at| {
        let before = &line[..*at];
        let is_longer = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '.' && !of_a_module);
        let is_defined = ["def ", "class "].iter().any(|word| before.trim_start().starts_with(word));
        !is_longer && !is_defined && !before.contains(['"', '\''])
    })
}

/// The names by which a file calls objects of a class: those that it makes, and, where another module makes the only one, those that
/// it imports or has made by a function.
fn names(facts: &Facts<'_>, text: &str, class: &Class) -> Vec<String> {
    let makes = |text: &str, class: &Class| text.contains(&format!("{}(", class.name)) && text.contains(class.sign);
    if makes(text, class) {
        return made_by(text, class.name);
    }
    let is_made = |class: &Class| facts.reached().iter().any(|module| makes(&module.text, class));
    if !is_made(class) || CLASSES.iter().any(|other| other.name != class.name && is_made(other)) {
        return Vec::new();
    }
    let lines = text.lines().filter(|line| !line.starts_with([' ', '\t']));
    let imported =
        lines.filter_map(|line| line.strip_prefix("from ")?.split_once(" import ")).flat_map(|(_, names)| {
            names.split([',', '(', ')']).filter_map(|name| name.split_whitespace().last()).map(str::to_owned)
        });
    imported.chain(made_by(text, "create_app")).chain(made_by(text, "make_app")).take(16).collect()
}

/// A port that is handed over as a variable has it.
fn port_of_a_text(facts: &Facts<'_>, path: &Path, text: &str, call: &Call<'_>, findings: &mut Findings) {
    let given = call.keyword(call.address.port).or_else(|| call.positional(call.address.at? + 1));
    let Some((at, port)) = given.filter(|_| call.address.wants_number) else { return };
    let value = call.value_of(port);
    if !READ.is_match(value) {
        return;
    }
    let place = facts.app.place(path);
    let finding = PORT_TEXT
        .found(format!("the port is the text that `{value}` gives, and the server takes a number"))
        .about(port)
        .at(Source::line(&place, call.index + 1), text.lines().nth(call.index).unwrap_or_default());
    let (index, was, line) = Change { at, was: port.len(), text: format!("int({port})") }.in_line(text);
    findings.push(finding.fix("make a number of it", vec![replace_line(&place, index + 1, was, line)]));
}

/// A port that is written down, or that the framework chooses, whatever PORT says.
fn fixed_port(facts: &Facts<'_>, path: &Path, text: &str, call: &Call<'_>, findings: &mut Findings) {
    let Address { port: keyword, default_port, variables: [_, variable], .. } = call.address;
    let given = call.keyword(keyword);
    let place = call.address.port_at.or_else(|| Some(call.address.at? + 1));
    let given = given.or_else(|| call.positional(place?));
    let is_number = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    // Flask and its kin take the port out of SERVER_NAME.
    let is_known = || !facts.reached().iter().any(|module| module.text.contains("SERVER_NAME")) && !call.is_elsewhere();
    let given = given.map(|(at, port)| (at, port.len(), call.value_of(port)));
    let (at, port) = match given {
        _ if !variable.is_empty() && is_told(facts, variable) => return,
        Some((at, length, port)) if is_number(port) => (Some((at, length)), port),
        None if !default_port.is_empty() && is_known() => (None, default_port),
        _ => return,
    };
    if facts.variable("PORT") == Some(port) {
        return;
    }
    let finding = PORT.found(format!("the server listens on port {port}, whatever PORT says")).about(port);
    let shown = text.lines().nth(call.index).unwrap_or_default();
    let finding = finding.at(Source::line(facts.app.place(path), call.index + 1), shown);
    // The port of before is the default, so that the app still starts where nobody sets PORT.
    let asked = format!("int(os.environ.get(\"PORT\", {port}))");
    let change = match at {
        Some((at, was)) => Change { at, was, text: asked.clone() },
        None => call.argument(&format!("{keyword}={asked}")),
    };
    let help = format!("write {keyword}={asked}, with `import os` at the top");
    let (index, _, line) = change.in_line(text);
    let edits = with_os(facts, path, index, &line).into_iter().collect::<Vec<_>>();
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
        let mut from = self.inside.start;
        let ends: Vec<usize> = outside(self.code, self.inside.clone())
            .filter(|(_, c, depth)| *c == ',' && *depth == 0)
            .map(|(at, ..)| at)
            .collect();
        ends.into_iter()
            .chain([self.inside.end])
            .map(|end| {
                let start = std::mem::replace(&mut from, end + 1);
                let text = &self.code[start..end];
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
        self.keyword(self.address.host).or_else(|| self.positional(self.address.at?))
    }

    /// Whether arguments that are unpacked may well say it.
    fn is_unpacked(&self) -> bool {
        self.arguments().iter().any(|(_, text)| text.starts_with('*'))
    }

    /// Whether the default port is not what it listens on.
    fn is_elsewhere(&self) -> bool {
        self.is_unpacked() || ELSEWHERE.iter().any(|name| self.keyword(name).is_some())
    }

    fn is_loopback(&self, given: impl Fn(&str) -> bool) -> bool {
        let [variable, _] = self.address.variables;
        match self.host() {
            _ if !variable.is_empty() && given(variable) => false,
            Some((_, host)) => {
                let host = self.value_of(host);
                LOOPBACK.contains(&host.trim_matches(['"', '\''])) && host.starts_with(['"', '\''])
                    || by_default(host).is_some_and(|(name, host)| LOOPBACK.contains(&host) && !given(name))
            }
            None => self.address.is_hidden && !self.is_unpacked(),
        }
    }

    /// What an argument comes to: the value of a name that the file gives one, once and at its margin.
    fn value_of(&self, argument: &'t str) -> &'t str {
        let is_name = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if argument.is_empty() || !is_name(argument) {
            return argument;
        }
        let mut values = self.code.lines().filter_map(|line| {
            let rest = line.strip_prefix(argument)?;
            let (kind, value) = rest.split_once('=')?;
            let is_binding = kind.trim().is_empty() || kind.starts_with(':');
            (is_binding && !value.starts_with('=')).then(|| value.trim())
        });
        let only = values.next().filter(|_| values.next().is_none());
        only.unwrap_or(argument)
    }

    /// It with the host that everybody reaches.
    fn everywhere(&self) -> Change {
        match self.host() {
            Some((at, host)) => Change { at, was: host.len(), text: EVERYWHERE.to_owned() },
            None => self.argument(&format!("{}={EVERYWHERE}", self.address.host)),
        }
    }

    /// It with one argument more.
    fn argument(&self, argument: &str) -> Change {
        let before = self.code[..self.inside.end].trim_end();
        let comma = if before.ends_with(['(', ',']) { "" } else { "," };
        let blank = if before.ends_with('(') { "" } else { " " };
        Change { at: before.len(), was: 0, text: format!("{comma}{blank}{argument}") }
    }
}

impl Change {
    /// The line that it changes, from 0, as it was and as it is then.
    fn in_line<'t>(&self, text: &'t str) -> (usize, &'t str, String) {
        let start = text[..self.at].rfind('\n').map_or(0, |end| end + 1);
        let line = text[start..].split('\n').next().unwrap_or_default();
        let (before, after) = (&line[..self.at - start], &line[self.at - start + self.was..]);
        (text[..start].matches('\n').count(), line, format!("{before}{}{after}", self.text))
    }
}

static READ: Pattern =
    Pattern::ascii(r#"^(?:os\.)?(?:getenv\(|environ\.get\(|environ\[)\s*["']\w+["'](?:\s*,(?u:[^()])*)?\s*[)\]]$"#);
static DEFAULT: Pattern =
    Pattern::new(r#"^(?:os\.)?(?:getenv|environ\.get)\(\s*["'](\w+)["']\s*,\s*["']([^"']+)["']\s*\)$"#);

/// The variable and the text in its place, of a host that is read from the environment.
fn by_default(host: &str) -> Option<(&str, &str)> {
    let found = DEFAULT.captures(host)?;
    Some((found.get(1)?.as_str(), found.get(2)?.as_str()))
}
