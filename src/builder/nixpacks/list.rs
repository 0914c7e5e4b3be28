//! A list that knows the difference between empty and absent, as Nixpacks' plans do.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// A list of strings that may be absent. An absent list reads as an empty slice; only its JSON differs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct List(pub Option<Vec<String>>);

impl List {
    /// Whether the plan says nothing at all (as opposed to an empty list).
    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }
}

impl Deref for List {
    type Target = [String];

    fn deref(&self) -> &[String] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl From<Vec<String>> for List {
    fn from(items: Vec<String>) -> Self {
        Self(Some(items))
    }
}

impl<const N: usize> From<[&str; N]> for List {
    fn from(items: [&str; N]) -> Self {
        Self(Some(items.map(str::to_owned).to_vec()))
    }
}
