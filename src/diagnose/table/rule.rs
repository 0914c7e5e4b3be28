//! What a rule is made of, and a finding of it.

use std::fmt;

use crate::builder::BuilderKind;
use crate::check::Check;
use crate::diagnose::fixes::context::FixContext;
use crate::diagnose::view::LogView;
use crate::finding::Fix;

/// A kind of failure that has a name. Everything that is known of it stands in its row.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Kebab-case and stable: what `explain` takes and what reports carry.
    pub id: &'static str,
    /// Phases in which it happens; `any` for all.
    pub phases: &'static [&'static str],
    /// What it means, in two sentences at most.
    pub about: &'static str,
    /// What to do; `{thing}` stands for the diagnosis' subject.
    pub help: &'static str,
    /// A line as the failing program prints it.
    pub example: &'static str,
    /// Where to read more.
    pub link: Option<&'static str>,
    /// Whether it goes away by itself, being no fault of the project.
    pub transient: bool,
    /// The message: `{a package}` becomes the subject, or stays in words where none is known.
    pub(crate) message: &'static str,
    /// Lines that show it.
    pub(crate) signatures: &'static [Signature],
    /// Words that make a line harmless, whatever signature it shows.
    pub(crate) unless: &'static [&'static str],
    /// Rules whose cause explains this one, so that it is left out.
    pub(crate) yields_to: YieldsTo,
    /// Words in a later line that show that the trouble was over.
    pub(crate) recovers_with: &'static [&'static str],
    /// Words in the line or a later one that show that it was not over, although the log goes on.
    pub(crate) persists_with: &'static [&'static str],
    /// Whether it still counts where the log of a Compose app goes on after it.
    pub(crate) persists_in_compose: bool,
    /// Words of the project's files that show it, where those are not the subject's own.
    pub(crate) shown_by: &'static [&'static str],
    /// Whether the subject is something that a system package brings.
    pub(crate) is_of_a_package: bool,
    /// What `check` may know of the project of which this is the consequence, the most telling first.
    pub(crate) explained_by: &'static [Explanation],
    /// Completes a finding from other lines of the log; `false` where these show that it is none.
    pub(crate) refine: Option<Refine>,
    /// The edits that should cure it, best first.
    pub(crate) fix: Option<FixBuilder>,
    /// What is otherwise where Railpack builds.
    pub(crate) on_railpack: OnRailpack,
}

/// What a rule says where Railpack builds, and not Nixpacks.
#[derive(Clone, Copy)]
pub(crate) struct OnRailpack {
    /// In place of the rule's own help; empty where that holds there, too.
    pub(crate) help: &'static str,
    /// In place of the rule's own edits, where those are of files that Railpack does not read.
    pub(crate) fix: Option<FixBuilder>,
}

impl OnRailpack {
    pub(crate) const SAME: Self = Self { help: "", fix: None };

    pub(crate) const fn help(help: &'static str) -> Self {
        Self { help, fix: None }
    }

    pub(crate) const fn and_fix(self, fix: FixBuilder) -> Self {
        Self { fix: Some(fix), ..self }
    }
}

/// Completes one finding and sees no other, so that the order in which findings are completed does not matter.
pub(crate) type Refine = fn(&LogView<'_>, &mut Finding) -> bool;

/// Edits for a project and a subject.
pub(crate) type FixBuilder = fn(&FixContext<'_>) -> Vec<Fix>;

/// Whose presence makes a rule's finding a mere consequence.
#[derive(Clone, Copy)]
pub(crate) enum YieldsTo {
    /// Findings of these rules that are as certain.
    Rules(&'static [&'static Rule]),
    /// Any other rule's finding at another line, unless it is a last resort.
    Anything,
    /// A more certain finding at the same line.
    BetterAtItsLine,
}

impl YieldsTo {
    /// Whether a finding of that rule by name explains this one.
    pub(crate) fn is_to(self, rule: &Rule) -> bool {
        matches!(self, Self::Rules(rules) if rules.contains(&rule))
    }
}

/// A check whose finding is the cause of what a rule names.
#[derive(Clone, Copy)]
pub(crate) struct Explanation {
    pub(crate) by: &'static Check,
    /// Whether it comes before what has a fix of its own, as that fix adds only the first of the missing things.
    pub(crate) over_fixes: bool,
    /// Whether it explains only what has the same subject.
    pub(crate) of_subject: bool,
}

pub(crate) const fn by(check: &'static Check) -> Explanation {
    Explanation { by: check, over_fixes: false, of_subject: false }
}

pub(crate) const fn over_fixes_by(check: &'static Check) -> Explanation {
    Explanation { over_fixes: true, ..by(check) }
}

pub(crate) const fn over_fixes_of_its_subject(check: &'static Check) -> Explanation {
    Explanation { of_subject: true, ..over_fixes_by(check) }
}

/// A line that shows a cause; the group `s` of its pattern, where there is one, is the subject.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Signature {
    pub(crate) pattern: &'static str,
    pub(crate) rank: u8,
}

/// The cause beyond doubt, whatever else the log says.
pub(crate) const DECISIVE: u8 = 90;
/// The failing program's own words.
pub(crate) const SAID: u8 = 70;
/// Perhaps only a consequence.
pub(crate) const HINT: u8 = 50;
/// True, but nearly everything else explains more.
pub(crate) const LAST_RESORT: u8 = 30;

pub(crate) const fn decisive(pattern: &'static str) -> Signature {
    Signature { pattern, rank: DECISIVE }
}

pub(crate) const fn said(pattern: &'static str) -> Signature {
    Signature { pattern, rank: SAID }
}

pub(crate) const fn hint(pattern: &'static str) -> Signature {
    Signature { pattern, rank: HINT }
}

pub(crate) const fn last_resort(pattern: &'static str) -> Signature {
    Signature { pattern, rank: LAST_RESORT }
}

impl Rule {
    /// What a table entry leaves out.
    pub(crate) const BLANK: Self = Self {
        id: "",
        phases: &["any"],
        about: "",
        help: "",
        example: "",
        link: None,
        transient: false,
        message: "",
        signatures: &[],
        unless: &[],
        yields_to: YieldsTo::Rules(&[]),
        recovers_with: &[],
        persists_with: &[],
        persists_in_compose: false,
        shown_by: &[],
        is_of_a_package: false,
        explained_by: &[],
        refine: None,
        fix: None,
        on_railpack: OnRailpack::SAME,
    };

    /// The message with the subject in it.
    pub(crate) fn message_for(&self, subject: Option<&str>) -> String {
        fill(self.message, subject)
    }

    /// What to do, with the subject in it.
    pub(crate) fn help_for(&self, subject: Option<&str>, builder: BuilderKind) -> String {
        let help = match builder {
            BuilderKind::Railpack if !self.on_railpack.help.is_empty() => self.on_railpack.help,
            BuilderKind::Railpack | BuilderKind::Nixpacks => self.help,
        };
        fill(help, subject)
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Rule {}

/// By name: rules name each other, in circles.
impl fmt::Debug for Rule {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.id)
    }
}

/// A rule and the line that shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) rule: &'static Rule,
    pub(crate) subject: Option<String>,
    /// In place of the rule's own message.
    pub(crate) message: Option<String>,
    /// In place of the rule's own help.
    pub(crate) help: Option<String>,
    /// Index of the most telling line.
    pub(crate) at: usize,
    /// Further telling lines.
    pub(crate) also: Vec<usize>,
    pub(crate) rank: u8,
    /// Whether the rule's edits would not mend this one.
    pub(crate) is_unfixable: bool,
}

impl Finding {
    pub(crate) fn new(rule: &'static Rule, at: usize, rank: u8) -> Self {
        Self { rule, subject: None, message: None, help: None, at, also: Vec::new(), rank, is_unfixable: false }
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
