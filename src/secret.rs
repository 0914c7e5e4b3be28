//! Keeps secret values out of everything that is shown or recorded.

use std::borrow::Cow;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use regex::{Captures, Regex};

/// What stands in place of a secret.
pub const MASK: &str = "***";

/// Values shorter than this are masked only where their variable's name says that they are secret; the rest
/// (`8080`, `true`, `prod`) would blot out half of a log.
const TELLING_LENGTH: usize = 8;
/// No value shorter than this can be masked without garbling ordinary text.
const LEAST_LENGTH: usize = 4;

/// `scheme://user:password@`, the password being what is hidden.
static CREDENTIALS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?<head>[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+@").ok());
/// `https://token@`, as package indexes and git hosts take it; a short name is a user, not a token.
static TOKEN: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?<head>https?://)[^\s/:@]{16,}@").ok());

/// The values that must never be shown.
#[derive(Debug, Default, Clone)]
pub struct Secrets {
    values: Option<AhoCorasick>,
}

impl Secrets {
    /// Takes the variables that the user handed over, by name and value.
    pub fn of<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let values: Vec<&str> = variables
            .into_iter()
            .filter(|(name, value)| value.len() >= if is_telling(name) { LEAST_LENGTH } else { TELLING_LENGTH })
            .flat_map(|(_, value)| value.lines())
            .filter(|line| line.trim().len() >= LEAST_LENGTH)
            .collect();
        // The longest first, or the tail of a secret that begins with another one would stay.
        let values = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(values).ok();
        Self { values: values.filter(|values| values.patterns_len() > 0) }
    }

    /// `text` with every secret value, and every password in a URL, replaced by [`MASK`].
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = Cow::Borrowed(text);
        if let Some(values) = self.values.as_ref().filter(|values| values.is_match(text)) {
            masked = Cow::Owned(values.replace_all(&masked, &vec![MASK; values.patterns_len()]));
        }
        if memchr::memchr(b'@', masked.as_bytes()).is_none() {
            return masked;
        }
        for pattern in [&CREDENTIALS, &TOKEN].into_iter().filter_map(|pattern| pattern.as_ref()) {
            if pattern.is_match(&masked) {
                let hide = |found: &Captures<'_>| format!("{}{MASK}@", &found["head"]);
                masked = Cow::Owned(pattern.replace_all(&masked, hide).into_owned());
            }
        }
        masked
    }
}

/// Whether a variable's name says that its value is secret.
pub fn is_telling(name: &str) -> bool {
    const WORDS: &[&str] =
        &["TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASS", "KEY", "CREDENTIAL", "DSN", "AUTH", "PRIVATE", "COOKIE"];
    let name = name.to_ascii_uppercase();
    WORDS.iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(text: &str) -> String {
        let secrets = Secrets::of([
            ("BOT_TOKEN", "abcd"),
            ("LONGER_TOKEN", "abcdefgh"),
            ("PORT", "8080"),
            ("GREETING", "hello world"),
            ("KEY", "first line\nsecond line"),
        ]);
        secrets.mask(text).into_owned()
    }

    #[test]
    fn values_of_secret_variables_are_hidden() {
        assert_eq!(mask("using abcd now"), "using *** now");
    }

    #[test]
    fn the_longest_value_wins() {
        assert_eq!(mask("abcdefgh"), "***");
    }

    #[test]
    fn each_line_of_a_value_is_hidden() {
        assert_eq!(mask("read second line"), "read ***");
    }

    #[test]
    fn short_values_of_plain_variables_stay_readable() {
        assert_eq!(mask("listening on 8080: hello world"), "listening on 8080: ***");
    }

    #[test]
    fn passwords_in_urls_are_hidden_whoever_wrote_them() {
        assert_eq!(mask("postgres://app:s3cr3t@db:5432/x"), "postgres://app:***@db:5432/x");
        assert_eq!(mask("git+https://0123456789abcdef0123@host/x.git"), "git+https://***@host/x.git");
        assert_eq!(mask("mail me@example.org"), "mail me@example.org");
        assert_eq!(mask("ssh://git@host/x"), "ssh://git@host/x");
    }
}
