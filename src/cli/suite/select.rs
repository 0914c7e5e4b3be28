//! Which scenarios and projects a suite runs, from what stands on the command line.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::args::{Args, Share};
use super::projects;
use crate::cli::exit::UsageError;
use crate::cli::output::warn;
use crate::scenario::{Collection, FILE, Partition, Selected, Selection, State, SuiteError, discover};

/// What was selected, and the folder that the suite's record goes by.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) selected: Selected,
    pub(super) home: PathBuf,
}

pub(super) fn select(args: &Args) -> Result<Chosen> {
    let partition = match args.partition {
        Some(Share::Auto) => {
            let of_task = Partition::of_task(|name| std::env::var(name).ok());
            Some(of_task.map_err(|why| UsageError(format!("--partition auto: {why}")))?)
        }
        Some(Share::Of(partition)) => Some(partition),
        None => None,
    };
    let (found, names, home) = collection(args)?;
    let only = match args.rerun_failed {
        true => Some(State::of_suite(&home)?.unfinished()),
        false => None,
    };
    if only.as_ref().is_some_and(Vec::is_empty) {
        warn("note:", "nothing failed the last time, so there is nothing to run again");
        return Ok(Chosen { selected: Selected::default(), home });
    }
    let selection = Selection { names, tags: args.tags.clone(), partition, offline: args.offline, only };
    let selected = selection.of(found);
    let nothing = selected.scenarios.is_empty() && selected.broken.is_empty() && selected.left_out.is_empty();
    // An empty share is what becomes of few scenarios and many machines.
    if nothing && partition.is_none() && !args.rerun_failed {
        let text = format!("no scenario in {} has that name or tag; --list shows all", args.dir.display());
        return Err(UsageError(text).into());
    }
    Ok(Chosen { selected, home })
}

/// Everything in the folders that are named, the names to choose by, and the home of the record.
fn collection(args: &Args) -> Result<(Collection, Vec<String>, PathBuf)> {
    let usage = |error: SuiteError| UsageError(explain(&error, &args.dir));
    let folders = match projects::folders(&args.dir, &args.names)? {
        Some(folders) => folders,
        None => match discover(&args.dir) {
            Err(SuiteError::Empty { .. }) if projects::is_project(&args.dir) && args.names.is_empty() => {
                vec![args.dir.clone()]
            }
            found => return Ok((found.map_err(usage)?, args.names.clone(), args.dir.clone())),
        },
    };
    let parts = folders.iter().map(|folder| projects::collect(folder)).collect::<Result<Vec<_>, _>>().map_err(usage)?;
    let found = Collection::joined(parts).map_err(usage)?;
    let first = folders.first().and_then(|first| first.canonicalize().ok());
    let home = first.as_deref().and_then(Path::parent).map_or_else(|| args.dir.clone(), Path::to_owned);
    Ok((found, Vec::new(), home))
}

/// A name where the folder belongs is a likely slip.
fn explain(error: &SuiteError, dir: &Path) -> String {
    let name = Path::new("scenarios").join(dir).join(FILE);
    match error {
        SuiteError::Unreadable { .. } if name.is_file() => {
            format!("{error}; to run the scenario of that name: shakedown suite scenarios {}", dir.display())
        }
        _ => error.to_string(),
    }
}
