//! The formats a report can be had in.

use anyhow::Result;

use super::{Paint, Report, github, html, human, in_json, json, junit, markdown, sarif, shown};

/// An output format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people, at a terminal or in a log
    #[default]
    Human,
    /// One object; its schema is documented and versioned
    Json,
    /// A test suite with a case per phase or finding, for CI dashboards
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// GitHub's workflow commands, shown on the lines they concern
    Github,
    /// For a pull request's comment or a step summary
    Markdown,
    /// A page that needs nothing but a browser: plan, times, causes with the diff of each fix, output with the error marked
    Html,
}

impl Format {
    /// The whole report, ending in a line end; nothing in it commands a terminal.
    pub fn render(self, report: &Report, paint: Paint) -> Result<String> {
        let (text, is_json) = match self {
            Self::Human => (human::render(report, paint), false),
            Self::Json => (json::render(report)?, true),
            Self::Junit => (junit::render(report)?, false),
            Self::Sarif => (sarif::render(report)?, true),
            Self::Github => (github::render(report), false),
            Self::Markdown => (markdown::render(report), false),
            Self::Html => (html::render(report)?, false),
        };
        Ok(if is_json { in_json(&text) } else { shown(&text) }.into_owned())
    }
}
