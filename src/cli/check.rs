//! `shakedown check`: everything that can be known without running.

use std::fmt::Write;

use anyhow::Result;
use clap::{ArgMatches, Args as ClapArgs};

use super::args::Planning;
use super::exit::Exit;
use super::output::{Output, print};
use crate::check::{Facts, Unset};
use crate::finding::Severity;
use crate::report::{Content, Report};

#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    planning: Planning,
    #[command(flatten)]
    output: Output,
    /// Print the variables that the code wants set and nobody gives, as the file that --env-file takes, and nothing else
    #[arg(long, conflicts_with_all = ["strict", "formats", "outputs"])]
    env_example: bool,
    /// Fail on warnings, too
    #[arg(long)]
    strict: bool,
}

pub(super) fn run(args: Args, matches: &ArgMatches) -> Result<Exit> {
    let destinations = args.output.destinations(matches)?;
    let request = args.planning.request(&args.planning.config()?)?;
    let project = request.project()?;
    let planned = request.plan(&project)?;
    let facts = Facts::new(&project, &request.deploy, &planned);
    if args.env_example {
        print(&env_example(&facts.unset_variables()))?;
        return Ok(Exit::Works);
    }
    let report = Report { project: request.path.clone(), content: Content::Findings(facts.findings()) };
    let worst = report.worst();
    destinations.write(&report, args.output.paint())?;
    let fails = if args.strict { Severity::Warning } else { Severity::Error };
    Ok(if worst.is_some_and(|worst| worst >= fails) { Exit::Fails } else { Exit::Works })
}

/// Each variable once, below every place that reads it; the values are left for the user.
fn env_example(unset: &[Unset]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for read in unset {
        if !names.contains(&read.name.as_str()) {
            names.push(&read.name);
        }
    }
    let mut file = String::new();
    for name in names {
        for read in unset.iter().filter(|read| read.name == name) {
            let _ = writeln!(file, "# {}: {}", read.source, read.text.trim().replace('\n', " "));
        }
        let _ = writeln!(file, "{name}=");
    }
    file
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Source;

    #[test]
    fn a_variable_is_listed_once_with_every_place_that_reads_it() {
        let read = |name: &str, line: usize| Unset {
            name: name.to_owned(),
            source: Source::File { path: "main.py".into(), line: Some(line) },
            text: format!("os.environ[\"{name}\"]"),
        };
        let file = env_example(&[read("TOKEN", 3), read("DSN", 4), read("TOKEN", 9)]);
        let lines: Vec<&str> = file.lines().collect();
        assert_eq!(
            lines,
            [
                "# main.py:3: os.environ[\"TOKEN\"]",
                "# main.py:9: os.environ[\"TOKEN\"]",
                "TOKEN=",
                "# main.py:4: os.environ[\"DSN\"]",
                "DSN=",
            ]
        );
    }
}
