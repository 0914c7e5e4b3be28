//! The formats a report can be had in.

use anyhow::Result;

use super::{Paint, Report, github, human, json, junit, markdown, sarif};

/// An output format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people, at a terminal or in a log
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
}

impl Format {
    /// The whole report, ending in a line end.
    pub fn render(self, report: &Report, paint: Paint) -> Result<String> {
        match self {
            Self::Human => Ok(human::render(report, paint)),
            Self::Json => json::render(report),
            Self::Junit => junit::render(report),
            Self::Sarif => sarif::render(report),
            Self::Github => Ok(github::render(report)),
            Self::Markdown => Ok(markdown::render(report)),
        }
    }
}
