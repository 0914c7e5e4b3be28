//! Which Python, by Nixpacks' own order of sources: an if/else chain, so that a file which is there but says nothing
//! still hides those after it, and a set variable hides `.python-version` alone.

use std::sync::LazyLock;

use regex::Regex;

use crate::catalog::python::{ARCHIVE, by_name};
use crate::project::{Project, Source, line_at};

use super::view::{View, read_if_present};
use crate::builder::nixpacks::draft::Traced;
use crate::builder::nixpacks::error::PlanError;
use crate::builder::regex;
use crate::plan::Warning;

/// What `python3` is in [`ARCHIVE`].
const DEFAULT: &str = "3.12";

static VERSION: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"^(?:[\sa-zA-Z-"']*)(\d*)(?:\.*)(\d*)(?:\.*\d*)(?:["']?)$"#));
static PIPFILE: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"(?:python_version|python_full_version) = ['|"]([0-9|.]*)"#));

const TOOL_VERSIONS: &str = ".tool-versions";

pub(super) struct Python {
    pub(super) package: &'static str,
    pub(super) archive: &'static str,
    pub(super) source: Source,
}

impl View<'_> {
    pub(super) fn version(&mut self) -> Result<Python, PlanError> {
        let asked = self.asked()?;
        let source = asked.as_ref().map_or(Source::Default("the default version"), |asked| asked.source.clone());
        let known = asked.as_ref().and_then(|asked| {
            let found = VERSION.captures(asked.text.trim())?;
            by_name(&format!("{}.{}", &found[1], &found[2]))
        });
        if let (Some(asked), None) = (&asked, known) {
            self.warnings.push(Warning {
                message: format!(
                    "nixpacks does not know Python {:?} and takes its default, {DEFAULT}",
                    asked.text.trim()
                ),
                source: asked.source.clone(),
            });
        }
        let (version, package, archive) = match known {
            Some(python) => (python.name, python.attribute, python.archive),
            None => (DEFAULT, "python3", ARCHIVE),
        };
        self.choose("python", version, source.clone());
        Ok(Python { package, archive, source })
    }

    fn asked(&mut self) -> Result<Option<Traced>, PlanError> {
        let variable = self.vars.config("PYTHON_VERSION");
        if variable.is_none()
            && let Some(text) = read_if_present(self.project, ".python-version")?
        {
            return Ok(Some(whole(self.project, ".python-version", text)));
        }
        if let Some(text) = read_if_present(self.project, "runtime.txt")? {
            return Ok(Some(whole(self.project, "runtime.txt", text)));
        }
        if let Some(text) = read_if_present(self.project, "Pipfile")? {
            return Ok(PIPFILE.captures(&text).map(|found| {
                let line = found.get(0).map(|all| line_at(&text, all.start()));
                Traced::new(&found[1], self.project.line("Pipfile", line))
            }));
        }
        if self.project.has_file(TOOL_VERSIONS) {
            let Some(asked) = of_tool(self.project, "python")? else { return Ok(None) };
            return self.shortened(asked).map(Some);
        }
        Ok(variable)
    }

    /// `.tool-versions` has patch versions; Nixpacks cuts them off without looking whether there is a minor one.
    fn shortened(&mut self, asked: Traced) -> Result<Traced, PlanError> {
        let parts: Vec<&str> = asked.text.split('.').collect();
        if !(2..=3).contains(&parts.len()) {
            self.warnings.push(Warning {
                message: format!(
                    "Could not find a python version string in the format x.y.z or x.y from .tool-versions. Found {}. Skipping",
                    asked.text
                ),
                source: asked.source.clone(),
            });
        }
        match parts[..] {
            [major, minor, ..] => Ok(Traced::new(format!("{major}.{minor}"), asked.source)),
            _ => Err(PlanError::Panics {
                message: "index out of bounds: the len is 1 but the index is 1".to_owned(),
                place: "src/providers/python.rs:483",
                because: asked.source,
            }),
        }
    }
}

/// The version of a tool in `.tool-versions`; the last line that names it counts.
pub(super) fn of_tool(project: &Project, tool: &str) -> Result<Option<Traced>, PlanError> {
    let Some(text) = read_if_present(project, TOOL_VERSIONS)? else { return Ok(None) };
    let versions = text.lines().enumerate().filter_map(|(index, line)| {
        let (name, version) = line.trim().split_once(char::is_whitespace)?;
        let counts = name == tool && !name.starts_with('#');
        counts.then(|| Traced::new(version.trim_start(), project.line(TOOL_VERSIONS, Some(index + 1))))
    });
    Ok(versions.last())
}

fn whole(project: &Project, name: &str, text: String) -> Traced {
    let line = text.lines().position(|line| !line.trim().is_empty()).map(|index| index + 1);
    Traced::new(text, project.line(name, line))
}
