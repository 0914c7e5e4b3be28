//! What stands behind a call that never returns: of a bot and a web server in one thread the second is never there.

use super::facts::Facts;
use super::facts::code::{Code, Statement, has_word};
use super::facts::reach::Module;
use super::facts::start::Start;
use super::facts::started;
use super::facts::target::made_by;
use super::finding::{Check, Findings, error, remove_line, replace_line};
use crate::finding::{Edit, Severity};

const BEHIND: Check = error(
    "behind-endless-call",
    "A bot that polls, a server that serves and a loop without an end keep the thread that they are called in: what stands behind them is never \
     done. Of a bot and a web server that are called one after the other the second is never there.",
)
.decides_or_doubts();

pub(super) const CHECKS: &[Check] = &[BEHIND];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Server,
    Bot,
    Loop,
}

/// Calls that do not return, and a word of the modules where this is meant. pyTelegramBotAPI 4.29, python-telegram-bot 22, aiogram 3.22,
/// Telethon 1.42, uvicorn 0.54, waitress 3.0, aiohttp 3.14, Flask-SocketIO 5.7, grpcio 1.76 and the standard library.
const CALLS: &[(&str, &str, Kind)] = &[
    (".infinity_polling", "telebot", Kind::Bot),
    (".polling", "telebot", Kind::Bot),
    (".run_polling", "telegram", Kind::Bot),
    (".run_polling", "aiogram", Kind::Bot),
    (".start_polling", "aiogram", Kind::Bot),
    (".run_until_disconnected", "telethon", Kind::Bot),
    ("uvicorn.run", "uvicorn", Kind::Server),
    ("waitress.serve", "waitress", Kind::Server),
    ("web.run_app", "aiohttp", Kind::Server),
    ("socketio.run", "socketio", Kind::Server),
    (".serve_forever", "server", Kind::Server),
    (".wait_for_termination", "grpc", Kind::Server),
];

/// Classes whose objects have a method that does not return, by a word of the modules that have them.
const CLASSES: &[(&str, &str, &str, Kind)] = &[
    ("Flask", "flask", ".run", Kind::Server),
    ("Dash", "dash", ".run", Kind::Server),
    ("Quart", "quart", ".run", Kind::Server),
    ("Bottle", "bottle", ".run", Kind::Server),
    ("Bot", "discord", ".run", Kind::Bot),
    ("Client", "discord", ".run", Kind::Bot),
    ("Bot", "nextcord", ".run", Kind::Bot),
    ("Client", "nextcord", ".run", Kind::Bot),
    ("Bot", "disnake", ".run", Kind::Bot),
    ("Client", "pyrogram", ".run", Kind::Bot),
    ("BlockingScheduler", "apscheduler", ".start", Kind::Loop),
];

/// What runs a coroutine to its end.
const RUNNERS: &[&str] =
    &["await ", "asyncio.run(", "loop.run_until_complete(", "asyncio.get_event_loop().run_until_complete("];

/// What ends a loop from inside.
const ENDS: &[&str] = &["break", "return", "raise", "exit(", "_exit("];

/// Calls of functions that are followed.
const DEEPEST: usize = 3;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    let loader = loader(facts);
    for module in facts.reached().iter().filter(|module| module.is_script || module.is_certain) {
        let look = Look { modules: facts.reached(), module };
        if let Some(loader) = &loader {
            never_loaded(facts, &look, loader, findings);
            continue;
        }
        for (index, first) in module.code.statements.iter().enumerate() {
            if !look.is_done(first) {
                continue;
            }
            let Some(kind) = look.kind(index, DEEPEST) else { continue };
            let Some((second, other)) = look.behind(index) else { continue };
            let head = |statement: &Statement| statement.text.split('(').next().unwrap_or_default().to_owned();
            let source = |statement: &Statement| facts.app.line(&module.path, Some(statement.line));
            let finding = BEHIND
                .found(format!(
                    "`{}` is never reached: `{}` in line {} does not return",
                    head(second),
                    head(first).trim_end_matches(':'),
                    first.line
                ))
                .about(head(second))
                .at(source(second), &second.text)
                .at(source(first), &first.text)
                .help(help(kind, other));
            // What is asked for may well be served by the first of two servers.
            let is_likely = kind == other;
            let finding = if is_likely { finding.likely() } else { finding };
            let finding = match module.code.is_conditional(first) {
                true => finding.severity(Severity::Warning),
                false => finding,
            };
            let edits = edits(facts, module, (first, kind), (second, other)).unwrap_or_default();
            findings.push(finding.fix("serve the pages in a thread beside the bot", edits));
            break;
        }
    }
}

/// The server or worker that imports the file which is started.
fn loader(facts: &Facts<'_>) -> Option<String> {
    let imports = facts.reached().iter().all(|module| !module.is_script);
    let start = Start::of(facts).filter(|_| imports)?;
    started::loader(start.command).map(str::to_owned)
}

/// A module that a server is to load and that never comes to its end.
fn never_loaded(facts: &Facts<'_>, look: &Look<'_>, loader: &str, findings: &mut Findings) {
    let code = look.code();
    let is_guarded = |statement: &Statement| code.heads_around(statement).any(|head| head.contains("__name__"));
    let all = code.statements.iter().enumerate();
    let mut endless = all
        .filter(|(_, statement)| !code.is_lazy(statement) && !code.is_conditional(statement) && !is_guarded(statement))
        .filter_map(|(index, statement)| Some((statement, look.kind(index, DEEPEST)?)));
    // Flask's own command has `run` do nothing.
    let Some((statement, kind)) = endless.find(|(_, kind)| loader != "flask" || *kind != Kind::Server) else { return };
    let path = &look.module.path;
    let called = statement.text.split('(').next().unwrap_or_default().trim_end_matches(':');
    let finding = BEHIND
        .found(format!("{loader} never gets to serve: it loads {}, where `{called}` does not return", path.display()))
        .about(called)
        .at(facts.app.line(path, Some(statement.line)), &statement.text);
    let finding = match kind {
        Kind::Server => finding
            .help("put it behind `if __name__ == \"__main__\":`, or start the file by Python and leave the server out"),
        _ => finding
            .help("start it in a thread of its own, or, better, give it a service with a start command of its own"),
    };
    let line = look.module.text.lines().nth(statement.line - 1);
    let line = line.filter(|line| kind == Kind::Server && *line == statement.text);
    let guarded = |line: &str| format!("if __name__ == \"__main__\":\n    {line}");
    let edit = line.map(|line| replace_line(&facts.app.place(path), statement.line, line, guarded(line)));
    findings.push(finding.fix("serve by it only where Python runs the file", edit.into_iter().collect()));
}

fn help(first: Kind, second: Kind) -> &'static str {
    match (first, second) {
        (Kind::Server, Kind::Bot) | (Kind::Bot, Kind::Server) => {
            "start the web server in a thread of its own before the bot (`threading.Thread(target=…, daemon=True).start()`), or give the bot a service of its own"
        }
        _ => {
            "start the first in a thread of its own (`threading.Thread(target=…, daemon=True).start()`), or give each a service of its own"
        }
    }
}

struct Look<'m> {
    modules: &'m [Module],
    module: &'m Module,
}

impl<'m> Look<'m> {
    fn code(&self) -> &'m Code {
        &self.module.code
    }

    /// Whether the start comes to a statement: it stands in no function, or in one that the module calls.
    fn is_done(&self, statement: &Statement) -> bool {
        let Some(head) = self.code().function(statement) else { return true };
        let Some(name) = name_of(head) else { return false };
        let calls = |other: &Statement| !self.code().is_lazy(other) && callee(&other.text).1 == name;
        self.code().statements.iter().any(calls)
    }

    /// What keeps the thread in a statement.
    fn kind(&self, index: usize, depth: usize) -> Option<Kind> {
        let statement = &self.code().statements[index];
        if statement.text.ends_with(':') {
            return self.is_endless_loop(index).then_some(Kind::Loop);
        }
        let (is_run, called) = callee(&statement.text);
        let text = |word: &str| self.module.text.contains(word);
        let call = CALLS.iter().find(|(call, word, _)| called.ends_with(call) && text(word) && is_call(called));
        if let Some((_, _, kind)) = call {
            return Some(*kind);
        }
        if called == "serve" && text("from waitress import") {
            return Some(Kind::Server);
        }
        let class = CLASSES.iter().find(|(class, word, method, _)| {
            called.strip_suffix(method).is_some_and(|name| {
                self.modules.iter().any(|module| {
                    module.text.contains(word) && made_by(&module.text, class).iter().any(|made| made == name)
                })
            })
        });
        if let Some((.., kind)) = class {
            return Some(*kind);
        }
        self.by_function(called, is_run, depth)
    }

    /// What keeps the thread in a function of the project that is called.
    fn by_function(&self, called: &str, is_run: bool, depth: usize) -> Option<Kind> {
        let name = called.rsplit('.').next()?;
        if depth == 0 || name.is_empty() || !called.split('.').all(|part| !part.is_empty()) {
            return None;
        }
        let head = if is_run { "async def " } else { "def " };
        let is_head = |statement: &Statement| {
            statement.text.strip_prefix(head).and_then(|rest| rest.split('(').next()).is_some_and(|own| own == name)
        };
        let mut all = self.modules.iter().filter_map(|module| {
            let at = module
                .code
                .statements
                .iter()
                .position(|statement| is_head(statement) && module.code.heads_around(statement).next().is_none())?;
            Some((module, at))
        });
        let (module, at) = all.next()?;
        if all.next().is_some() {
            return None;
        }
        let look = Look { modules: self.modules, module };
        let inside = module.code.inside(at);
        let indices = (at + 1..=at + inside.len()).filter(|index| {
            let statement = &module.code.statements[*index];
            !module.code.is_conditional(statement)
                && module.code.function(statement) == Some(module.code.statements[at].text.as_str())
        });
        indices.into_iter().find_map(|index| look.kind(index, depth - 1))
    }

    /// Whether a loop has no end that one sees.
    fn is_endless_loop(&self, index: usize) -> bool {
        let head = self.code().statements[index].text.replace(' ', "");
        let ends = |statement: &Statement| ENDS.iter().any(|end| statement.text.contains(end));
        matches!(&*head, "whileTrue:" | "while1:" | "while(True):") && !self.code().inside(index).iter().any(ends)
    }

    /// The first server or bot that stands behind a statement in its block.
    fn behind(&self, index: usize) -> Option<(&'m Statement, Kind)> {
        let code = self.code();
        let first = &code.statements[index];
        let begin = index + 1 + if first.text.ends_with(':') { code.inside(index).len() } else { 0 };
        code.rest_of_block(index).iter().enumerate().map(|(at, statement)| (index + 1 + at, statement)).find_map(
            |(at, statement)| {
                let is_own = at >= begin && code.function(statement) == code.function(first);
                let kind = is_own.then(|| self.kind(at, DEEPEST)).flatten()?;
                (kind != Kind::Loop).then_some((statement, kind))
            },
        )
    }
}

/// The name of what a statement calls, and whether it runs a coroutine.
fn callee(text: &str) -> (bool, &str) {
    let run = RUNNERS.iter().find_map(|runner| text.strip_prefix(runner));
    let called = run.unwrap_or(text).split_once('(').map_or("", |(called, _)| called);
    (run.is_some(), if is_call(called) { called } else { "" })
}

fn is_call(called: &str) -> bool {
    !called.is_empty() && called.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.')
}

fn name_of(head: &str) -> Option<&str> {
    let rest = head.strip_prefix("async ").unwrap_or(head);
    rest.strip_prefix("def ")?.split('(').next()
}

/// The web server in a thread beside the bot, where both are one line and the server is one that a thread may run.
fn edits(
    facts: &Facts<'_>,
    module: &Module,
    first: (&Statement, Kind),
    second: (&Statement, Kind),
) -> Option<Vec<Edit>> {
    let (server, bot) = match (first.1, second.1) {
        (Kind::Server, Kind::Bot) => (first.0, second.0),
        (Kind::Bot, Kind::Server) => (second.0, first.0),
        _ => return None,
    };
    let in_thread = server.text.contains(".run(") && !server.text.contains("debug") && !server.text.contains("reload");
    let line = |statement: &Statement| {
        module.text.lines().nth(statement.line - 1).filter(|line| line.trim() == statement.text)
    };
    let (serving, polling) = (line(server)?, line(bot)?);
    let indent = |text: &str| text.len() - text.trim_start().len();
    if !in_thread || indent(serving) != indent(polling) || server.text.starts_with("await ") {
        return None;
    }
    let path = facts.app.place(&module.path);
    let margin = &serving[..indent(serving)];
    let thread = format!("{margin}threading.Thread(target=lambda: {}, daemon=True).start()", server.text);
    let mut edits = match first.1 {
        Kind::Server => vec![replace_line(&path, server.line, serving, thread)],
        _ => vec![
            remove_line(&path, server.line, serving),
            replace_line(&path, bot.line, polling, format!("{thread}\n{polling}")),
        ],
    };
    if !has_word(&module.text, "import threading") {
        let import = module.code.statements.iter().find(|statement| {
            statement.text.starts_with("import ")
                || statement.text.starts_with("from ") && !statement.text.contains("__future__")
        })?;
        let shown = module.text.lines().nth(import.line - 1)?;
        edits.push(replace_line(&path, import.line, shown, format!("import threading\n{shown}")));
    }
    Some(edits)
}
