//! Where an exception ends that a log shows.

use super::code::Code;

/// Whether what a line of a file of Python raises goes no further than a `try` around it.
pub(crate) fn is_caught(text: &str, line: usize, kind: &str) -> bool {
    Code::read(text).ends_inside(line, kind)
}
