//! A misspelt command, which would be taken for a folder, and an option of another command.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Command, Error};

use super::exit::UsageError;
use crate::catalog::suggest::{nearest, slips};

/// The error of a command line that begins with a word that is no folder and nearly a command.
pub(super) fn command(mut arguments: impl Iterator<Item = OsString>, cli: &Command) -> Option<UsageError> {
    let first = arguments.next()?;
    let word = first.to_str().filter(|word| word.bytes().all(|byte| byte.is_ascii_alphabetic()))?;
    let mut commands = cli.get_subcommands().map(Command::get_name).chain(["help"]);
    if Path::new(word).exists() || commands.any(|command| command == word) {
        return None;
    }
    let suggestion = nearest(word, cli.get_subcommands().map(Command::get_name), slips(word).max(2))?;
    // Of three letters two may not be wrong.
    (word.len() > 3).then(|| UsageError(format!("there is no folder {word}; did you mean `shakedown {suggestion}`?")))
}

/// The error of what stands before the command.
fn before_the_command(arguments: impl Iterator<Item = OsString>, cli: &Command) -> Option<UsageError> {
    let words: Vec<String> = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
    let at = words.iter().position(|word| cli.get_subcommands().any(|command| word == command.get_name()))?;
    let own = words.get(at)?;
    let (before, after) = (words.get(..at)?, words.get(at + 1..)?);
    let what =
        if before.first()?.starts_with('-') { "options come after the command" } else { "the command comes first" };
    let rest: Vec<&str> = before.iter().chain(after).map(String::as_str).collect();
    Some(UsageError(format!("{what}: `shakedown {own} {}`", rest.join(" "))))
}

/// The error of a command that stands behind an option, where it is taken for a folder that is not there.
pub(super) fn folder(
    matches: &ArgMatches,
    arguments: impl Iterator<Item = OsString>,
    cli: &Command,
) -> Option<UsageError> {
    let path = matches.try_get_one::<PathBuf>("path").ok().flatten().filter(|_| matches.subcommand().is_none())?;
    let is_command = cli.get_subcommands().any(|command| path.as_os_str() == command.get_name());
    (is_command && !path.exists()).then(|| before_the_command(arguments, cli))?
}

/// The error of an option that the command does not take, where others do, and of what stands before the command.
pub(super) fn option(error: &Error, arguments: impl Iterator<Item = OsString>, cli: &Command) -> Option<UsageError> {
    if error.kind() == ErrorKind::ArgumentConflict && error.get(ContextKind::InvalidSubcommand).is_some() {
        return before_the_command(arguments, cli);
    }
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else { return None };
    let name = option.strip_prefix("--").filter(|_| error.kind() == ErrorKind::UnknownArgument)?;
    let name = name.split('=').next().unwrap_or(name);
    let takes = |command: &&Command| command.get_arguments().any(|argument| argument.get_long() == Some(name));
    let others: Vec<&str> = cli.get_subcommands().filter(takes).map(Command::get_name).collect();
    let is_command = |word: &OsString| cli.get_subcommands().any(|command| word == command.get_name());
    let (mut before, mut own, mut after) = (Vec::new(), None, Vec::new());
    for word in arguments {
        match own {
            None if is_command(&word) => own = word.into_string().ok(),
            None => before.push(word),
            Some(_) => after.push(word),
        }
    }
    let own = own?;
    if others.contains(&own.as_str()) {
        // Behind an option a command's name is the project's folder.
        let line: Vec<String> = before.iter().chain(&after).map(|word| word.to_string_lossy().into_owned()).collect();
        return Some(UsageError(format!("options come after the command: `shakedown {own} {}`", line.join(" "))));
    }
    (!others.is_empty())
        .then(|| UsageError(format!("`shakedown {own}` has no --{name}; these have it: {}", others.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Arg;

    #[test]
    fn an_option_of_another_command_is_sent_to_it() {
        let run = Command::new("run").arg(Arg::new("memory").long("memory"));
        let cli = Command::new("x").subcommand(run).subcommand(Command::new("check"));
        let said = |words: &[&str]| {
            let error = cli.clone().try_get_matches_from(std::iter::once(&"x").chain(words)).unwrap_err();
            option(&error, words.iter().map(OsString::from), &cli).map(|error| error.to_string())
        };
        let elsewhere = said(&["check", "--memory=1GB"]).unwrap();
        assert_eq!(elsewhere, "`shakedown check` has no --memory; these have it: run");
        let cli = cli
            .clone()
            .arg(Arg::new("quiet").short('q').num_args(0))
            .arg(Arg::new("path"))
            .args_conflicts_with_subcommands(true);
        let words = ["-q", "run", "--memory", "1GB"];
        let error = cli.clone().try_get_matches_from(std::iter::once(&"x").chain(&words)).unwrap_err();
        let behind = option(&error, words.iter().map(OsString::from), &cli).unwrap().to_string();
        assert_eq!(behind, "options come after the command: `shakedown run -q --memory 1GB`");
        let said_of = |words: &[&str]| {
            let error = cli.clone().try_get_matches_from(std::iter::once(&"x").chain(words)).unwrap_err();
            option(&error, words.iter().map(OsString::from), &cli).map(|error| error.to_string())
        };
        let with_folder = said_of(&["-q", "run", "app"]).unwrap();
        assert_eq!(with_folder, "options come after the command: `shakedown run -q app`");
        assert_eq!(said_of(&["app", "check"]).unwrap(), "the command comes first: `shakedown check app`");
        assert_eq!(said_of(&["-q", "app", "other"]), None);
        assert_eq!(said(&["check", "--nowhere"]), None);
    }

    fn suggestion(words: &[&str]) -> Option<String> {
        let cli = ["run", "check", "suite", "doctor"]
            .into_iter()
            .fold(Command::new("x"), |cli, name| cli.subcommand(Command::new(name)));
        command(words.iter().map(OsString::from), &cli).map(|error| error.to_string())
    }

    #[test]
    fn a_slip_is_asked_about_and_anything_else_is_a_folder() {
        assert_eq!(suggestion(&["chekc"]).unwrap(), "there is no folder chekc; did you mean `shakedown check`?");
        assert_eq!(
            suggestion(&["siute", "scenarios"]).unwrap(),
            "there is no folder siute; did you mean `shakedown suite`?"
        );
        for words in [&["check"][..], &["src"], &["zebra"], &["./chekc"], &["-q", "chekc"], &[]] {
            assert_eq!(suggestion(words), None, "{words:?}");
        }
    }
}
