//! Where a server is told to listen, other than by its command: by its own files and variables.

use std::path::Path;

use super::table::Server;
use crate::check::facts::Facts;
use crate::check::facts::command::{Invocation, invocations};
use crate::check::facts::keyed::Keyed;
use crate::check::facts::server_config::ServerConfig;
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
    let said = |key: &str, variable: &str, is_given: bool| {
        let path = ["server", key];
        let value = file.get(&path).filter(|_| !is_given && facts.variable(variable).is_none())?;
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some((text, file.source(&path)))
    };
    let (host, host_at) = said("address", server.variables[0], has_host).unzip();
    let (port, port_at) = said("port", server.variables[1], has_port).unzip();
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

static BIND: Pattern = Pattern::new(r#"^bind\s*=\s*\[?\s*["']([^"']+)["']\s*\]?\s*(?:#.*)?$"#);

/// gunicorn's GUNICORN_CMD_ARGS, which wins, and the configuration file of gunicorn or Hypercorn: the one that is named, or
/// gunicorn.conf.py.
pub(super) fn configured(facts: &Facts<'_>, invocation: &Invocation<'_>, server: &Server) -> Option<Elsewhere> {
    let named = invocation.option(&["-c", "--config"]);
    let is_gunicorn = server.program == "gunicorn";
    if !is_gunicorn && (server.program != "hypercorn" || named.is_none()) {
        return named.map(|_| Elsewhere::Unknown);
    }
    if let Some(arguments) = facts.variable("GUNICORN_CMD_ARGS").filter(|_| is_gunicorn) {
        let whole = format!("gunicorn {arguments}");
        let bind = invocations(&whole).first().and_then(|invocation| invocation.option(server.bind)).map(str::to_owned);
        if let (Some(bind), Some(source)) = (bind, facts.variable_source("GUNICORN_CMD_ARGS")) {
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
    let found = BIND.captures(line).filter(|_| lines.next().is_none());
    Some(found.map_or(Elsewhere::Unknown, |found| {
        let source = facts.app.line(&path, Some(index + 1));
        Elsewhere::Said(Said { bind: found[1].to_owned(), source, line: line.to_owned() })
    }))
}
