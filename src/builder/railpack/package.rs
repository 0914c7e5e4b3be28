//! The tools that a plan installs.

/// A tool that mise installs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// mise's name for it.
    pub name: String,
    /// The release that is installed.
    pub version: String,
    /// What was asked for.
    pub asked: String,
    /// What asked, in Railpack's own words.
    pub asker: String,
}

/// A release that the real planner would ask the network for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unverified {
    /// mise's name for the tool.
    pub tool: String,
    /// What was asked for.
    pub asked: String,
    /// What is taken for it.
    pub version: String,
    /// Whether the table has it.
    pub known: bool,
}
