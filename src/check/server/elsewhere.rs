//! Where a server is told to listen, other than by its command: by its own files and variables.

use std::path::Path;

use regex::Captures;

use super::table::Server;
use crate::check::facts::Facts;
use crate::check::facts::assigned::told;
use crate::check::facts::command::{Invocation, invocations};
use crate::check::facts::ignored::hiding;
use crate::check::facts::keyed::Keyed;
use crate::check::facts::requirements::knows_all;
use crate::check::facts::server_config::ServerConfig;
use crate::check::facts::start::Start;
use crate::log::pattern::Pattern;
use crate::project::Source;

/// What a server's own settings file says where its command says nothing.
#[derive(Default)]
pub(super) struct OwnFile {
    pub(super) host: Option<String>,
    pub(super) host_at: Option<Source>,
    pub(super) port: Option<String>,
    pub(super) port_at: Option<Source>,
}

/// Streamlit's `.streamlit/config.toml`: its options on the command line and its variables come before it.
pub(super) fn own_file(
    facts: &Facts<'_>,
    invocation: &Invocation<'_>,
    server: &Server,
    has_host: bool,
    has_port: bool,
) -> Option<OwnFile> {
    const FILE: &str = ".streamlit/config.toml";
    let is_here = server.program == "streamlit" && invocation.folder.is_empty() && facts.app.has_file(FILE);
    let file = is_here.then(|| Keyed::read(&facts.app, Path::new(FILE)))??;
    let said = |key: &str, is_given: bool| {
        let path = ["server", key];
        let value = file.get(&path).filter(|_| !is_given)?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some((text, file.source(&path)))
    };
    let (host, host_at) = said("address", has_host).unzip();
    let (port, port_at) = said("port", has_port).unzip();
    Some(OwnFile { host, host_at, port, port_at })
}

/// Where a server is told to listen, other than by its command.
pub(super) enum Elsewhere {
    Said(Said),
    /// By code, or in a file that is not looked at.
    Unknown,
}

pub(super) struct Said {
    pub(super) bind: String,
    pub(super) source: Source,
    pub(super) line: String,
}

static BIND: Pattern = Pattern::new(r#"^bind\s*=\s*\[?\s*(f?)(?:"([^"]+)"|'([^']+)')\s*,?\s*\]?\s*(?:#.*)?$"#);
static CONSTANT: Pattern = Pattern::new(r#"^(\w+)\s*=\s*["']?([\w.:]+)["']?\s*(?:#.*)?$"#);
static IN_TEXT: Pattern = Pattern::new(r"\{(\w+)\}");

/// gunicorn's GUNICORN_CMD_ARGS, which wins, and the configuration file of gunicorn or Hypercorn: the one that is named, or
/// gunicorn.conf.py.
pub(super) fn configured(
    facts: &Facts<'_>,
    start: &Start<'_>,
    invocation: &Invocation<'_>,
    server: &Server,
) -> Option<Elsewhere> {
    const ARGUMENTS: &str = "GUNICORN_CMD_ARGS";
    let named = invocation.option(&["-c", "--config"]);
    let is_gunicorn = server.program == "gunicorn";
    if !is_gunicorn && (server.program != "hypercorn" || named.is_none()) {
        return named.map(|_| Elsewhere::Unknown);
    }
    if let Some(arguments) = told(facts, start, invocation, ARGUMENTS).filter(|_| is_gunicorn) {
        let whole = format!("gunicorn {arguments}");
        let bind = invocations(&whole).first().and_then(|invocation| invocation.option(server.bind)).map(str::to_owned);
        if let Some(bind) = bind {
            let is_of_deploy = facts.variable(ARGUMENTS).is_some_and(|value| value == arguments);
            let source = facts.variable_source(ARGUMENTS).filter(|_| is_of_deploy);
            let source = source.unwrap_or_else(|| start.source.clone());
            let line = facts.line(&source);
            return Some(Elsewhere::Said(Said { bind, source, line }));
        }
    }
    let (path, text) = match ServerConfig::of(&facts.app, invocation) {
        ServerConfig::File { path, text } => (path, text),
        ServerConfig::Unknown => return Some(Elsewhere::Unknown),
        ServerConfig::None => return None,
    };
    let mut lines = text.lines().enumerate().filter(|(_, line)| line.trim_start().starts_with("bind"));
    let (index, line) = lines.next()?;
    let bind = BIND.captures(line).filter(|_| lines.next().is_none()).and_then(|found| {
        let bind = found.get(2).or(found.get(3))?.as_str();
        if found[1].is_empty() { Some(bind.to_owned()) } else { put_in(&text, bind) }
    });
    Some(bind.map_or(Elsewhere::Unknown, |bind| {
        let source = facts.app.line(&path, Some(index + 1));
        Elsewhere::Said(Said { bind, source, line: line.to_owned() })
    }))
}

/// An f-string with the constants of its file put in; none where its host is something else.
fn put_in(text: &str, bind: &str) -> Option<String> {
    let mut constants = text.lines().filter_map(|line| CONSTANT.captures(line));
    let bind = IN_TEXT.regex()?.replace_all(bind, |named: &Captures<'_>| {
        let value = constants.find(|constant| constant[1] == named[1]).map(|constant| constant[2].to_owned());
        value.unwrap_or_else(|| named[0].to_owned())
    });
    let (host, port) = bind.split_once(':').unwrap_or((&bind, ""));
    // Whatever else the port is, it is not written down.
    let port = if port.contains('{') { "$PORT" } else { port };
    (!host.contains('{')).then(|| format!("{host}:{port}"))
}

/// The line without the option of gunicorn's arguments that binds.
pub(super) fn without_bind(said: &Said) -> Option<String> {
    let options = ["--bind=", "--bind ", "-b ", "-b=", "-b"].map(|option| format!("{option}{}", said.bind));
    let option = options.into_iter().find(|option| said.line.matches(option.as_str()).count() == 1)?;
    let (before, after) = said.line.split_once(&option)?;
    Some(format!("{before}{}", after.strip_prefix(' ').unwrap_or(after)))
}

/// What Flask finds in .env and .flaskenv, where python-dotenv is there to read them.
pub(super) fn of_flask(facts: &Facts<'_>, invocation: &Invocation<'_>, name: &str) -> Option<String> {
    let reads = invocation.program == "flask" && invocation.folder.is_empty();
    let has_reader = || !knows_all(facts) || facts.requirements().of("python-dotenv").next().is_some();
    if !reads || !has_reader() {
        return None;
    }
    [".env", ".flaskenv"]
        .into_iter()
        .filter(|file| facts.app.has_file(file) && hiding(&facts.app, file).is_none())
        .find_map(|file| {
            let text = facts.app.read_text(file).ok()?;
            let values = text.lines().filter_map(|line| line.trim().trim_start_matches("export ").split_once('='));
            let value = values.rev().find(|(known, _)| known.trim() == name)?.1;
            Some(value.trim().trim_matches(['"', '\'']).to_owned())
        })
}
