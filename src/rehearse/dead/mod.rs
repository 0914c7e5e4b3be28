//! What is dead of an app while the rest goes on: what watches the container sees the rest alone.

mod background;
mod ended;
mod main_thread;
mod parts;
mod supervised;

use crate::builder::BuilderKind;
use crate::finding::Diagnosis;
use crate::log::Log;
use crate::project::Project;
use crate::run::Smoke;

/// What the log of an app shows that was judged good, of which a part is dead: by `causes` what ended it, and that the app goes on without it.
/// `jobs` are the programs that its start command puts into the background.
pub(super) fn diagnoses(
    log: &Log,
    smoke: Option<&Smoke>,
    jobs: &[String],
    builder: BuilderKind,
    project: &Project,
    causes: impl Fn(&Log) -> Vec<Diagnosis>,
) -> Vec<Diagnosis> {
    let of_smoke = |smoke: &Smoke| {
        let of_main_thread = main_thread::dead(log, smoke, project, &causes);
        let of_parts = parts::dead(log, smoke.lines, builder, &causes);
        [background::dead(log, smoke, jobs, &causes), of_main_thread, of_parts].concat()
    };
    let supervised = supervised::dead(log, builder, &causes);
    supervised.into_iter().chain(smoke.map(of_smoke).into_iter().flatten()).collect()
}
