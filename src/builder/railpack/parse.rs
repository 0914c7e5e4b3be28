//! The box that `railpack` prints, read back out of a build's log.

use schemars::JsonSchema;
use serde::Serialize;

/// What the box says of the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Printed {
    /// Railpack's release.
    pub version: String,
    /// Tools and their releases.
    pub packages: Vec<(String, String)>,
    /// Steps and their commands, in order; those that install packages are not printed.
    pub steps: Vec<(String, Vec<String>)>,
    /// How the app starts.
    pub start: Option<String>,
}

/// More commands than these no box holds.
const MOST: usize = 1000;

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Head,
    Packages,
    Steps,
    Deploy,
}

/// The last box among the lines; none where there is none.
pub fn parse_box<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Printed> {
    let mut found: Option<Printed> = None;
    let mut part = Part::Head;
    for line in lines {
        let text = line.trim();
        if let Some(version) = title(text) {
            found = Some(Printed { version: version.to_owned(), ..Printed::default() });
            part = Part::Head;
            continue;
        }
        let Some(printed) = &mut found else { continue };
        match text {
            "Packages" => part = Part::Packages,
            "Steps" => part = Part::Steps,
            "Deploy" => part = Part::Deploy,
            _ => printed.take(part, text),
        }
        if printed.start.is_some() {
            part = Part::Head;
        }
    }
    found
}

/// `│ Railpack 0.30.1 │`
fn title(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('│')?.strip_suffix('│')?.trim();
    let version = inner.strip_prefix("Railpack ")?;
    version.starts_with(|c: char| c.is_ascii_digit()).then_some(version)
}

impl Printed {
    fn take(&mut self, part: Part, text: &str) {
        let command = || text.strip_prefix("$ ").map(str::to_owned);
        match part {
            Part::Head => {}
            Part::Packages => {
                let mut cells = text.split('│').map(str::trim);
                if let (Some(name), Some(version), Some(_)) = (cells.next(), cells.next(), cells.next())
                    && !name.is_empty()
                    && self.packages.len() < MOST
                {
                    self.packages.push((name.to_owned(), version.to_owned()));
                }
            }
            Part::Steps => {
                if let Some(name) = text.strip_prefix("▸ ") {
                    if self.steps.len() < MOST {
                        self.steps.push((name.to_owned(), Vec::new()));
                    }
                } else if let (Some(command), Some((_, commands))) = (command(), self.steps.last_mut())
                    && commands.len() < MOST
                {
                    commands.push(command);
                }
            }
            Part::Deploy => self.start = self.start.take().or_else(command),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Options, plan, railpack_box};
    use super::*;
    use crate::builder::DeployOptions;
    use crate::project::Project;

    #[test]
    fn what_is_printed_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [("bot.py", ""), ("requirements.txt", ""), (".python-version", "3.12.11\n")] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let given = DeployOptions { build_cmd: Some("make docs".to_owned()), ..DeployOptions::default() };
        let planned = plan(&Project::open(folder.path()).unwrap(), &given, &Options::default());
        let log = format!("unpacking archive\n{}\nload build definition\n$ true\n", railpack_box(&planned, "0.37.0"));
        let read = parse_box(log.lines()).unwrap();
        assert_eq!((read.version.as_str(), read.start.as_deref()), ("0.37.0", Some("python bot.py")));
        assert_eq!(read.packages, [("python".to_owned(), "3.12.11".to_owned())]);
        let install = ["python -m venv /app/.venv", "pip install -r requirements.txt"].map(str::to_owned).to_vec();
        assert_eq!(read.steps, [("install".to_owned(), install), ("build".to_owned(), vec!["make docs".to_owned()])]);
    }

    #[test]
    fn a_log_without_a_box_says_nothing() {
        assert_eq!(parse_box("│ Railpack │\nPackages\n".lines()), None);
    }
}
