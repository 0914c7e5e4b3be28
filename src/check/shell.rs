//! What keeps the shell between the platform and the server.

use super::facts::Facts;
use super::facts::command::{invocations, is_keyword, is_python};
use super::facts::start::Start;
use super::finding::{Check, Findings, warning};

const BEHIND: Check = warning(
    "start-behind-shell",
    "bash gives its place to a plain command. A redirect, a pipe, parentheses or `if` around it keep bash as process 1, which does not hand on \
     SIGTERM: at every deploy the server is killed in the midst of its requests. `exec` before the server gives it bash's place.",
);

pub(super) const CHECKS: &[Check] = &[BEHIND];

/// What keeps bash, in words.
fn around(command: &str) -> Option<&'static str> {
    let mut quote = None;
    let mut before = ' ';
    let mut found = None;
    for c in command.chars() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '|') if before != '|' && !command.contains("||") => return Some("a pipe"),
            (None, '(') if before.is_whitespace() => return Some("parentheses"),
            (None, '>' | '<') => found = found.or(Some("a redirect")),
            _ => {}
        }
        before = c;
    }
    let mut parts = command.split([';', '&', '|', '\n']).filter_map(|part| part.split_whitespace().next());
    if parts.any(|first| is_keyword(first) || matches!(first, "for" | "case")) {
        Some("a compound command")
    } else {
        found
    }
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    script(facts, findings);
    let Some(start) = Start::of(facts).filter(|start| facts.is_python() && start.is_written(facts)) else {
        return;
    };
    let command = start.command.trim();
    let words = || command.split([' ', ';', '&', '(']);
    let Some(what) = around(command).filter(|_| !words().any(|word| word == "exec")) else { return };
    // Only a server, or a worker, has something to lose.
    let opened = command.replace(['(', ')'], " ");
    let all = invocations(&opened);
    let server = all
        .iter()
        .rev()
        .find(|found| found.is_module || is_python(found.program) || super::server::is_packaged(found.program));
    let Some(server) = server else { return };
    let finding = BEHIND
        .found(format!(
            "{what} {} bash as process 1, and SIGTERM does not reach {}",
            if what == "parentheses" { "keep" } else { "keeps" },
            server.program
        ))
        .about(what)
        .at(start.source.clone(), command);
    let better = command.replacen(server.text, &format!("exec {}", server.text), 1);
    findings.push(match what {
        "a redirect" => finding.fix("start it with `exec`", start.replaced_with(facts, &better)),
        "a pipe" => finding
            .help("leave the pipe out, since the platform keeps what is printed, or write `exec server > >(filter)`"),
        _ => finding.help(format!("write `exec` before {}", server.program)),
    });
}

/// A script whose last command is a server keeps bash as well: only for what `-c` is given bash makes room by itself.
fn script(facts: &Facts<'_>, findings: &mut Findings) {
    let starts = Start::by_shell(facts);
    let [_, .., start] = &starts[..] else { return };
    let command = start.command.trim();
    let all = invocations(command);
    let Some(server) = all.last().filter(|_| facts.is_python() && !command.starts_with("exec ")) else { return };
    let is_server = server.is_module || is_python(server.program) || super::server::is_packaged(server.program);
    if !is_server || command.contains(['&', '|', ';']) {
        return;
    }
    let finding = BEHIND
        .found(format!("the script keeps bash as process 1, and SIGTERM does not reach {}", server.program))
        .about("the script")
        .at(start.source.clone(), command);
    findings.push(finding.fix("start it with `exec`", start.replaced_with(facts, &format!("exec {command}"))));
}
