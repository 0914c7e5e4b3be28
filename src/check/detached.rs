//! A start that leaves the foreground: the command ends, and the container with all that is in it.

use super::facts::Facts;
use super::facts::code::has_word;
use super::facts::command::{Invocation, invocations, jobs};
use super::facts::server_config::ServerConfig;
use super::facts::start::Start;
use super::facts::supervised;
use super::finding::{Check, Findings, error, remove_line};

pub(crate) const DETACHED: Check = error(
    "start-goes-to-background",
    "A container lives as long as the program that it was started with. One that leaves the foreground, by an option of its own (`--daemon`, `--detach`) \
     or by `&`, ends the start command at once with exit code 0, and is ended with the container.",
);

pub(super) const CHECKS: &[Check] = &[DETACHED];

/// Programs, and their options to leave the foreground that take no value. By gunicorn 23, celery 5.4 and circus 0.19.
const OPTIONS: &[(&str, &[&str])] =
    &[("gunicorn", &["-D", "--daemon"]), ("celery", &["-D", "--detach"]), ("circusd", &["--daemon"])];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let starts = Start::by_shell(facts);
    let Some(start) = starts.last().filter(|_| facts.is_python()) else { return };
    let command = start.command.trim();
    let all = invocations(command);
    let Some(last) = all.last() else { return };
    let is_waited_for = || has_word(command, "wait") || has_word(&facts.script_text(), "wait");
    let job = jobs(command).pop().filter(|job| job.ends_with(last.text) && !is_waited_for());
    let (subject, better) = if job.is_some() && command.ends_with('&') {
        let plain = command.trim_end_matches('&').trim_end();
        ("&", plain.strip_prefix("nohup ").unwrap_or(plain).to_owned())
    } else if let Some(option) = option(last) {
        let words = command.split_whitespace().filter(|word| *word != option);
        (option, words.collect::<Vec<_>>().join(" "))
    } else if is_daemon(facts, last) {
        ("supervisord", command.replacen(last.path, &format!("{} -n", last.path), 1))
    } else {
        return configured(facts, last, findings);
    };
    let message = match subject {
        "&" => format!("`&` puts {} into the background, and nothing is left in the foreground", last.program),
        "supervisord" => "supervisord goes to the background, since neither -n nor `nodaemon=true` keeps it".to_owned(),
        option => format!("`{option}` sends {} to the background", last.program),
    };
    let finding = DETACHED.found(message).about(subject).at(start.source.clone(), command);
    let summary = format!("start it by `{better}`");
    let edits = start.replaced_with(facts, &better);
    findings.push(if edits.is_empty() { finding.help(summary) } else { finding.fix(summary, edits) });
}

fn option<'c>(invocation: &Invocation<'c>) -> Option<&'c str> {
    let (_, options) = OPTIONS.iter().find(|(program, _)| *program == invocation.program)?;
    invocation.arguments.iter().copied().find(|word| options.contains(word))
}

/// Whether supervisord goes to the background: by default it does (supervisor 4.3).
fn is_daemon(facts: &Facts<'_>, invocation: &Invocation<'_>) -> bool {
    if invocation.program != "supervisord" || invocation.has("-n") || invocation.has("--nodaemon") {
        return false;
    }
    let file = supervised::file(&facts.app, invocation);
    let stays = |line: &str| {
        let plain = line.split(';').next().unwrap_or_default().replace([' ', '\t'], "").to_lowercase();
        ["nodaemon=true", "nodaemon=1", "nodaemon=yes", "nodaemon=on"].contains(&plain.as_str())
    };
    file.is_some_and(|(_, text)| !text.lines().any(stays))
}

/// gunicorn's own file is Python; what is set in a branch may never be.
fn configured(facts: &Facts<'_>, invocation: &Invocation<'_>, findings: &mut Findings) {
    if invocation.program != "gunicorn" {
        return;
    }
    let Some((path, text)) = ServerConfig::of(&facts.app, invocation).file() else { return };
    let is_it = |line: &str| line.split('#').next().unwrap_or_default().replace(' ', "").trim_end() == "daemon=True";
    let Some((index, line)) = text.lines().enumerate().find(|(_, line)| is_it(line)) else { return };
    let finding = DETACHED.found("`daemon = True` sends gunicorn to the background").about("daemon");
    let finding = finding.at(facts.app.line(&path, Some(index + 1)), line);
    findings.push(finding.fix("leave daemon out", vec![remove_line(&facts.app.place(&path), index + 1, line)]));
}
