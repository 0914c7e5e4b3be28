//! What a rule is made of.

use super::rank::Finding;
use super::reading::Reading;

/// A kind of failure that is known, told and cured by name.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case and stable: what `explain` takes and what reports carry.
    pub id: &'static str,
    /// Phases in which it happens; `any` for all.
    pub phases: &'static [&'static str],
    /// What it means, in two sentences at most.
    pub about: &'static str,
    /// What to do; `{thing}` stands for the diagnosis' subject.
    pub cure: &'static str,
    /// A line as the failing program prints it.
    pub example: &'static str,
    /// Where to read more.
    pub link: Option<&'static str>,
    /// Whether it goes away by itself, being no fault of the project.
    pub passing: bool,
    /// The message: `{a package}` becomes the subject, or stays in words where none is known.
    pub(crate) message: &'static str,
    /// Rules whose presence makes this one a mere consequence.
    pub(crate) yields_to: &'static [&'static str],
    /// Lines that show it.
    pub(crate) signs: &'static [Sign],
}

/// A line that shows a cause; the group `s` of its pattern is the subject.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sign {
    pub(crate) pattern: &'static str,
    pub(crate) rank: u8,
}

/// More than lines: what a rule needs tracebacks or several lines for.
pub(crate) type Reader = fn(&Reading<'_>, &mut Vec<Finding>);

/// The cause beyond doubt, whatever else the log says.
pub(crate) const DECISIVE: u8 = 90;
/// The failing program's own words.
pub(crate) const SAID: u8 = 70;
/// Perhaps only a consequence.
pub(crate) const HINT: u8 = 50;
/// True, but nearly everything else explains more.
pub(crate) const LAST_RESORT: u8 = 30;

pub(crate) const fn decisive(pattern: &'static str) -> Sign {
    Sign { pattern, rank: DECISIVE }
}

pub(crate) const fn said(pattern: &'static str) -> Sign {
    Sign { pattern, rank: SAID }
}

pub(crate) const fn hint(pattern: &'static str) -> Sign {
    Sign { pattern, rank: HINT }
}

pub(crate) const fn last_resort(pattern: &'static str) -> Sign {
    Sign { pattern, rank: LAST_RESORT }
}

impl Rule {
    /// What a table entry leaves out.
    pub(crate) const BLANK: Self = Self {
        id: "",
        phases: &["any"],
        about: "",
        cure: "",
        example: "",
        link: None,
        passing: false,
        message: "",
        yields_to: &[],
        signs: &[],
    };

    /// The message with the subject in it.
    pub(crate) fn message_for(&self, subject: Option<&str>) -> String {
        fill(self.message, subject)
    }

    /// The cure with the subject in it.
    pub(crate) fn cure_for(&self, subject: Option<&str>) -> String {
        fill(self.cure, subject)
    }
}

/// Puts the subject in the place of every `{words}`, or leaves the words.
fn fill(template: &str, subject: Option<&str>) -> String {
    let mut filled = String::with_capacity(template.len() + 16);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let (words, after) = after.split_once('}').unwrap_or((after, ""));
        match subject {
            Some(subject) => {
                // Nothing to stand in for: the subject is added to a sentence that is whole without it.
                if words.is_empty() {
                    filled.push_str(": ");
                }
                filled.push('`');
                filled.push_str(subject);
                filled.push('`');
            }
            None => filled.push_str(words),
        }
        rest = after;
    }
    filled.push_str(rest);
    filled
}
