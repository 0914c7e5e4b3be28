//! What may be done at a key of a file.

use serde_json::Value;

/// What to do at a key.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change<'a> {
    Remove,
    Set(&'a Value),
    RemoveItem(&'a str),
    AddItem { item: &'a str, first: bool },
}

/// An item or key that stands there more often is not what a rule had in mind.
pub(super) const MOST_TIMES: usize = 64;
