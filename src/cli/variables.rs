//! The variables that the user gives.

use std::path::Path;

use anyhow::Result;

use super::exit::UsageError;

/// A name that is empty, or a NUL, would be dropped on the way to the sandbox or stop the run in its middle. The value
/// may be a secret: it is not repeated.
pub(super) fn refuse_what_no_process_takes(env: &[String]) -> Result<()> {
    for given in env {
        let name = given.split_once('=').map_or(given.as_str(), |(name, _)| name);
        if name.is_empty() {
            return Err(UsageError("a variable has no name: give NAME=VALUE or NAME".to_owned()).into());
        }
        if name.contains(|c: char| c.is_whitespace() || c.is_control() && c != '\0') {
            let name = name.escape_default();
            return Err(
                UsageError(format!("\"{name}\" is no name of a variable: write it as in TIDE_TABLE=high")).into()
            );
        }
        if given.contains('\0') {
            return Err(UsageError(format!("{}: a variable cannot hold a NUL", name.escape_default())).into());
        }
    }
    Ok(())
}

/// The variables of a file. A value may be a secret: no message repeats it.
pub(super) fn read_env_file(file: &Path) -> Result<Vec<String>> {
    let unreadable = |error: &dyn std::fmt::Display| UsageError(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| unreadable(&error))?;
    let literal = taken_literally(&text);
    let pairs = dotenvy::from_read_iter(literal.as_bytes());
    let fault = |error: dotenvy::Error| match error {
        dotenvy::Error::LineParse(line, _) => {
            let first = line.lines().next().unwrap_or_default();
            let at = text.lines().position(|own| taken_literally(own) == first);
            let at = at.map(|index| format!("{}:", index + 1)).unwrap_or_default();
            UsageError(format!("{}:{at} not NAME=VALUE, or a quote that does not end", file.display()))
        }
        error => unreadable(&error),
    };
    pairs.map(|pair| pair.map(|(name, value)| format!("{name}={value}")).map_err(|error| fault(error).into())).collect()
}

/// Without the substitution that the reader would make: a `$` in a password is one, and nothing of this shell gets in. A value
/// of several words needs no quotes, as in Docker's files and Railway's editor.
fn taken_literally(text: &str) -> String {
    let mut open: Option<char> = None;
    let mut literal = |line: &str| {
        let value = line.split_once('=').map_or("", |(_, value)| value.trim_start());
        // Between single quotes nothing is substituted, nor is a backslash taken out.
        let escaped = match value.starts_with('\'') {
            true => line.to_owned(),
            false => line.replace('$', r"\$").replace(r"\\$", r"\$"),
        };
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\'') && open.is_none());
        let is_plain = open.is_none() && quote.is_none();
        let rest = quote.map_or(line, |_| &value[1..]);
        open = open.or(quote).filter(|quote| !rest.contains(*quote));
        if is_plain { of_several_words(&escaped).unwrap_or(escaped) } else { escaped }
    };
    text.lines().map(&mut literal).collect::<Vec<_>>().join("\n")
}

/// The line with quotes around a value that has none and more than one word.
fn of_several_words(line: &str) -> Option<String> {
    let (name, value) = line.split_once('=')?;
    let value = value.split(" #").next().unwrap_or(value).trim();
    let is_name = |name: &str| name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.'));
    let bare = name.trim().strip_prefix("export ").unwrap_or(name.trim());
    let is_one_word = !value.contains(char::is_whitespace);
    if is_one_word || !is_name(bare) || value.contains(['"', '\'']) || value.replace(r"\$", "").contains('\\') {
        return None;
    }
    Some(format!("{name}=\"{value}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env_file(text: &str) -> Result<Vec<String>> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read_env_file(file.path())
    }

    #[test]
    fn a_name_that_no_shell_can_set_is_refused() {
        let refused =
            |given: &str| refuse_what_no_process_takes(&[given.to_owned()]).map_err(|error| error.to_string());
        assert_eq!(refused("TIDE=high water"), Ok(()));
        for given in ["A B=x", "A\tB", "A\n=1"] {
            assert!(refused(given).unwrap_err().contains("is no name of a variable"), "{given:?}");
        }
    }

    #[test]
    fn values_of_a_file_are_taken_as_they_stand() {
        let text = "# mine\nexport A=pa$$w0rd\nB=\"${HOME} x\"\nC='$HOME'\nD=\\$5\n\nE= spaced  # remark\n";
        let wanted = ["A=pa$$w0rd", "B=${HOME} x", "C=$HOME", "D=$5", "E=spaced"];
        assert_eq!(env_file(text).unwrap(), wanted);
        let text = "A=pip install -r $F.txt # remark\nexport B=a  b\nC=\"one\nD=two three\"\nE=x y\n";
        let wanted = ["A=pip install -r $F.txt", "B=a  b", "C=one\nD=two three", "E=x y"];
        assert_eq!(env_file(text).unwrap(), wanted);
    }

    #[test]
    fn a_line_that_is_none_is_named_by_number_and_not_repeated() {
        let refused = env_file("A=1\nSECRET=abc'quoted multi\n").unwrap_err().to_string();
        assert!(refused.contains(":2: ") && !refused.contains("abc"), "{refused}");
    }

    #[test]
    fn variables_that_no_process_takes_are_refused_without_telling_their_value() {
        for given in ["", "=hunter22", "A=hunter22\0"] {
            let refused = refuse_what_no_process_takes(&[given.to_owned()]).unwrap_err();
            assert!(refused.is::<UsageError>() && !refused.to_string().contains("hunter22"), "{refused}");
        }
        assert!(refuse_what_no_process_takes(&["A=".to_owned(), "B".to_owned(), "c.d=e=f".to_owned()]).is_ok());
    }
}
