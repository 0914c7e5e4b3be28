//! What a pre-deploy command leaves behind, which the platform throws away with its container.

use std::time::Duration;

use anyhow::Result;

use super::outcome::PhaseOutcome;
use super::phases::PRE_DEPLOY;
use super::walk::Walk;
use crate::plan::{Action, Command, Files};
use crate::sandbox::process::{self, Limits};
use crate::sandbox::{self, Role};

/// Notes the app's files.
const LIST: &str = "cd /app && find . -xdev ! -type d -print0 | LC_ALL=C sort -z > /tmp/.before-pre-deploy";
/// Removes those that were not noted, and names them. Bytecode is nobody's loss.
const REMOVE_NEW: &str = r"cd /app && new=/tmp/.new-after-pre-deploy &&
find . -xdev ! -type d -print0 | LC_ALL=C sort -z | LC_ALL=C comm -z -13 /tmp/.before-pre-deploy - > $new
xargs -0 -r rm -f -- < $new; tr '\0' '\n' < $new | grep -v __pycache__ | head -n 20; rm -f $new /tmp/.before-pre-deploy";
/// A look at the app's files takes no longer.
const LIMITS: Limits = Limits { total: Duration::from_secs(60), silence: None };

impl Walk<'_> {
    /// Runs in the finished image, which holds the whole project whether or not a phase copied it, and in a container of its own: what
    /// it puts among the app's files is not there when the app starts.
    pub(super) fn pre_deploy(&mut self, commands: Vec<Command>) -> Result<PhaseOutcome> {
        if self.runtime_files().is_none() {
            self.copy(&Files::All)?;
        }
        self.ask(LIST)?;
        let actions: Vec<Action> = commands.into_iter().map(Action::Run).collect();
        let outcome = self.actions(PRE_DEPLOY, Role::Start, &actions, &[])?;
        let made = self.ask(REMOVE_NEW)?;
        if !made.is_empty() {
            self.line(PRE_DEPLOY, &note(&made));
        }
        Ok(outcome)
    }

    /// What a script of our own prints where the app starts.
    fn ask(&self, script: &str) -> Result<Vec<String>> {
        let argv = ["/bin/bash", "-c", script].map(str::to_owned);
        let line =
            self.sandbox.command(&sandbox::Step { role: Role::Start, argv: &argv, vars: &self.vars, caches: &[] });
        let mut printed = Vec::new();
        process::run(&line, LIMITS, self.job.interrupted, &mut |line| printed.push(line.to_owned()))?;
        Ok(printed)
    }
}

/// What is said of the new files.
fn note(made: &[String]) -> String {
    let names: Vec<&str> = made.iter().map(|name| name.trim_start_matches("./")).take(3).collect();
    let more = made.len() - names.len();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("(a container of its own made {}{more}: the app starts without)", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_names_are_told() {
        let made = ["./app.db", "./static/a.css", "./b", "./c"].map(str::to_owned);
        assert_eq!(
            note(&made),
            "(a container of its own made app.db, static/a.css, b and 1 more: the app starts without)"
        );
        assert_eq!(note(&made[..1]), "(a container of its own made app.db: the app starts without)");
    }
}
