//! The part of a requirement after `;`: when it applies. Only what the deploy's platform and Python decide is decided.

use pep440_rs::{Version, VersionSpecifier};

/// What a marker is asked about; everything else is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Platform<'a> {
    /// `3.12`.
    pub python_version: &'a str,
    /// `linux` in every deploy.
    pub sys_platform: &'a str,
    /// `Linux` in every deploy.
    pub platform_system: &'a str,
}

impl<'a> Platform<'a> {
    /// A deploy with this Python, given as `3.12`.
    pub fn cloud(python_version: &'a str) -> Self {
        Self { python_version, sys_platform: "linux", platform_system: "Linux" }
    }
}

/// Whether a marker holds: `None` where that hangs on something unknown, or where the marker is not understood.
pub fn holds(marker: &str, platform: &Platform<'_>) -> Option<bool> {
    let mut parser = Parser { tokens: tokens(marker)?, next: 0, depth: 0, platform };
    let answer = parser.any()?;
    (parser.next == parser.tokens.len()).then_some(answer)?
}

/// Whether a marker is well formed.
pub fn is_valid(marker: &str) -> bool {
    let Some(tokens) = tokens(marker) else { return false };
    let mut parser = Parser { tokens, next: 0, depth: 0, platform: &Platform::cloud("3") };
    parser.any().is_some() && parser.next == parser.tokens.len()
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'m> {
    Text(&'m str),
    Word(&'m str),
    Operator(&'m str),
}

const SIGNS: &[&str] = &["===", "==", "!=", "<=", ">=", "~=", "<", ">", "(", ")"];
const NAMES: &[&str] = &[
    "python_version",
    "python_full_version",
    "os_name",
    "sys_platform",
    "platform_release",
    "platform_system",
    "platform_version",
    "platform_machine",
    "platform_python_implementation",
    "implementation_name",
    "implementation_version",
    "extra",
];
/// Names of before PEP 508, which pip still reads.
const OLD_NAMES: &[(&str, &str)] = &[
    ("os.name", "os_name"),
    ("sys.platform", "sys_platform"),
    ("platform.version", "platform_version"),
    ("platform.machine", "platform_machine"),
    ("platform.python_implementation", "platform_python_implementation"),
    ("python_implementation", "platform_python_implementation"),
];
const DEEPEST: usize = 64;

/// Today's name of a variable; none of a word that is none.
fn known(name: &str) -> Option<&str> {
    let today = OLD_NAMES.iter().find(|(old, _)| *old == name).map_or(name, |(_, today)| *today);
    NAMES.contains(&today).then_some(today)
}

fn tokens(marker: &str) -> Option<Vec<Token<'_>>> {
    let mut tokens = Vec::new();
    let mut rest = marker.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if first == '"' || first == '\'' {
            let length = rest[1..].find(first)?;
            tokens.push(Token::Text(&rest[1..=length]));
            length + 2
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token::Operator(sign));
            sign.len()
        } else {
            let length =
                rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.')).unwrap_or(rest.len());
            tokens.push(Token::Word(rest.get(..length).filter(|word| !word.is_empty())?));
            length
        };
        rest = rest[length..].trim_start();
    }
    Some(tokens)
}

/// The outer `Option` is about form, the inner one about knowledge.
struct Parser<'m> {
    tokens: Vec<Token<'m>>,
    next: usize,
    depth: usize,
    platform: &'m Platform<'m>,
}

impl<'m> Parser<'m> {
    fn take(&mut self) -> Option<Token<'m>> {
        let token = self.tokens.get(self.next).cloned();
        self.next += 1;
        token
    }

    fn eat(&mut self, token: &Token<'_>) -> bool {
        let found = self.tokens.get(self.next) == Some(token);
        self.next += usize::from(found);
        found
    }

    fn any(&mut self) -> Option<Option<bool>> {
        let mut answer = self.all()?;
        while self.eat(&Token::Word("or")) {
            answer = match (answer, self.all()?) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        Some(answer)
    }

    fn all(&mut self) -> Option<Option<bool>> {
        let mut answer = self.one()?;
        while self.eat(&Token::Word("and")) {
            answer = match (answer, self.one()?) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        Some(answer)
    }

    fn one(&mut self) -> Option<Option<bool>> {
        if self.eat(&Token::Operator("(")) {
            self.depth += 1;
            let answer = if self.depth > DEEPEST { None } else { self.any() }?;
            self.depth -= 1;
            return self.eat(&Token::Operator(")")).then_some(answer);
        }
        let left = self.take()?;
        let sign = match self.take()? {
            Token::Operator(sign) if sign != "(" && sign != ")" => sign,
            Token::Word("in") => "in",
            Token::Word("not") if self.eat(&Token::Word("in")) => "not in",
            _ => return None,
        };
        let right = self.take()?;
        Some(match (left, right) {
            (Token::Word(name), Token::Text(text)) => self.compare(known(name)?, sign, text, false),
            (Token::Text(text), Token::Word(name)) => self.compare(known(name)?, sign, text, true),
            // Well formed, and of no use to anybody.
            (Token::Text(_), Token::Text(_)) => None,
            (Token::Word(left), Token::Word(right)) => known(left).and(known(right)).map(|_| None)?,
            _ => return None,
        })
    }

    fn compare(&self, name: &str, sign: &str, text: &str, swapped: bool) -> Option<bool> {
        let value = match name {
            "python_version" => return compare_versions(self.platform.python_version, sign, text, swapped),
            "sys_platform" => self.platform.sys_platform,
            "platform_system" => self.platform.platform_system,
            _ => return None,
        };
        let (left, right) = if swapped { (text, value) } else { (value, text) };
        match sign {
            "==" | "===" => Some(left == right),
            "!=" => Some(left != right),
            "in" => Some(right.contains(left)),
            "not in" => Some(!right.contains(left)),
            _ => None,
        }
    }
}

fn compare_versions(value: &str, sign: &str, text: &str, swapped: bool) -> Option<bool> {
    if sign.ends_with("in") {
        let (left, right) = if swapped { (text, value) } else { (value, text) };
        // Of texts, as `packaging` has it: 3.1 is in '3.11' too.
        return Some(right.contains(left) == (sign == "in"));
    }
    // What stands on the right is the specifier, whichever it is: '3.*' on the left is no version.
    let (left, right) = if swapped { (text, value) } else { (value, text) };
    let specifier: VersionSpecifier = format!("{sign}{right}").parse().ok()?;
    let version: Version = left.parse().ok()?;
    Some(specifier.contains(&version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ask(marker: &str) -> Option<bool> {
        holds(marker, &Platform::cloud("3.12"))
    }

    #[test]
    fn what_the_deploy_decides_is_decided() {
        for (marker, answer) in [
            ("python_version < '3.8'", Some(false)),
            ("python_version >= \"3.8\" and python_version < '3.13'", Some(true)),
            ("'3.8' <= python_version", Some(true)),
            ("python_version == '3.*'", Some(true)),
            ("python_version in '3.11, 3.12'", Some(true)),
            ("python_version in '3.12.1'", Some(true)),
            ("sys_platform == 'win32'", Some(false)),
            ("sys_platform != 'win32'", Some(true)),
            ("platform_system == 'Windows' or platform_system=='Linux'", Some(true)),
            ("platform_machine == 'x86_64'", None),
            ("platform_machine == 'x86_64' and sys_platform == 'win32'", Some(false)),
            ("extra == 'dev' or sys_platform == 'linux'", Some(true)),
            ("(extra == 'dev' or sys_platform == 'win32') and python_version > '3'", None),
            ("'lin' in sys_platform", Some(true)),
            ("sys_platform not in 'win32,darwin'", Some(true)),
            ("'3.*' == python_version", None),
            ("'3.12' ~= python_version", Some(true)),
            ("sys.platform == 'win32'", Some(false)),
            ("os.name == 'nt' and python_implementation == 'CPython'", None),
            ("'a' == 'a' or os_name != sys_platform", None),
        ] {
            assert_eq!(ask(marker), answer, "{marker}");
            assert!(is_valid(marker), "{marker}");
        }
    }

    #[test]
    fn what_is_not_a_marker_is_none() {
        for marker in [
            "",
            "python",
            "python_version",
            "python_version = '3'",
            "x == 'y'",
            "os_name == x",
            "platform.system == 'x'",
            "(sys_platform == 'linux'",
            "'",
        ] {
            assert!(!is_valid(marker), "{marker}");
            assert_eq!(ask(marker), None, "{marker}");
        }
        assert!(!is_valid(&"(".repeat(100_000)));
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(marker in "[a-z_ ()'\"<>=!é3.]{0,40}|.{0,20}") {
            prop_assert!(is_valid(&marker) || ask(&marker).is_none());
        }
    }
}
