//! What a server speaks, and where: the platform's edge asks over plain HTTP, at a port.

use std::path::Path;

use super::facts::Facts;
use super::facts::command::{Invocation, invocations};
use super::facts::reach::{Module, is_certain};
use super::facts::server_config::ServerConfig;
use super::facts::start::Start;
use super::finding::{Check, Finding, Findings, error, remove_line, replace_line};
use crate::finding::{Edit, Severity};
use crate::log::pattern::Pattern;

pub(crate) const TLS: Check = error(
    "serves-tls",
    "The platform's edge speaks HTTPS with visitors and plain HTTP with the app. A server that speaks TLS itself closes such a connection \
     without an answer: every page is a 502, and the health check finds nobody.",
)
.decides();
pub(crate) const SOCKET: Check = error(
    "listens-on-socket-file",
    "A server bound to a socket file waits for a proxy beside it, as nginx is one on a machine of one's own. uWSGI's `socket` speaks uWSGI's own \
     protocol, which only such a proxy does. The platform's edge speaks HTTP, at a port.",
)
.decides();

pub(super) const CHECKS: &[Check] = &[TLS, SOCKET];

/// Servers and their options that make them speak TLS, the one that decides first (uvicorn 0.54, gunicorn 26, Hypercorn 0.18, granian 2,
/// Flask 3.1, Streamlit 1.67).
const OPTIONS: &[(&str, &[&str])] = &[
    ("uvicorn", &["--ssl-certfile", "--ssl-keyfile", "--ssl-keyfile-password", "--ssl-ca-certs"]),
    ("gunicorn", &["--certfile", "--keyfile", "--ca-certs"]),
    ("hypercorn", &["--certfile", "--keyfile", "--ca-certs"]),
    ("granian", &["--ssl-certificate", "--ssl-keyfile", "--ssl-ca"]),
    ("flask", &["--cert", "--key"]),
    ("streamlit", &["--server.sslCertFile", "--server.sslKeyFile"]),
];
/// Calls that serve, and what makes them speak TLS.
static SERVES: Pattern = Pattern::ascii(r"\b(?:run|run_simple|run_app|serve)\(");
static CONTEXT: Pattern = Pattern::new(
    r#"\b(?:ssl_context|ssl_certfile)\s*=\s*(?:["'][^"']+["']|\([^()]*\))(?:\s*,\s*ssl_keyfile\s*=\s*["'][^"']+["'])?"#,
);
/// Programs that stand before a server in the same container.
const PROXIES: &[&str] = &["nginx", "caddy", "haproxy", "traefik", "envoy", "httpd", "apache2", "lighttpd", "socat"];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() || has_proxy(facts) {
        return;
    }
    for start in &Start::all(facts) {
        for invocation in &invocations(start.command) {
            by_option(facts, start, invocation, findings);
            by_file(facts, invocation, findings);
            uwsgi(facts, invocation, findings);
        }
    }
    for module in facts.reached() {
        by_call(facts, module, findings);
    }
}

fn has_proxy(facts: &Facts<'_>) -> bool {
    let starts = Start::all(facts);
    let script = facts.script_text();
    let said = |proxy: &str| starts.iter().any(|start| start.command.contains(proxy)) || script.contains(proxy);
    PROXIES.iter().any(|proxy| said(proxy) || facts.plans(proxy))
}

fn tls(server: &str) -> Finding {
    TLS.found(format!("{server} speaks TLS itself, and the platform's edge asks it over plain HTTP"))
        .about(server)
        .help("serve plain HTTP: the platform's edge holds the certificate of the domain")
}

fn socket(server: &str, bind: &str) -> Finding {
    SOCKET
        .found(format!("{server} listens on the socket file {bind}, and no proxy stands between that and the platform"))
        .about(bind)
}

fn by_option(facts: &Facts<'_>, start: &Start<'_>, invocation: &Invocation<'_>, findings: &mut Findings) {
    let replaced = |text: &str| start.replaced_with(facts, &start.command.replacen(invocation.text, text, 1));
    if let Some((server, options)) = OPTIONS.iter().find(|(server, _)| *server == invocation.program)
        && invocation.option(&options[..1]).is_some()
    {
        let finding = tls(server).at(start.source.clone(), start.command);
        findings.push(finding.fix("leave the certificate out", replaced(&without(invocation.text, options))));
    }
    let bind = invocation.option(&["-b", "--bind"]).and_then(|bind| Some((bind, bind.strip_prefix("unix:")?)));
    let (given, path, better) = match (invocation.program, bind, invocation.option(&["--uds"])) {
        ("gunicorn" | "hypercorn", Some((given, path)), _) => (given, path, "0.0.0.0:$PORT"),
        ("uvicorn" | "granian", _, Some(path)) => (path, path, ""),
        _ => return,
    };
    let text = match better {
        "" => format!("{} --host 0.0.0.0 --port $PORT", without(invocation.text, &["--uds"])),
        better => invocation.text.replacen(given, better, 1),
    };
    let finding = socket(invocation.program, path).at(start.source.clone(), start.command);
    findings.push(finding.fix("listen on PORT", replaced(&text)));
}

/// A command without options and their values.
fn without(text: &str, options: &[&str]) -> String {
    let mut words = Vec::new();
    let mut all = text.split(' ');
    while let Some(word) = all.next() {
        if options.contains(&word) {
            all.next();
        } else if !options.iter().any(|option| word.strip_prefix(option).is_some_and(|rest| rest.starts_with('='))) {
            words.push(word);
        }
    }
    words.join(" ")
}

/// gunicorn's own file.
fn by_file(facts: &Facts<'_>, invocation: &Invocation<'_>, findings: &mut Findings) {
    if invocation.program != "gunicorn" {
        return;
    }
    let Some((path, text)) = ServerConfig::of(&facts.app, invocation).file() else { return };
    let set = |name: &str| {
        let mut lines = text.lines().enumerate().filter_map(|(index, line)| {
            let value = line.strip_prefix(name)?.trim_start().strip_prefix('=')?.trim();
            let plain = value.strip_prefix(['"', '\''])?.split(['"', '\'']).next()?;
            Some((index + 1, line, plain))
        });
        lines.next().filter(|_| lines.next().is_none())
    };
    let place = facts.app.place(&path);
    let removed = |(number, line, _): (usize, &str, &str)| remove_line(&place, number, line);
    if let Some(found) = set("certfile") {
        let finding = tls("gunicorn").at(facts.app.line(&path, Some(found.0)), found.1);
        let mut all: Vec<_> = [Some(found), set("keyfile")].into_iter().flatten().collect();
        // From below, so that no edit moves the line of another.
        all.sort_by_key(|(number, ..)| std::cmp::Reverse(*number));
        let edits: Vec<Edit> = all.into_iter().map(removed).collect();
        findings.push(finding.fix("leave the certificate out", edits));
    }
    let bind =
        set("bind").filter(|(_, _, bind)| invocation.option(&["-b", "--bind"]).is_none() && bind.starts_with("unix:"));
    if let Some(found) = bind {
        let finding = socket("gunicorn", found.2.trim_start_matches("unix:"));
        let finding = finding.at(facts.app.line(&path, Some(found.0)), found.1);
        findings.push(finding.fix("leave bind out: gunicorn then listens on 0.0.0.0 and PORT", vec![removed(found)]));
    }
}

/// uWSGI's `socket` without a word of HTTP anywhere.
fn uwsgi(facts: &Facts<'_>, invocation: &Invocation<'_>, findings: &mut Findings) {
    let named = invocation.option(&["--ini"]).or_else(|| invocation.positional()).filter(|name| name.ends_with(".ini"));
    let Some(name) = named.filter(|_| invocation.program == "uwsgi" && !invocation.text.contains("http")) else {
        return;
    };
    let path = Path::new(invocation.folder).join(name.trim_start_matches("./"));
    let Ok(text) = facts.app.read_text(&path) else { return };
    let key = |line: &str| line.split(['#', ';']).next()?.split_once('=').map(|(key, _)| key.trim().to_owned());
    if text.lines().filter_map(key).any(|key| key.contains("http") || key == "protocol") {
        return;
    }
    let found = text.lines().enumerate().find(|(_, line)| key(line).is_some_and(|key| key == "socket"));
    let Some((index, line)) = found else { return };
    let given = line.split_once('=').map_or("", |(_, value)| value.trim());
    let finding = match given.contains(':') {
        true => SOCKET.found(format!("uWSGI speaks its own protocol on {given}, and the platform's edge speaks HTTP")),
        false => socket("uWSGI", given),
    };
    let better = "http-socket = 0.0.0.0:$(PORT)";
    let finding = finding.about(given).at(facts.app.line(&path, Some(index + 1)), line);
    let edit = replace_line(&facts.app.place(&path), index + 1, line, better);
    findings.push(finding.fix("speak HTTP on PORT", vec![edit]));
}

fn by_call(facts: &Facts<'_>, module: &Module, findings: &mut Findings) {
    for statement in &module.code.statements {
        let Some(given) = CONTEXT.captures(&statement.text).filter(|_| SERVES.is_match(&statement.text)) else {
            continue;
        };
        let finding =
            tls("the app's own server").at(facts.app.line(&module.path, Some(statement.line)), &statement.text);
        let is_sure = module.is_certain && is_certain(&module.code, statement);
        let finding = if is_sure { finding } else { finding.likely().severity(Severity::Warning) };
        let lines = module.text.lines().enumerate().skip(statement.line - 1);
        let here = lines.take(statement.text.len()).find(|(_, line)| line.contains(&given[0]));
        let edit = here.map(|(index, line)| {
            let place = facts.app.place(&module.path);
            match line.trim().trim_end_matches(',') == &given[0] {
                true => remove_line(&place, index + 1, line),
                false => replace_line(&place, index + 1, line, cut(line, &given[0])),
            }
        });
        findings.push(finding.fix("leave the certificate out", edit.into_iter().collect()));
    }
}

/// A call without one of its arguments.
fn cut(line: &str, argument: &str) -> String {
    let before = format!(", {argument}");
    let after = format!("{argument}, ");
    let found = [before, after].into_iter().find(|found| line.contains(found));
    line.replacen(&found.unwrap_or_else(|| argument.to_owned()), "", 1)
}
