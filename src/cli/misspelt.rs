//! A misspelt command, which would be taken for a folder.

use std::ffi::OsString;
use std::path::Path;

use clap::Command;

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

#[cfg(test)]
mod tests {
    use super::*;

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
