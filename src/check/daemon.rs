//! A server that leaves the container's first process.

use std::path::{Path, PathBuf};

use super::facts::Facts;
use super::facts::command::invocations;
use super::facts::start::Start;
use super::finding::{Check, Findings, error, remove_line};

pub(crate) const DETACHED: Check = error(
    "server-detached",
    "With --daemon gunicorn goes on in another process and ends the one that was started. A container lives as long as that one, so that it stops \
     with exit code 0 at once.",
);

pub(super) const CHECKS: &[Check] = &[DETACHED];

const MESSAGE: &str = "gunicorn leaves the process that was started, and the container ends with that";

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    for start in Start::all(facts) {
        for invocation in invocations(start.command).iter().filter(|invocation| invocation.program == "gunicorn") {
            if let Some(option) = ["--daemon", "-D"].into_iter().find(|option| invocation.has(option)) {
                let better = start.command.replacen(&format!(" {option}"), "", 1);
                let finding = DETACHED.found(MESSAGE).about(option).at(start.source.clone(), start.command);
                findings.push(finding.fix(format!("leave {option} out"), start.replaced_with(facts, &better)));
            }
            let named = invocation.option(&["-c", "--config"]).unwrap_or("gunicorn.conf.py");
            let path = Path::new(invocation.folder).join(named.trim_start_matches("file:").trim_start_matches("./"));
            configured(facts, &path, findings);
        }
    }
}

/// gunicorn's own file is Python; what is set in a branch may never be.
fn configured(facts: &Facts<'_>, path: &PathBuf, findings: &mut Findings) {
    let Some(text) = facts.app.has_file(path).then(|| facts.app.read_text(path).ok()).flatten() else { return };
    let is_it = |line: &str| line.split('#').next().unwrap_or_default().replace(' ', "").trim_end() == "daemon=True";
    let Some((index, line)) = text.lines().enumerate().find(|(_, line)| is_it(line)) else { return };
    let place = facts.app.place(path);
    let finding = DETACHED.found(MESSAGE).about("daemon").at(facts.app.line(path, Some(index + 1)), line);
    findings.push(finding.fix("leave daemon out", vec![remove_line(&place, index + 1, line)]));
}
