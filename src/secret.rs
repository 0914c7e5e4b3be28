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
static CREDENTIALS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?<head>[A-Za-z][A-Za-z0-9+.-]*://[^\s/:@]*:)[^\s/@]+@"));
/// `https://token@`, as package indexes and git hosts take it; a short name is a user, not a token.
static TOKEN: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?<head>https?://)[^\s/:@]{16,}@"));

/// What tokens of well-known services look like.
static SERVICE_TOKEN: LazyLock<Regex> = LazyLock::new(|| {
    let shapes = [
        r"\bsk-[A-Za-z0-9_-]{20,}",
        r"\bgh[pousr]_[A-Za-z0-9]{30,}",
        r"\bgithub_pat_[A-Za-z0-9_]{30,}",
        r"\bglpat-[A-Za-z0-9_-]{16,}",
        r"\bAKIA[0-9A-Z]{16}\b",
        r"\bAIza[0-9A-Za-z_-]{35}",
        r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
        r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}",
        r"\b[0-9]{8,10}:AA[A-Za-z0-9_-]{33}",
        r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}",
        r"\b[rs]k_live_[A-Za-z0-9]{16,}",
        r"\bhf_[A-Za-z0-9]{30,}",
        r"\bpypi-[A-Za-z0-9_-]{30,}",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
        r"://[^\s/:@$]*:[^\s/@${]{4,}@",
    ];
    pattern(&shapes.join("|"))
});

/// Panics where a pattern does not compile: without it a secret would be shown.
fn pattern(text: &str) -> Regex {
    #[expect(clippy::unwrap_used, reason = "patterns are literals, each used by a test")]
    Regex::new(text).unwrap()
}

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
        for pattern in [&CREDENTIALS, &TOKEN] {
            if pattern.is_match(&masked) {
                let hide = |found: &Captures<'_>| format!("{}{MASK}@", &found["head"]);
                masked = Cow::Owned(pattern.replace_all(&masked, hide).into_owned());
            }
        }
        masked
    }
}

/// A line with what looks like a token of a well-known service masked.
pub fn mask_tokens(line: &str) -> Cow<'_, str> {
    SERVICE_TOKEN.replace_all(line, MASK)
}

/// Whether a text holds what looks like a token of a well-known service.
pub fn has_token(text: &str) -> bool {
    SERVICE_TOKEN.is_match(text)
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

    #[test]
    fn tokens_of_services_are_known_by_their_shape() {
        assert_eq!(mask_tokens("key = 'ghp_0123456789abcdefghijABCDEFGHIJ012345'"), "key = '***'");
        assert!(has_token("123456789:AAabcdefghijklmnopqrstuvwxyz0123456"));
        assert!(!has_token("flask==3.0.0"));
    }
}
