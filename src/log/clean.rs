//! Takes a line's decorations off: colours, stamps, prefixes, JSON.

use std::sync::{Arc, LazyLock};

use regex::Regex;

use super::json;
use super::pattern::{Pattern, compiled};
use super::unglue::unglue;
use super::{Form, Line};

/// What a prefix says about the log.
#[derive(Debug, Clone, Copy)]
enum Prefix {
    Form(Form),
    /// The first group is the name of the service.
    Service(Form),
    /// Somebody's quoting, which says nothing of the log.
    Quote,
}

/// Prefixes, each anchored at the start of what the ones before have left.
const PREFIXES: &[(Prefix, &str)] = &[
    // Quoted in a mail or an issue
    (Prefix::Quote, r"^>(?: |$)"),
    // `#12 3.456 text`, `#12 ERROR: …`, `#12 [stage-0 6/10] …`
    (Prefix::Form(Form::BuildKit), r"^#\d{1,4} (?:\d{1,6}\.\d{1,3} ?)?"),
    // the same lines once more, after `------`
    (Prefix::Form(Form::BuildKit), r"^\d{1,5}\.\d{2,3}(?: |$)"),
    // `2026-01-01T00:00:00.123Z [err]  text`; the level is the stream's, not the line's
    (
        Prefix::Form(Form::Railway),
        r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)\s+\[(?:inf|err|wrn|dbg)\] ? ?",
    ),
    // Heroku: stamp and `app[web.1]: `; Fly: stamp and `app[148e] iad [info]`
    (
        Prefix::Form(Form::Stamped),
        r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)\s+(?:app|heroku|runner|proxy|health)\[[\w./-]+\](?:: | \w{3} \[\w+\] ?)",
    ),
    (Prefix::Form(Form::Stamped), r"^(?:app|runner|proxy|health|heroku)\[[\w./-]+\](?:: | \w{3} \[\w+\] ?)"),
    // Kubernetes: stamp, stream and `F` or `P`
    (
        Prefix::Form(Form::Stamped),
        r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)\s+std(?:out|err) [FP] ",
    ),
    (Prefix::Form(Form::Stamped), r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)(?:\s|$)"),
    (Prefix::Form(Form::Stamped), r"^\[\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)\](?:\s|$)"),
    // Coolify: `2026-Jan-02 03:04:05.678901`, in brackets before 4.0.0-beta.360
    (
        Prefix::Form(Form::Stamped),
        r"^\[?\d{4}-(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)-\d\d \d\d:\d\d:\d\d(?:\.\d+)?\]?(?:\s|$)",
    ),
    // Exports of log viewers: `2026/01/02 03:04:05 | stderr | text`, and the same as CSV
    (
        Prefix::Form(Form::Stamped),
        r#"^\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?: \| |,)(?:stdout|stderr)(?: \|(?: |$)|,"?)"#,
    ),
    (Prefix::Form(Form::Stamped), r"^\[\d\d:\d\d:\d\d(?:\.\d+)?\](?: |$)"),
    (Prefix::Form(Form::Stamped), r"^\d\d:\d\d:\d\d(?:\.\d+)? (?:AM |PM )?"),
    // `Jan 02 15:04:05 PM  text` and syslog's `Jan  2 15:04:05 host unit[12]: text`
    (
        Prefix::Form(Form::Stamped),
        r"^(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2},? (?:\d{4},? )?\d\d?:\d\d:\d\d(?:\.\d+)?(?: ?[AP]M)?(?: [\w.-]+ (?:[\w@./-]+\[\d+\]:|(?:app|heroku)/[\w.-]+:?))? ? ?",
    ),
    // Kubernetes again: pod and container
    (Prefix::Form(Form::Stamped), r"^[a-z][a-z0-9-]+-[a-f0-9]{8,10}-[a-z0-9]{5} [a-z][a-z0-9-]* "),
    (Prefix::Form(Form::Stamped), r"^(?:stdout|stderr)(?: \||:| F) "),
    (Prefix::Form(Form::Railway), r"^\[(?:inf|err|wrn|dbg)\] ? ?"),
    (Prefix::Form(Form::Stamped), r"^remote: ?"),
    (Prefix::Form(Form::Stamped), r#"^Step #\d+(?: - "(?u:[^"])*")?: "#),
    (Prefix::Form(Form::Stamped), r"^##\[(?:error|warning|debug)\]"),
    (Prefix::Form(Form::Stamped), r"^[\w .()/-]+\t[\w .()/-]+\t(?u:\u{feff})?\d{4}-\d\d-\d\dT[\d:.]+Z "),
    // `web-1  | text`, pm2's `0|web  | text`
    (Prefix::Service(Form::Compose), r"^(?:\d+\|)?([A-Za-z][\w.-]{0,60}) *\|(?: |$)"),
];

/// What is copied from Coolify's page has each stamp on a line of its own, above what was printed then.
static STAMP_ABOVE: Pattern = Pattern::ascii(r"^(?:> )*\d{4}-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d\.\d+$");

static PREFIX: LazyLock<Vec<(Prefix, Regex)>> = LazyLock::new(|| {
    PREFIXES.iter().filter_map(|(prefix, pattern)| Some((*prefix, compiled(pattern, false)?))).collect()
});

/// The first prefix of the table that the line has, and where it ends.
fn prefix(text: &str) -> Option<(Prefix, &Regex, usize)> {
    PREFIX.iter().find_map(|(prefix, regex)| Some((*prefix, regex, regex.find(text)?.end())))
}

/// Whether a look at all prefixes is worth while; most lines of a log begin with a blank or a word.
fn may_be_prefixed(text: &str) -> bool {
    const WORDS: &[&str] = &[
        "std", "remote:", "Step #", "app[", "runner[", "proxy[", "health[", "heroku[", "Jan ", "Feb ", "Mar ", "Apr ",
        "May ", "Jun ", "Jul ", "Aug ", "Sep ", "Oct ", "Nov ", "Dec ",
    ];
    match text.bytes().next() {
        None | Some(b' ') => false,
        Some(first) if first.is_ascii_alphabetic() => {
            let of_a_pod = || text.split(' ').next().is_some_and(|word| word.len() > 15 && word.contains('-'));
            text.contains(['|', '\t']) || WORDS.iter().any(|word| text.starts_with(word)) || of_a_pod()
        }
        Some(first) => first.is_ascii_digit() || matches!(first, b'#' | b'[' | b'_' | b'>'),
    }
}

/// Colours and cursor moves, with the escape byte, its usual stand-ins, or with the escape lost.
static COLOUR: Pattern = Pattern::ascii(
    r"(?x)
        (?:\x1b|(?u:\u{9b}|\u{241b})|\^\[|\\u001b|\\x1b|\\033|\#033) (?:
            \[ [0-9;?]* [\x20-/]* [@-~] | \] (?u:[^\x07\x1b])* (?:\x07|\x1b\\)? | [()][AB0] | [=>78M] )
        | \[ (?:\d{1,3} (?:;\d{1,3})* )? m
        | \[ \d{0,2} [KJ] ",
);

/// How often prefixes may nest (`web |`, a stamp, BuildKit's numbers).
const NESTED: usize = 6;

#[derive(Debug, Default)]
pub(super) struct Cleaner {
    votes: [usize; 6],
    services: Vec<Arc<str>>,
}

impl Cleaner {
    /// Cleans one raw line and appends what it holds.
    pub(super) fn line(&mut self, number: usize, phase: Option<&Arc<str>>, raw: &[u8], out: &mut Vec<Line>) {
        if is_binary(raw) {
            return;
        }
        let text = String::from_utf8_lossy(raw);
        let text = text.trim_start_matches('\u{feff}').trim_end();
        let text = match text.contains('\0') {
            // Here the NULs are the failure: a UTF-16 file, quoted by pip.
            true if text.contains("nvalid requirement") => text.replace('\0', "\\x00"),
            true => text.replace('\0', ""),
            false => text.to_owned(),
        };
        self.decoded(number, phase, &text, NESTED, out);
    }

    /// A line, or what the JSON object holds that it is: a shipper's around a logger's.
    fn decoded(&mut self, number: usize, phase: Option<&Arc<str>>, text: &str, nested: usize, out: &mut Vec<Line>) {
        if nested > 0 && text.contains("{\"") && text.ends_with(['}', ']', ',']) {
            let (bare, service) = self.strip(text);
            if let Some(message) = json::message(&bare) {
                self.vote(Form::JsonLines);
                for part in message.lines() {
                    let from = out.len();
                    self.decoded(number, phase, part, nested - 1, out);
                    out[from..].iter_mut().for_each(|line| line.service = line.service.take().or(service.clone()));
                }
                return;
            }
        }
        self.bare(number, phase, text, out);
    }

    fn bare(&mut self, number: usize, phase: Option<&Arc<str>>, text: &str, out: &mut Vec<Line>) {
        for record in unglue(text) {
            let (text, service) = self.strip(&record);
            if text.is_empty() && STAMP_ABOVE.is_match(&record) {
                continue;
            }
            out.push(Line { number, phase: phase.cloned(), service, text });
        }
    }

    fn strip(&mut self, text: &str) -> (String, Option<Arc<str>>) {
        let mut text = without_colour(text);
        let mut service = None;
        for _ in 0..NESTED {
            if !may_be_prefixed(&text) {
                break;
            }
            let Some((prefix, regex, end)) = prefix(&text).filter(|(.., end)| *end > 0) else { break };
            match prefix {
                Prefix::Quote => {}
                Prefix::Form(form) => self.vote(form),
                Prefix::Service(form) => {
                    self.vote(form);
                    service = regex.captures(&text).and_then(|found| Some(self.service(found.get(1)?.as_str())));
                }
            }
            text.drain(..end);
        }
        text.truncate(text.trim_end().len());
        (text, service)
    }

    fn service(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.services.iter().find(|service| service.as_ref() == name) {
            return known.clone();
        }
        let service: Arc<str> = name.into();
        if self.services.len() < 256 {
            self.services.push(service.clone());
        }
        service
    }

    fn vote(&mut self, form: Form) {
        self.votes[form as usize] += 1;
    }

    pub(super) fn form(&self) -> Form {
        const ALL: [Form; 6] =
            [Form::Plain, Form::BuildKit, Form::Railway, Form::Compose, Form::JsonLines, Form::Stamped];
        ALL.into_iter()
            .max_by_key(|form| self.votes[*form as usize])
            .filter(|form| self.votes[*form as usize] > 0)
            .unwrap_or_default()
    }

    pub(super) fn finish(self, lines: Vec<Line>) -> (Vec<Line>, Form) {
        let form = self.form();
        (lines, form)
    }
}

/// Whether a line is no text in any encoding: no rule can read it, and it would cost the most.
fn is_binary(raw: &[u8]) -> bool {
    let control = raw.iter().filter(|byte| matches!(byte, 1..=8 | 11 | 12 | 14..=26 | 28..=31 | 127)).count();
    raw.len() > 64 && control * 20 > raw.len()
}

fn without_colour(text: &str) -> String {
    match COLOUR.regex() {
        Some(colour) if text.contains(['\x1b', '[', '\u{9b}', '\u{241b}', '\\', '#']) => {
            colour.replace_all(text, "").into_owned()
        }
        _ => text.to_owned(),
    }
}
