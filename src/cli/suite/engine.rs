//! `shakedown suite --engine`: the suite spread over the tasks of a cluster.

use anyhow::Result;

use super::args::{Args, Engine};
use super::projects;
use crate::cli::exit::{Exit, UsageError};
use crate::cli::output::print;
use crate::rehearse::BackendName;
use crate::scenario::kubernetes;

/// Does what `--engine` asks for; none where nothing is asked for.
pub(super) fn run(args: &Args) -> Result<Option<Exit>> {
    let (Some(engine), Some(image)) = (args.cluster.engine, &args.cluster.image) else { return Ok(None) };
    if projects::folders(&args.dir, &args.names)?.is_some() {
        return Err(UsageError("--engine takes one folder of scenarios, and no projects".to_owned()).into());
    }
    match engine {
        Engine::Kubernetes if args.cluster.print => {
            let (tasks, claim, choice) = (args.cluster.tasks, args.cluster.claim.as_str(), &choice(args));
            print(&kubernetes::manifest(&kubernetes::Job { image, tasks, claim, choice })?)?;
            Ok(Some(Exit::Works))
        }
        Engine::Kubernetes => Err(UsageError(
            "--engine kubernetes submits nothing itself: add --print, and give what it prints to kubectl apply -f -"
                .to_owned(),
        )
        .into()),
    }
}

/// What of the suite runs, and how, as words for the tasks.
fn choice(args: &Args) -> Vec<String> {
    let mut words = args.names.clone();
    let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
    args.tags.iter().for_each(|tag| option("--tag", tag.clone()));
    args.backends.iter().for_each(|backend: &BackendName| option("--backend", backend.name().to_owned()));
    args.jobs.iter().for_each(|jobs| option("--jobs", jobs.to_string()));
    args.nixpkgs.iter().for_each(|nixpkgs| option("--nixpkgs", nixpkgs.clone()));
    option("--retries", args.retries.to_string());
    if args.offline {
        words.push("--offline".to_owned());
    }
    words
}
