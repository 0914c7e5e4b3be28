//! `shakedown suite --engine`: the suite spread over the tasks of a cluster.

use anyhow::Result;

use super::args::{Args, Engine};
use super::projects;
use super::select::select;
use crate::cli::exit::UsageError;
use crate::cli::interrupt;
use crate::cli::output::{hint, print, warn};
use crate::rehearse::BackendName;
use crate::scenario::swarm::{self, SwarmEvent};
use crate::scenario::{Summary, kubernetes};

/// What came of a suite that `--engine` took elsewhere.
pub(super) enum Elsewhere {
    /// A manifest was printed, and nothing was run.
    Printed,
    /// Its tasks have reported.
    Ran(Summary),
}

/// Does what `--engine` asks for; none where nothing is asked for.
pub(super) fn run(args: &Args) -> Result<Option<Elsewhere>> {
    let (Some(engine), Some(image)) = (args.cluster.engine, &args.cluster.image) else { return Ok(None) };
    let usage = |text: &str| Err(UsageError(text.to_owned()).into());
    if projects::folders(&args.dir, &args.names)?.is_some() {
        return usage("--engine takes one folder of scenarios, and no projects");
    }
    let (tasks, choice) = (args.cluster.tasks, &choice(args));
    match (engine, args.cluster.print) {
        (Engine::Kubernetes, true) => {
            let claim = args.cluster.claim.as_str();
            print(&kubernetes::manifest(&kubernetes::Job { image, tasks, claim, choice })?)?;
            Ok(Some(Elsewhere::Printed))
        }
        (Engine::Kubernetes, false) => usage(
            "--engine kubernetes submits nothing itself: add --print, and give what it prints to kubectl apply -f -",
        ),
        (Engine::Swarm, true) => usage("--print is for --engine kubernetes: a Swarm's job is no file"),
        (Engine::Swarm, false) => {
            // What cannot be selected here is refused before it is submitted.
            select(args)?;
            let submission = swarm::Submission { image, tasks, folder: &args.dir, choice };
            let quiet = args.output.quiet;
            let summary = swarm::run(&submission, &*interrupt::flag()?, &mut |event| match event {
                _ if quiet => {}
                SwarmEvent::Submitted(name) => hint("submitted:", name),
                SwarmEvent::Complete(complete, all) => hint("complete:", &format!("{complete} of {all} tasks")),
                SwarmEvent::Task(name, why) => warn("task:", &format!("{name}: {why}")),
            })?;
            Ok(Some(Elsewhere::Ran(summary)))
        }
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
