//! Where a server listens, and whether it is there at all.

mod default;
mod elsewhere;
mod foreign;
mod ipv6;
mod table;

use super::facts::Facts;
use super::facts::assigned::{expanded, told};
use super::facts::command::{Invocation, invocations};
use super::facts::python;
use super::facts::requirements::{REQUIREMENTS, knows_all, require};
use super::facts::start::Start;
use super::finding::{Check, Findings, error, remove_line, replace_line, warning};
use crate::finding::Severity;
use crate::project::Source;
use elsewhere::{Elsewhere, Said, configured, of_flask, own_file, without_bind};
use table::{PROGRAMS, SERVERS, Server};

pub(crate) const HOST: Check = error(
    "wrong-bind-host",
    "A server bound to 127.0.0.1 answers inside its container only. The platform connects from outside.",
);
pub(crate) const PORT: Check = warning(
    "hard-coded-port",
    "The platform chooses the port and says it in PORT. A server that listens on another one is not found, unless the service's settings \
     name that very port.",
);
pub(crate) const LITERAL: Check = error(
    "port-variable-not-expanded",
    "The start command was run without a shell (a JSON array or exec form, or single quotes), so nobody put the number in.",
);
pub(crate) const RELOAD: Check = warning(
    "uvicorn-reload-watch",
    "Reloading is for development: in a container it hits the limit of file watches, or sees the app's own writes and \
     restarts without end.",
);
pub(crate) const PROGRAM: Check = error(
    "start-program-not-found",
    "The start command calls a program that no requirement brings, or that is installed where PATH does not lead.",
);
const IPV6_ALONE: Check = error(
    "listens-on-ipv6-alone",
    "`uvicorn --host ::` listens on IPv6 and, as a single process, on nothing else: asyncio sets IPV6_V6ONLY on that socket (uvicorn 0.54). gunicorn, Hypercorn and several workers of uvicorn take IPv4 by the \
     same address. Railway's private network speaks IPv6, its public one asks over IPv4.",
)
.decides_or_doubts();
pub(crate) const DEVELOPMENT: Check = warning(
    "development-server",
    "This server is made for development: it handles little load and may reload or debug. A production server, such as gunicorn or \
     uvicorn, takes its place.",
);

pub(super) const CHECKS: &[Check] = &[HOST, PORT, LITERAL, RELOAD, PROGRAM, IPV6_ALONE, DEVELOPMENT];

/// Whether a package brings the program.
pub(super) fn is_packaged(program: &str) -> bool {
    PROGRAMS.iter().any(|(known, _)| *known == program)
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    for start in &Start::all(facts) {
        command(facts, start, findings);
    }
}

fn command(facts: &Facts<'_>, start: &Start<'_>, findings: &mut Findings) {
    let invocations = invocations(start.command);
    for invocation in &invocations {
        findings.of_optional(invocation.is_optional(start.command), |findings| {
            interpreter(facts, start, invocation, findings);
            foreign::launcher(&PROGRAM, facts, start, invocation, findings);
            program(facts, start, invocation, findings);
            super::renamed::program(&PROGRAM, facts, start, invocation, findings);
            super::console::own_script(&PROGRAM, facts, start, invocation, findings);
        });
        let server = SERVERS.iter().find(|server| {
            server.program == invocation.program && (server.verb.is_empty() || invocation.has(server.verb))
        });
        findings.of_optional(invocation.is_conditional, |findings| {
            if let Some(server) = server {
                listens(facts, start, invocation, server, findings);
            }
            ipv6::alone(&IPV6_ALONE, facts, start, invocation, findings);
            development(facts, start, invocation, findings);
        });
        if matches!(invocation.program, "uvicorn" | "gunicorn" | "hypercorn" | "flask") && invocation.has("--reload") {
            let without = start.command.replacen(" --reload", "", 1);
            let finding = RELOAD.found(format!("{} restarts itself on file changes", invocation.program));
            let finding = finding.about("--reload").at(start.source.clone(), start.command);
            findings.push(finding.fix("leave --reload out", start.replaced_with(facts, &without)));
        }
    }
    literal(facts, start, findings);
    default::check(&LITERAL, facts, start, findings);
    foreign::process(&PROGRAM, facts, start, findings);
}

/// The parts of `host:port`; a colon between braces is the shell's: `0.0.0.0:${PORT:-8000}`.
fn host_and_port(bind: &str) -> (&str, Option<&str>) {
    let mut depth = 0_usize;
    let colons = bind.char_indices().filter(|(_, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        *c == ':' && depth == 0
    });
    colons.last().map_or((bind, None), |(at, _)| (&bind[..at], Some(&bind[at + 1..])))
}

fn is_loopback(host: &str) -> bool {
    matches!(host, "127.0.0.1" | "localhost" | "::1" | "[::1]")
}

fn listens(
    facts: &Facts<'_>,
    start: &Start<'_>,
    invocation: &Invocation<'_>,
    server: &Server,
    findings: &mut Findings,
) {
    let bind = invocation.option(server.bind);
    if invocation.option(&["--uds", "--fd"]).is_some() {
        return;
    }
    let by_command = server.program != "gunicorn" && invocation.option(&["--config", "-c"]).is_none() || bind.is_some();
    let elsewhere = if by_command { None } else { configured(facts, start, invocation, server) };
    if let Some(Elsewhere::Unknown) = elsewhere {
        return;
    }
    if let Some(Elsewhere::Said(said)) = elsewhere {
        return said_elsewhere(facts, start, invocation, &said, findings);
    }
    if bind.is_some_and(|bind| bind.starts_with("unix:") || bind.starts_with("fd:")) {
        return;
    }
    let (bind_host, bind_port) = bind.map(host_and_port).map_or((None, None), |(host, port)| (Some(host), port));
    let told = |index: usize| by_variable(facts, start, invocation, server.variables[index]);
    let plain = |word: &str| expanded(facts, start, invocation, word);
    let given = invocation.option(server.host).or(bind_host);
    let host = given.map(plain).or_else(|| told(0));
    let has_host = host.is_some();
    let host = host.unwrap_or_else(|| server.default_host.to_owned());
    let named = invocation.option(server.port).or(bind_port);
    let told_port = if named.is_none() { told(1) } else { None };
    let reads_port = server.program == "fastapi" && server.verb == "run" && named.is_none() && reads_port(facts);
    let by_default = if reads_port { "" } else { server.default_port };
    let port = named.map(plain).or_else(|| told_port.clone()).unwrap_or_else(|| by_default.to_owned());
    let expected = facts.variable("PORT");
    let own = own_file(facts, invocation, server, has_host, named.is_some() || told_port.is_some());
    let (host, port) = match &own {
        Some(own) => (own.host.as_deref().unwrap_or(&host), own.port.as_deref().unwrap_or(&port)),
        None => (host.as_str(), port.as_str()),
    };
    let wrong_host = is_loopback(host);
    let wrong_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) && expected != Some(port);
    let right = |text: &str| {
        let mut text = text.to_owned();
        if wrong_host {
            match given {
                Some(host) => text = text.replacen(host, "0.0.0.0", 1),
                None if !server.host.is_empty() => {
                    text = format!("{text} {} 0.0.0.0", server.host[server.host.len() - 1]);
                }
                None => text = format!("{text} {} 0.0.0.0:$PORT", server.bind.last().unwrap_or(&"--bind")),
            }
        }
        if wrong_port {
            match named {
                Some(port) => text = with_port(&text, port),
                None if !server.port.is_empty() => {
                    text = format!("{text} {} $PORT", server.port[server.port.len() - 1]);
                }
                None => {}
            }
        }
        text
    };
    let better = start.command.replacen(invocation.text, &right(invocation.text), 1);
    if wrong_host {
        let finding =
            HOST.found(format!("{} listens on {host}, where nobody outside the container reaches it", server.program));
        let finding = finding.about(host).at(start.source.clone(), start.command);
        let finding = own.iter().filter_map(|own| own.host_at.clone()).fold(finding, |finding, at| finding.at(at, ""));
        findings.push(finding.fix("listen on 0.0.0.0", start.replaced_with(facts, &better)));
    }
    if wrong_port {
        let finding = PORT.found(format!("{} listens on port {port}, whatever PORT says", server.program)).about(port);
        let finding = finding.at(start.source.clone(), start.command);
        let finding = own.iter().filter_map(|own| own.port_at.clone()).fold(finding, |finding, at| finding.at(at, ""));
        findings.push(finding.fix("listen on $PORT", start.replaced_with(facts, &better)));
    }
}

/// What a server reads in a variable of its own: given by the start, by the deploy, or by the files that Flask reads beside them.
fn by_variable(facts: &Facts<'_>, start: &Start<'_>, invocation: &Invocation<'_>, name: &str) -> Option<String> {
    (!name.is_empty()).then(|| told(facts, start, invocation, name).or_else(|| of_flask(facts, invocation, name)))?
}

/// Whether the fastapi-cli that is installed is one that reads PORT: 0.0.12 is the first.
fn reads_port(facts: &Facts<'_>) -> bool {
    let entry = facts.requirements().of("fastapi-cli").find_map(|entry| entry.requirement.pinned().cloned());
    let locked = || super::facts::provided::locked_version(facts, "fastapi-cli")?.parse().ok();
    entry.or_else(locked).is_none_or(|version| version >= pep440_rs::Version::new([0, 0, 12]))
}

fn said_elsewhere(
    facts: &Facts<'_>,
    start: &Start<'_>,
    invocation: &Invocation<'_>,
    said: &Said,
    findings: &mut Findings,
) {
    if said.bind.starts_with("unix:") || said.bind.starts_with("fd:") {
        return;
    }
    let program = invocation.program;
    let (host, port) = host_and_port(&said.bind);
    let port = port.unwrap_or_default();
    let is_fixed = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let is_fixed = is_fixed && facts.variable("PORT") != Some(port);
    // One edit for host and port: each alone would leave the other.
    let (how, edits) = match (program, &said.source) {
        ("hypercorn", _) => {
            let better = format!("{} --bind 0.0.0.0:$PORT", invocation.text);
            (
                "listen on 0.0.0.0 and PORT",
                start.replaced_with(facts, &start.command.replacen(invocation.text, &better, 1)),
            )
        }
        (_, Source::File { path, line: Some(line) })
            if (is_fixed || !said.line.contains(&said.bind)) && said.line.trim_start().starts_with("bind") =>
        {
            (LEFT_OUT, vec![remove_line(path, *line, &said.line)])
        }
        (_, Source::File { path, line: Some(line) }) if is_fixed && without_bind(said).is_some() => {
            (LEFT_OUT, without_bind(said).map(|text| replace_line(path, *line, &said.line, text)).into_iter().collect())
        }
        (_, Source::File { path, line: Some(line) }) if said.line.contains(&said.bind) => {
            let bind = said.bind.replacen(host, "0.0.0.0", 1);
            ("listen on 0.0.0.0", vec![replace_line(path, *line, &said.line, said.line.replacen(&said.bind, &bind, 1))])
        }
        _ => (LEFT_OUT, Vec::new()),
    };
    if is_loopback(host) {
        let finding = HOST
            .found(format!("{program} listens on {host}, where nobody outside the container reaches it"))
            .about(host)
            .at(said.source.clone(), &said.line);
        findings.push(finding.fix(how, edits.clone()));
    }
    if is_fixed {
        let finding = PORT
            .found(format!("{program} listens on port {port}, whatever PORT says"))
            .about(port)
            .at(said.source.clone(), &said.line);
        findings.push(match edits.is_empty() {
            true => finding.help(how),
            false => finding.fix(how, edits),
        });
    }
}

const LEFT_OUT: &str = "leave bind out: gunicorn then listens on 0.0.0.0 and PORT";

/// The last occurrence of the number that is a word's end is the port: `--port 8000`, `0.0.0.0:8000`.
fn with_port(text: &str, port: &str) -> String {
    let at = text.match_indices(port).map(|(at, _)| at).filter(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + port.len()..].chars().next();
        matches!(before, Some(' ' | ':' | '=' | '"' | '\'' | 'p' | 'b'))
            && matches!(after, None | Some(' ' | '"' | '\''))
    });
    match at.last() {
        Some(at) => format!("{}$PORT{}", &text[..at], &text[at + port.len()..]),
        None => text.to_owned(),
    }
}

fn development(facts: &Facts<'_>, start: &Start<'_>, invocation: &Invocation<'_>, findings: &mut Findings) {
    let runserver = invocation.arguments.iter().position(|word| *word == "runserver");
    let Some(at) = runserver.filter(|_| start.command.contains("manage.py")) else {
        if invocation.program == "flask" && invocation.arguments.first() == Some(&"run") && start.is_written(facts) {
            let finding = DEVELOPMENT.found("flask run is Flask's development server").about("flask run");
            findings.push(finding.severity(Severity::Note).at(start.source.clone(), start.command));
        }
        return;
    };
    let address = invocation.arguments.get(at + 1).copied().filter(|word| !word.starts_with('-'));
    let finding = DEVELOPMENT.found("runserver is Django's development server").about("runserver");
    findings.push(finding.at(start.source.clone(), start.command));
    let wrong = match address {
        None => "127.0.0.1:8000",
        Some(address) if is_loopback(address.rsplit_once(':').map_or("127.0.0.1", |(host, _)| host)) => address,
        Some(_) => return,
    };
    let text = match address {
        Some(address) => invocation.text.replacen(address, "0.0.0.0:$PORT", 1),
        None => invocation.text.replacen("runserver", "runserver 0.0.0.0:$PORT", 1),
    };
    let better = start.command.replacen(invocation.text, &text, 1);
    let finding = HOST.found(format!("runserver listens on {wrong}, where nobody outside the container reaches it"));
    findings.push(
        finding
            .about(wrong)
            .at(start.source.clone(), start.command)
            .fix("listen on 0.0.0.0", start.replaced_with(facts, &better)),
    );
}

fn literal(facts: &Facts<'_>, start: &Start<'_>, findings: &mut Findings) {
    let nested = ["sh -c", "bash -c", "bash -lc", "sh -lc"].iter().any(|shell| start.command.contains(shell));
    let names = |text: &str| text.contains("$PORT") || text.contains("${PORT");
    let quoted = start.command.split('\'').skip(1).step_by(2).find(|part| names(part));
    let windows = start.command.contains("%PORT%");
    let supervised = start.is_supervised(facts) && names(start.command);
    if nested || !windows && !supervised && quoted.is_none() {
        return;
    }
    let better = match quoted {
        Some(part) if !supervised => start.command.replace(&format!("'{part}'"), &format!("\"{part}\"")),
        _ => start.command.replace("%PORT%", "$PORT"),
    };
    let (what, how) = match (supervised, windows) {
        (true, _) => ("supervisord is no shell, and knows it as %(ENV_PORT)s", "say it as supervisord does"),
        (_, true) => ("%PORT% is how Windows writes it", "let the shell see the variable"),
        _ => ("nothing between single quotes is a variable", "let the shell see the variable"),
    };
    let finding =
        LITERAL.found(format!("the program gets the text of PORT's name, not its value: {what}")).about("$PORT");
    let finding = finding.at(start.source.clone(), start.command);
    findings.push(finding.fix(how, start.replaced_with(facts, &better)));
}

/// `python3.11`, where the plan installs another.
fn interpreter(facts: &Facts<'_>, start: &Start<'_>, invocation: &Invocation<'_>, findings: &mut Findings) {
    let version = invocation.path.strip_prefix("python").filter(|version| version.contains('.'));
    let (Some(version), Some(planned)) = (version, python::planned(facts)) else { return };
    if version != planned {
        let better = start.command.replacen(invocation.path, "python", 1);
        let finding = PROGRAM
            .found(format!("{} is started, and the plan installs Python {planned}", invocation.path))
            .about(invocation.path)
            .at(start.source.clone(), start.command);
        findings.push(finding.fix("start it with `python`", start.replaced_with(facts, &better)));
    }
}

fn program(facts: &Facts<'_>, start: &Start<'_>, invocation: &Invocation<'_>, findings: &mut Findings) {
    let Some((program, packages)) = PROGRAMS.iter().find(|(program, _)| *program == invocation.program) else { return };
    let not_there = |why: String| {
        let finding = PROGRAM.found(format!("{program} is started, and {why}")).about(*program);
        finding.at(start.source.clone(), start.command)
    };
    if let Some(left_out) = facts
        .provided()
        .and_then(|provided| provided.left_out.iter().find(|left_out| packages.contains(&left_out.name.as_str())))
    {
        let finding = not_there(format!("only {} has it, which the deploy does not install", left_out.place))
            .at(left_out.source.clone(), "");
        findings.push(finding.help(format!("move {} to the main dependencies, and lock again", left_out.name)));
        return;
    }
    if facts.manager() != Some("requirements") || !knows_all(facts) {
        return;
    }
    let requirements = facts.requirements();
    let there = packages.iter().any(|name| match (*program, *name) {
        // fastapi brings its command, and uvicorn, with an extra only.
        ("fastapi", "fastapi") => requirements.of(name).any(|entry| !entry.requirement.extras.is_empty()),
        _ => requirements.of(name).next().is_some(),
    });
    let by_extra =
        *program == "uvicorn" && requirements.of("fastapi").any(|entry| !entry.requirement.extras.is_empty());
    let planned = facts.plans(program);
    if there || by_extra || planned {
        return;
    }
    let install = if *program == "fastapi" { "fastapi[standard]" } else { packages[0] };
    let finding = not_there("no requirement brings it".to_owned()).at(facts.app.file(REQUIREMENTS), "");
    findings.push(finding.fix(format!("require {install}"), vec![require(facts, install)]));
}
