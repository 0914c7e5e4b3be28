//! What a start command starts.

/// One program of a command line, with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) struct Invocation<'c> {
    /// The whole of it, as it is written.
    pub(in crate::check) text: &'c str,
    /// The program's name without folder; the module's, for `python -m`.
    pub(in crate::check) program: &'c str,
    /// As it is written: `./start.sh`.
    pub(in crate::check) path: &'c str,
    /// Whether `python -m` runs it.
    pub(in crate::check) is_module: bool,
    pub(in crate::check) arguments: Vec<&'c str>,
    /// The folder that a `cd` before it leads to.
    pub(in crate::check) folder: &'c str,
    /// The tool whose `run` runs it, and the words that stand before the program: `poetry run`.
    pub(in crate::check) wrapper: Option<(&'c str, &'c str)>,
    /// Whether a condition of the line decides that it runs: a branch of `if`, or what follows `[ … ] &&`.
    pub(in crate::check) is_conditional: bool,
}

/// The programs of a command line, in order. Quoting is not undone, only taken off whole words.
pub(in crate::check) fn invocations(command: &str) -> Vec<Invocation<'_>> {
    let mut folder = "";
    let mut found = Vec::new();
    let mut conditions = Conditions::default();
    for (text, _) in parts(command) {
        let is_conditional = conditions.decide(command, text);
        let raw: Vec<&str> = text.split_whitespace().collect();
        let mut start = after_prefixes(&raw);
        let words: Vec<&str> = raw.iter().map(|word| word.trim_matches(['"', '\''])).collect();
        let mut wrapper = None;
        if let Some(more) = wrapped(&words[start..]) {
            let at = |word: &str| word.as_ptr() as usize - text.as_ptr() as usize;
            let (first, next) = (words[start], words[start + more]);
            wrapper = Some((first, text[at(first)..at(next)].trim_matches([' ', '"', '\''])));
            start += more;
        }
        let [path, arguments @ ..] = &words[start..] else { continue };
        if *path == "cd" {
            folder =
                arguments.first().copied().unwrap_or_default().trim_start_matches("/app/").trim_start_matches("./");
            continue;
        }
        let program = path.rsplit('/').next().unwrap_or(path);
        let module = arguments.iter().position(|word| *word == "-m").filter(|_| is_python(program));
        found.push(match module.and_then(|at| Some((at, *arguments.get(at + 1)?))) {
            Some((at, module)) => Invocation {
                text,
                program: module,
                path,
                is_module: true,
                arguments: arguments[at + 2..].to_vec(),
                folder,
                wrapper,
                is_conditional,
            },
            None => Invocation {
                text,
                program,
                path,
                is_module: false,
                arguments: arguments.to_vec(),
                folder,
                wrapper,
                is_conditional,
            },
        });
    }
    found
}

/// The conditions of a line, as far as it has been read.
#[derive(Default)]
struct Conditions {
    /// The `if`s that are open, and whether their condition is behind us.
    branches: Vec<bool>,
    /// Whether the chain of `&&` and `||` began with a test.
    is_tested: bool,
}

impl Conditions {
    /// Whether they decide that the next part of the line runs.
    fn decide(&mut self, line: &str, part: &str) -> bool {
        let words = || part.split_whitespace();
        for word in words().take_while(|word| is_keyword(word) || matches!(*word, "fi" | "fi)")) {
            match word {
                "if" => self.branches.push(false),
                "then" | "elif" | "else" => {
                    self.branches.iter_mut().last().into_iter().for_each(|branch| *branch = true);
                }
                "fi" | "fi)" => drop(self.branches.pop()),
                _ => {}
            }
        }
        let at = (part.as_ptr() as usize).saturating_sub(line.as_ptr() as usize);
        let before = line.get(..at).unwrap_or_default().trim_end();
        let is_chained = before.ends_with("&&") || before.ends_with("||");
        let by_test = is_chained && self.is_tested;
        let mut words = words().skip_while(|word| is_keyword(word) || matches!(*word, "fi" | "fi)"));
        let is_test = match words.next() {
            Some("[" | "[[" | "test" | "which" | "type" | "hash") => true,
            Some("command") => matches!(words.next(), Some("-v" | "-V")),
            _ => false,
        };
        self.is_tested = by_test || is_test;
        by_test || self.branches.contains(&true)
    }
}

/// How many words stand before a program without being one. A value between quotes may be several.
fn after_prefixes(words: &[&str]) -> usize {
    let mut open = None;
    let mut is_before = |word: &&str| {
        if let Some(quote) = open {
            open = (!word.contains(quote)).then_some(quote);
            return true;
        }
        let value = word.split_once('=').map_or("", |(_, value)| value);
        open = ['"', '\''].into_iter().find(|quote| value.starts_with(*quote) && !value[1..].contains(*quote));
        is_prefix(word.trim_matches(['"', '\'']))
    };
    words.iter().position(|word| !is_before(word)).unwrap_or(words.len())
}

/// The commands that a line puts into the background: `python bot.py` of `python bot.py & gunicorn web:app`.
pub(in crate::check) fn jobs(command: &str) -> Vec<&str> {
    parts(command).into_iter().filter(|(_, is_job)| *is_job).map(|(text, _)| text).collect()
}

/// The commands of a line, and whether a lone `&` ends them. One between quotes ends none, nor does that of a redirect: `2>&1`, `&>file`.
fn parts(command: &str) -> Vec<(&str, bool)> {
    let bytes = command.as_bytes();
    let near = |at: Option<usize>| at.and_then(|at| bytes.get(at)).copied();
    let (mut found, mut begin, mut quote) = (Vec::new(), 0, None);
    for (at, byte) in bytes.iter().enumerate() {
        let is_pair = near(at.checked_sub(1)) == Some(b'&') || near(Some(at + 1)) == Some(b'&');
        let is_redirect = matches!(near(at.checked_sub(1)), Some(b'>' | b'<')) || near(Some(at + 1)) == Some(b'>');
        let is_job = *byte == b'&' && !is_pair && !is_redirect && quote.is_none();
        match byte {
            b'"' | b'\'' if quote.is_none() => quote = Some(byte),
            _ if quote == Some(byte) => quote = None,
            b'|' | b';' | b'\n' => {}
            b'&' if is_pair || is_job => {}
            _ => continue,
        }
        if matches!(byte, b'"' | b'\'') {
            continue;
        }
        found.push((command[begin..at].trim(), is_job));
        begin = at + 1;
    }
    found.push((command[begin..].trim(), false));
    found.retain(|(text, _)| !text.is_empty());
    found
}

/// Programs that run the one that is named behind them, with the words between.
const WRAPPERS: &[(&str, &[&str])] = &[
    ("poetry", &["run"]),
    ("pipenv", &["run"]),
    ("uv", &["run"]),
    ("pdm", &["run"]),
    ("hatch", &["run"]),
    ("rye", &["run"]),
    ("dotenv", &["run"]),
    ("doppler", &["run"]),
    ("infisical", &["run"]),
    ("opentelemetry-instrument", &[]),
    ("ddtrace-run", &[]),
    ("newrelic-admin", &["run-program"]),
    ("xvfb-run", &[]),
    ("stdbuf", &[]),
];

/// How many words at the head of a command only wrap the program behind them.
fn wrapped(words: &[&str]) -> Option<usize> {
    const VALUED: &[&str] = &["--with", "--group", "--extra", "--python", "-p", "--env-file", "-f"];
    let (_, verbs) = WRAPPERS.iter().find(|(program, _)| words.first() == Some(program))?;
    if !words[1..].starts_with(verbs) {
        return None;
    }
    let mut at = 1 + verbs.len();
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
        at += if VALUED.contains(word) { 2 } else { 1 };
    }
    words.get(at).map(|_| at)
}

/// What stands before a program without being one.
fn is_prefix(word: &str) -> bool {
    let assigns = word
        .split_once('=')
        .is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    assigns || matches!(word, "exec" | "env" | "nohup" | "time" | "command" | "fi" | "done") || is_keyword(word)
}

/// Words of the shell behind which a command stands.
pub(in crate::check) fn is_keyword(word: &str) -> bool {
    matches!(word, "if" | "then" | "elif" | "else" | "while" | "until" | "do" | "{" | "!")
}

pub(in crate::check) fn is_python(program: &str) -> bool {
    let rest = program.strip_prefix("python");
    rest.is_some_and(|rest| rest.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

impl<'c> Invocation<'c> {
    /// Whether the start may do without it: a condition decides that it runs, or another command takes its place.
    pub(in crate::check) fn is_optional(&self, command: &str) -> bool {
        self.is_conditional || self.has_fallback(command)
    }

    /// What stands before the program.
    pub(in crate::check) fn before(&self) -> &'c str {
        let at = (self.path.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        self.text.get(..at).unwrap_or_default()
    }

    /// Whether another command of the line takes its place where it fails: `a || b`. What only tells of the failure does not.
    pub(in crate::check) fn has_fallback(&self, command: &str) -> bool {
        let within = (self.text.as_ptr() as usize).checked_sub(command.as_ptr() as usize);
        let rest = within.and_then(|at| command.get(at + self.text.len()..)).unwrap_or_default().trim_start();
        let next = rest.strip_prefix("||").map(str::trim_start);
        let tells = |next: &str| ["exit", "echo", "false", "kill"].iter().any(|word| next.starts_with(word));
        next.is_some_and(|next| !next.is_empty() && !tells(next))
    }

    /// The value of the first of these options, given as `--name value`, `--name=value` or `-nvalue`.
    pub(in crate::check) fn option(&self, names: &[&str]) -> Option<&'c str> {
        self.arguments.iter().enumerate().find_map(|(index, word)| {
            names.iter().find_map(|name| {
                if word == name {
                    return self.arguments.get(index + 1).copied();
                }
                let rest = word.strip_prefix(name)?;
                match name.starts_with("--") {
                    true => rest.strip_prefix('='),
                    false => Some(rest.trim_start_matches('=')),
                }
            })
        })
    }

    /// It with a variable of its own, behind what stands before the program: `exec env NAME=VALUE program`.
    pub(in crate::check) fn with_variable(&self, assignment: &str) -> String {
        let at = (self.path.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize);
        match self.text.split_at_checked(at) {
            Some((before, rest)) => format!("{before}env {assignment} {rest}"),
            None => format!("env {assignment} {}", self.text),
        }
    }

    /// It with a folder in which Python looks for modules as well: by an option where the program has one.
    pub(in crate::check) fn looking_in(&self, folder: &str) -> String {
        match self.folder_option() {
            Some(option) => format!("{} {option} {folder}", self.text),
            None => self.with_variable(&format!("PYTHONPATH={folder}")),
        }
    }

    /// The option by which the program looks for modules in a folder as well.
    pub(in crate::check) fn folder_option(&self) -> Option<&'static str> {
        match self.program {
            "uvicorn" => Some("--app-dir"),
            "gunicorn" => Some("--pythonpath"),
            _ => None,
        }
    }

    pub(in crate::check) fn has(&self, word: &str) -> bool {
        self.arguments.contains(&word)
    }

    /// The first argument that is neither an option nor, as far as can be told, an option's value.
    pub(in crate::check) fn positional(&self) -> Option<&'c str> {
        let mut before = "";
        for word in &self.arguments {
            let is_value = before.starts_with('-') && !before.contains('=');
            if !word.starts_with('-') && !is_value {
                return Some(word);
            }
            before = word;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_goes_right_before_the_program() {
        let with = |command| invocations(command)[0].with_variable("A=1");
        assert_eq!(with("celery -A shop worker"), "env A=1 celery -A shop worker");
        assert_eq!(with("B=2 exec celery -A shop worker"), "B=2 exec env A=1 celery -A shop worker");
        assert_eq!(with("poetry run python -m shop"), "poetry run env A=1 python -m shop");
    }

    #[test]
    fn what_a_condition_decides_is_known() {
        let decided = |command| {
            let found = invocations(command);
            found.iter().filter(|found| found.is_conditional).map(|found| found.program).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(decided("if [ -f a ]; then celery b; elif c; then d; else e; fi; gunicorn web:app"), "celery c d e");
        assert_eq!(decided("if a; then if b; then c; fi; d; fi && e"), "b c d");
        assert_eq!(decided("[ -f seed.py ] && a || b; c"), "a b");
        assert_eq!(decided("command -v a && a upgrade; test -n \"$B\" && b && c; d && e"), "a b c");
        assert_eq!(decided("command gunicorn web:app && b || c"), "");
        assert_eq!(decided("while ! a; do sleep 1; done; b; fi; then"), "");
    }

    #[test]
    fn a_value_between_quotes_is_no_program() {
        let programs = |command| invocations(command).iter().map(|found| found.program).collect::<Vec<_>>().join(" ");
        assert_eq!(programs("A=\"-b 0.0.0.0:80 -w 2\" B='c d' exec gunicorn web:app"), "gunicorn");
        assert_eq!(programs("A=\"b\" uvicorn web:app"), "uvicorn");
        assert_eq!(programs("A=\"b c"), "");
    }

    #[test]
    fn a_lone_ampersand_ends_a_command_and_puts_it_into_the_background() {
        let programs = |command| invocations(command).iter().map(|found| found.text).collect::<Vec<_>>().join(" / ");
        assert_eq!(programs("python bot.py & gunicorn web:app"), "python bot.py / gunicorn web:app");
        assert_eq!(programs("a && b || c; d | e &"), "a / b / c / d / e");
        assert_eq!(jobs("python bot.py & gunicorn web:app"), ["python bot.py"]);
        assert_eq!(jobs("nohup python bot.py >log 2>&1 & exec gunicorn web:app"), ["nohup python bot.py >log 2>&1"]);
        for none in ["a && b", "gunicorn web:app 2>&1", "a &> log", "curl 'http://x/?a=1&b=2'", ""] {
            assert!(jobs(none).is_empty(), "{none}");
        }
    }
}
