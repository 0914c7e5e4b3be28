//! Variables that the shell puts into the start command.

use super::command::invocations;
use super::environment::is_given;
use super::inputs::Inputs;
use super::start::Start;
use crate::project::Source;

/// Variables that a shell has by itself.
const SHELLS: &[&str] = &[
    "EUID", "IFS", "LINENO", "OLDPWD", "OPTARG", "OPTIND", "PPID", "RANDOM", "REPLY", "SECONDS", "SHELL", "TERM",
    "UID", "USER",
];
/// What begins the names of those that Bash and platforms set.
const PREFIXES: &[&str] = &["BASH", "COOLIFY_", "LC_"];
/// What may set any variable, or ask whether it is set.
const UNFOLLOWED: &[&str] = &[".env", "--env-file", "source ", "eval ", "export $", "[ ", "test ", "set -a", "dotenv"];
/// Programs that run the app with variables of their own.
const SETTERS: &[&str] = &["doppler", "infisical", "dotenv", "pipenv"];

/// What the commands of the start expand without a default, where no part of them sets it: the name, the place, and the command.
pub(in crate::check) fn expanded(inputs: &Inputs<'_>) -> Vec<(String, Source, String)> {
    let starts = Start::all(inputs);
    let script = inputs.script_text();
    let texts: Vec<&str> = starts.iter().map(|start| start.command).chain([script.as_str()]).collect();
    let may_set = |text: &&str| {
        UNFOLLOWED.iter().any(|way| text.contains(way))
            || text.lines().any(|line| line.trim_start().starts_with(". "))
            || invocations(text).iter().any(|found| found.wrapper.is_some_and(|(tool, _)| SETTERS.contains(&tool)))
    };
    if !inputs.is_python() || texts.iter().any(may_set) {
        return Vec::new();
    }
    let is_set = |name: &str| {
        let ways = [format!("{name}="), format!("read {name}"), format!("for {name} ")];
        ways.iter().any(|way| texts.iter().any(|text| text.contains(way)))
            || inputs.variable(name).is_some()
            || is_given(name)
            || SHELLS.contains(&name)
            || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    let mut found: Vec<(String, Source, String)> = Vec::new();
    for start in &starts {
        for name in names(start.command).filter(|name| !is_set(name)) {
            if found.iter().all(|(known, ..)| *known != name) {
                found.push((name, start.source.clone(), start.command.to_owned()));
            }
        }
    }
    found
}

/// The names of a line that the shell expands, but for those in single quotes and those with a value to fall back on.
fn names(command: &str) -> impl Iterator<Item = String> {
    let mut found = Vec::new();
    let (mut in_double, mut in_single) = (false, false);
    let mut before = ' ';
    for (at, c) in command.char_indices() {
        match c {
            '"' if !in_single && before != '\\' => in_double = !in_double,
            '\'' if !in_double => in_single = !in_single,
            '$' if !in_single && before != '\\' && before != '$' => found.extend(name(&command[at + 1..])),
            _ => {}
        }
        before = c;
    }
    found.into_iter()
}

fn name(rest: &str) -> Option<String> {
    let inner = rest.strip_prefix('{');
    let text = inner.unwrap_or(rest);
    let end = text.find(|c: char| !(c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    let is_whole = match inner {
        Some(_) => after.starts_with(['}', '?']) || after.starts_with(":?"),
        None => !after.starts_with(|c: char| c.is_ascii_lowercase()),
    };
    (is_whole && name.starts_with(|c: char| c.is_ascii_uppercase())).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_those_that_the_shell_puts_in_without_a_default() {
        let of = |command: &str| super::names(command).collect::<Vec<_>>().join(" ");
        assert_eq!(of("gunicorn -w $WORKERS -b \"0.0.0.0:${PORT}\" $APP_1:app"), "WORKERS PORT APP_1");
        assert_eq!(of("run ${A:-1} ${B-2} ${C:?no} ${D:+x} ${#E} $lower $1 $$ $Mixed"), "C");
        assert_eq!(of("run '$A' \"'$B'\" \\$C \"it's $D\""), "B D");
    }
}
