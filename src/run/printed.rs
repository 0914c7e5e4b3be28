//! What a command printed, as far as it is needed again.

/// What a command printed, for later runs to show again.
#[derive(Default)]
pub(super) struct Printed {
    lines: Vec<String>,
    bytes: usize,
}

impl Printed {
    /// A command that prints more than this, in bytes, is not kept.
    const MOST: usize = 2 << 20;

    pub(super) fn push(&mut self, line: &str) {
        self.bytes += line.len() + 1;
        match self.bytes <= Self::MOST {
            true => self.lines.push(line.to_owned()),
            false => self.lines.clear(),
        }
    }

    pub(super) fn whole(&self) -> Option<&[String]> {
        (self.bytes <= Self::MOST).then_some(&self.lines)
    }
}

/// The line of a command that prints no other.
#[derive(Default)]
pub(super) struct OnlyLine {
    first: Option<String>,
    has_more: bool,
}

impl OnlyLine {
    pub(super) fn push(&mut self, line: &str) {
        match self.first {
            Some(_) => self.has_more = true,
            None => self.first = Some(line.to_owned()),
        }
    }

    pub(super) fn get(&self) -> Option<&str> {
        self.first.as_deref().filter(|_| !self.has_more)
    }
}
