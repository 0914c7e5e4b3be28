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

/// Pythons of other makers, which mise knows by their names.
const OTHERS: [&str; 12] = [
    "pypy",
    "conda",
    "forge",
    "graalpy",
    "jython",
    "ironpython",
    "micropython",
    "pyston",
    "stackless",
    "cinder",
    "nogil",
    "activepython",
];
/// What mise takes for a version without a number.
const WORDS: [&str; 4] = ["latest", "lts", "system", "stable"];

impl Unverified {
    /// What Railpack says of a Python that no release can be (`core/mise/mise.go` at b5e80580): one without a number.
    pub fn refusal(&self) -> Option<String> {
        let asked = self.version.as_str();
        let is_word = !asked.is_empty() && asked.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, '-' | '_'));
        let is_known = WORDS.contains(&asked) || OTHERS.iter().any(|name| asked.contains(name));
        let is_none = self.tool == "python" && !self.known && is_word && !is_known;
        is_none.then(|| format!("failed to resolve version {} of {}", self.asked, self.tool))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_no_release_of_python() {
        let refusal = |tool: &str, version: &str, known| {
            Unverified { tool: tool.into(), asked: version.into(), version: version.into(), known }.refusal()
        };
        assert_eq!(refusal("python", "tide", false).as_deref(), Some("failed to resolve version tide of python"));
        for (tool, version, known) in
            [("python", "3.99", false), ("python", "pypy", false), ("python", "latest", true), ("rust", "tide", false)]
        {
            assert_eq!(refusal(tool, version, known), None, "{tool} {version}");
        }
    }
}
