//! Reads Python tracebacks out of a log: chained, grouped, indented by pip, cut, or with their lines out of order.

use super::line::Line;
use super::pattern::Pattern;
use crate::catalog::servers::SERVERS;
use std::collections::HashMap;
use std::hash::Hash;

/// An exception as a traceback's last line names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Raised {
    /// With its module, as printed: `django.core.exceptions.ImproperlyConfigured`.
    pub(crate) kind: String,
    /// What follows the colon, with the lines that go on with it.
    pub(crate) message: String,
    /// Outermost first; empty where the log shows none.
    pub(crate) frames: Vec<Frame>,
    /// Index of its line among the log's kept lines.
    pub(crate) at: usize,
    /// Whether a header or frames stand before it, rather than a logger's own words.
    pub(crate) traced: bool,
    /// Whether it was raised while the one before it in the list was handled.
    pub(crate) handling_previous: bool,
}

/// One step of a traceback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) file: String,
    pub(crate) line: usize,
    /// Empty in the form that syntax errors have.
    pub(crate) function: String,
    pub(crate) code: String,
}

/// Console scripts that packages bring, beside servers.
const TOOLS: &[&str] = &["pip", "poetry", "pdm", "pipenv", "alembic"];

/// Where the code of a frame lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    Project,
    Package,
    Standard,
}

impl Frame {
    pub(crate) fn home(&self) -> Home {
        let file = self.file.replace('\\', "/");
        let has = |part: &str| file.contains(part);
        if file.starts_with('<') || has("importlib/") {
            Home::Standard
        } else if has("site-packages/")
            || has("dist-packages/")
            || has("/pip-install-")
            || has("/pip-build-env-")
            || has("/pip-req-build-")
            || has("/pip-build-")
            || has("/pip-standalone-pip-")
            || has("/pip-ephem-wheel-cache")
            || has(".pyx")
            || has("/opt/venv/bin/")
            || has("/venv/bin/")
            || has("/venv/Scripts/")
            || has("/.poetry/")
            || TOOLS.iter().copied().chain(SERVERS.iter().map(|server| server.program)).any(|program| {
                file.ends_with(&format!("bin/{program}"))
                    || file.ends_with(&format!("Scripts/{program}.exe/__main__.py"))
            })
        {
            Home::Package
        } else if STANDARD.is_match(&file) {
            Home::Standard
        } else {
            Home::Project
        }
    }

    /// The folder below `site-packages`, which is mostly a distribution's name.
    pub(crate) fn package(&self) -> Option<&str> {
        let (_, rest) = self.file.rsplit_once("-packages/")?;
        rest.split('/').next()
    }

    /// `app/main.py:12: import tides`, without code where the traceback has none.
    pub(crate) fn quoted(&self) -> String {
        const LONGEST: usize = 100;
        match self.code.trim() {
            "" => self.place(),
            code => format!("{}: {}", self.place(), code.chars().take(LONGEST).collect::<String>()),
        }
    }

    /// `app/main.py:12`, as the traceback has the path.
    pub(crate) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

impl Raised {
    /// The type without its module.
    pub(crate) fn short(&self) -> &str {
        self.kind.rsplit('.').next().unwrap_or(&self.kind)
    }

    /// The innermost frame of the project's own code.
    pub(crate) fn own_frame(&self) -> Option<&Frame> {
        self.frames.iter().rev().find(|frame| frame.home() == Home::Project)
    }

    /// The innermost frame that is not the import machinery.
    pub(crate) fn importer(&self) -> Option<&Frame> {
        self.frames.iter().rev().find(|frame| frame.home() != Home::Standard)
    }

    /// Whether it ended code that was installed before, rather than an installer or a build.
    pub(crate) fn is_running(&self) -> bool {
        const INSTALLED: &[&str] = &["/gunicorn/", "/uvicorn/", "/django/", "/celery/", "/flask/"];
        self.traced && INSTALLED.iter().any(|package| self.passes(&format!("-packages{package}")))
    }

    /// Whether any frame's file has this part in its path.
    pub(crate) fn passes(&self, part: &str) -> bool {
        self.frames.iter().any(|frame| frame.file.replace('\\', "/").contains(part))
    }
}

static STANDARD: Pattern = Pattern::new(
    r"(?i)/lib(?:64)?/(?:python|pypy)[\d.]+/|/Python\d*/Lib/|/Python[\d.]+/Lib/|/Lib/(?:asyncio|importlib|runpy|multiprocessing|threading|json|concurrent|logging)|/cpython-[\w.+-]+/lib/",
);
static FRAME: Pattern = Pattern::ascii(r#"^File "((?u:[^"]){1,600})", line (\d{1,9})(?:, in ((?u:.){1,200}))?"#);
/// A frame and a line of code as rich draws them in its box.
static RICH_FRAME: Pattern =
    Pattern::ascii(r"^((?u:[^\s│]){1,600}\.py):(\d{1,9})(?: in ((?u:[^│\s]){1,200}))?\s*(?u:│)?$");
static RICH_CODE: Pattern = Pattern::ascii(r"^(?u:❱)\s*\d+\s(?u:│)?((?u:[^│])*)");
static RAISED: Pattern = Pattern::ascii(r"^((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?::(?: ((?u:.)*))?)?$");
static INSIDE: Pattern =
    Pattern::ascii(r"(?:^|[\s:\[('])((?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Configured)): ((?u:.)+)$");

/// How CPython 3.12 to 3.14 refuses new threads once the main thread has ended.
pub(crate) const SHUT_DOWN: &[&str] =
    &["can't create new thread at interpreter shutdown", "cannot schedule new futures after interpreter shutdown"];

/// How far apart the lines of one traceback may be.
const REACH: usize = 60;
/// Frames kept of one traceback: both ends of a recursion are more than enough.
const FRAMES: usize = 400;
const MESSAGE_LINES: usize = 12;
/// Exceptions kept of a log.
const EXCEPTIONS: usize = 600;

#[derive(Default)]
struct Open {
    frames: Vec<Frame>,
    headed: bool,
    last: usize,
    /// How deep the last frame is indented: what is raised stands less deep.
    depth: usize,
    handling: bool,
    /// Whether the next line may be the code of the last frame.
    expects_code: bool,
    /// Index into the result of the exception whose message may go on.
    message: Option<usize>,
}

/// All exceptions of a log, in the order of their last lines.
pub(crate) fn read(lines: &[Line]) -> Vec<Raised> {
    let mut raised = Vec::new();
    let mut open: HashMap<Option<&str>, Open> = HashMap::new();
    for (at, line) in lines.iter().enumerate() {
        let state = open.entry(line.service.as_deref()).or_default();
        step(state, at, &line.text, &mut raised);
    }
    ends(&mut raised, EXCEPTIONS, |_| ());
    raised
}

/// Keeps the first and the last of each kind, so many in all, where there are more: what rules compare with each other must
/// not be as many as the lines of a log.
pub(crate) fn ends<T, K: Eq + Hash>(all: &mut Vec<T>, most: usize, kind: impl Fn(&T) -> K) {
    let mut left: HashMap<K, usize> = HashMap::new();
    for one in all.iter() {
        *left.entry(kind(one)).or_default() += 1;
    }
    let mut seen: HashMap<K, usize> = HashMap::new();
    all.retain(|one| {
        let left = left.get_mut(&kind(one)).map_or(0, |left| std::mem::replace(left, *left - 1));
        let seen = seen.entry(kind(one)).or_default();
        *seen += 1;
        *seen <= most / 2 || left <= most / 2
    });
}

fn step(state: &mut Open, at: usize, text: &str, raised: &mut Vec<Raised>) {
    let (text, indent) = bared(text);
    if at.saturating_sub(state.last) > REACH {
        state.frames.clear();
        state.headed = false;
        state.handling = false;
    }
    if text.contains("Traceback (most recent call last)") || text.contains("Exception Group Traceback") {
        state.headed = true;
        state.last = at;
        state.expects_code = false;
        state.message = None;
        return;
    }
    if text.contains("During handling of the above exception") || text.contains("was the direct cause of the following")
    {
        state.handling = true;
        state.message = None;
        state.last = at;
        return;
    }
    let boxed = |text| if state.headed { RICH_FRAME.captures(text) } else { None };
    // Most logs have no traceback at all, and then no pattern needs to be compiled.
    let plain = if text.starts_with("File \"") { FRAME.captures(text) } else { None };
    if let Some(frame) = plain.or_else(|| boxed(text)) {
        if state.frames.len() >= FRAMES {
            state.frames.remove(FRAMES / 2);
        }
        state.frames.push(Frame {
            file: frame[1].to_owned(),
            line: frame[2].parse().unwrap_or_default(),
            function: frame.get(3).map_or(String::new(), |name| name.as_str().to_owned()),
            code: String::new(),
        });
        state.last = at;
        state.depth = indent;
        state.expects_code = !text.ends_with('│');
        state.message = None;
        return;
    }
    if let Some(code) = state.headed.then(|| RICH_CODE.captures(text)).flatten() {
        if let Some(frame) = state.frames.last_mut() {
            frame.code = code[1].trim().to_owned();
        }
        state.last = at;
        return;
    }
    let in_trace = state.headed || !state.frames.is_empty();
    // Right below the frames any name is that of a class.
    let ends_frames =
        state.headed && !state.frames.is_empty() && (indent < state.depth || state.depth == 0) && at - state.last <= 4;
    if let Some((kind, message)) = exception_line(text, in_trace, ends_frames) {
        raised.push(Raised {
            kind,
            message,
            frames: std::mem::take(&mut state.frames),
            at,
            traced: in_trace,
            handling_previous: std::mem::take(&mut state.handling),
        });
        state.message = Some(raised.len() - 1);
        state.headed = false;
        state.expects_code = false;
        state.last = at;
        return;
    }
    if state.expects_code && !text.is_empty() {
        if let Some(frame) = state.frames.last_mut() {
            frame.code = text.to_owned();
        }
        state.expects_code = false;
        state.last = at;
    } else if let Some(index) = state.message {
        continue_message(state, &mut raised[index], at, text);
    }
}

fn continue_message(state: &mut Open, raised: &mut Raised, at: usize, text: &str) {
    if at - raised.at > MESSAGE_LINES || text.starts_with("[20") || text.starts_with("INFO") {
        state.message = None;
    } else if !text.is_empty() {
        raised.message.push('\n');
        raised.message.push_str(text);
    }
}

/// A line without pip's box, the margin of exception groups and its indentation, whose depth is told.
fn bared(text: &str) -> (&str, usize) {
    let bare = text.trim_start_matches([' ', '\t', '|', '+', '│', '╰', '─', '>']);
    (bare.strip_prefix('[').filter(|rest| rest.starts_with("Traceback")).unwrap_or(bare), text.len() - bare.len())
}

/// Words that end the name of an exception's type.
const ENDINGS: &[&str] = &[
    "Error",
    "Exception",
    "Exit",
    "Interrupt",
    "ImproperlyConfigured",
    "DisallowedHost",
    "NotFound",
    "Forbidden",
    "Conflict",
    "Timeout",
    "Unauthorized",
    "Refused",
    "Failure",
    "Denied",
    "InvalidToken",
    "DoesNotExist",
    "Invalid",
    "NoAppException",
    "ExceptionGroup",
    "NotReady",
    "AppRegistryNotReady",
    "TimedOut",
    "CancelledError",
    "HaltServer",
    "UndefinedTable",
    "NoSuchModuleError",
    "LoginFailure",
    "PrivilegedIntentsRequired",
    "DefaultCredentialsError",
    "UndefinedValueError",
];

/// Types that are older than the rule that a class begins with a capital: `socket.gaierror`, `struct.error`.
const OLD: &[&str] = &["gaierror", "herror", "timeout", "error"];

fn exception_line(text: &str, in_trace: bool, ends_frames: bool) -> Option<(String, String)> {
    if let Some(found) = RAISED.captures(text) {
        let kind = &found[1];
        let short = kind.rsplit('.').next().unwrap_or(kind);
        let named =
            ENDINGS.iter().any(|ending| short.ends_with(ending)) && short.starts_with(|c: char| c.is_ascii_uppercase());
        let dotted = kind.contains('.') && short.starts_with(|c: char| c.is_ascii_uppercase()) && text.contains(':');
        // A type alone on its line, with its module: of a traceback whose lines came out of order.
        let alone = kind.contains('.') && found.get(2).is_none();
        let old = kind.contains('.') && OLD.contains(&short);
        let own = ends_frames
            && short.starts_with(|c: char| c.is_ascii_uppercase())
            && short.contains(|c: char| c.is_ascii_lowercase());
        if (named && (in_trace || alone || text.contains(':'))) || (in_trace && (dotted || old || own)) {
            return Some((kind.to_owned(), found.get(2).map_or(String::new(), |rest| rest.as_str().to_owned())));
        }
    }
    if !["Error", "Exception", "Configured"].iter().any(|end| text.contains(end)) {
        return None;
    }
    let found = INSIDE.captures(text)?;
    (!text.contains("raise "))
        .then(|| (found[1].to_owned(), found[2].trim_end_matches(['"', '\'', '}', ']']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Raised, ends, read};
    use crate::log::Log;

    fn raised(text: &str) -> Vec<Raised> {
        read(Log::from(text).lines())
    }

    #[test]
    fn right_below_the_frames_any_class_is_an_exception() {
        let trace = "Traceback (most recent call last):\n  File \"/app/main.py\", line 9, in <module>\n    check()\n    ~~~~~^^\nTideTooLow: 3 m\n";
        let found = raised(trace);
        assert_eq!((found[0].kind.as_str(), found[0].message.as_str(), found[0].traced), ("TideTooLow", "3 m", true));
        assert!(raised("INFO: up\nTideTooLow: 3 m\n").is_empty());
        // Of a service of Compose, and where a console took the indentation away.
        let composed: String = trace.lines().map(|line| format!("web-1  | {line}\n")).collect();
        let bare: String = trace.lines().map(|line| format!("{}\n", line.trim())).collect();
        for other in [composed, bare] {
            assert_eq!(raised(&other).first().map(|raised| raised.kind.as_str()), Some("TideTooLow"), "{other}");
        }
        // Another process' line comes between.
        let mixed = raised(&trace.replace("TideTooLow: 3 m", "INFO:     Waiting\nTideTooLow: 3 m"));
        assert_eq!(mixed.iter().map(|raised| raised.kind.as_str()).collect::<Vec<_>>(), ["TideTooLow"]);
    }

    /// As rich 14 draws it.
    #[test]
    fn the_box_of_rich_is_a_traceback() {
        let found = raised(
            "╭──────── Traceback (most recent call last) ────────╮\n│ /app/main.py:4 in <module>                        │\n│                                                   │\n│   3 def f(x): return 1/x                          │\n│ ❱ 4 f(0)                                          │\n│                                                   │\n│ ╭─ locals ─╮                                      │\n│ │ x = 0    │                                      │\n│ ╰──────────╯                                      │\n╰───────────────────────────────────────────────────╯\nZeroDivisionError: division by zero\n",
        );
        let frame = found[0].own_frame().unwrap();
        assert_eq!((frame.file.as_str(), frame.line, frame.code.as_str()), ("/app/main.py", 4, "f(0)"));
    }

    #[test]
    fn of_many_alike_both_ends_are_kept() {
        let mut all: Vec<u32> = (0..10).chain([100, 101]).collect();
        ends(&mut all, 4, |number| *number >= 100);
        assert_eq!(all, [0, 1, 8, 9, 100, 101]);
    }
}
