//! What is missed because the build has put it into a cache.

use std::path::Path;

use crate::diagnose::MISSING_DATA_FILE;
use crate::finding::Diagnosis;
use crate::plan::{Plan, in_app};

/// Says of a missing file that lies in a cache why it is not there; `failing` is the phase that misses it.
pub(super) fn amend(primary: &mut Diagnosis, plan: &Plan, failing: Option<&str>) {
    let Some(subject) = primary.subject.as_deref().filter(|_| primary.rule == MISSING_DATA_FILE.id) else { return };
    let place = in_app(subject);
    let has_it = |cache: &String| Path::new(&place).starts_with(in_app(cache));
    let named = || plan.steps.iter().filter(|step| step.caches.iter().any(has_it));
    let Some(cache) = named().flat_map(|step| &step.caches).find(|cache| has_it(cache)) else { return };
    if named().any(|step| Some(step.name.as_str()) == failing) {
        return;
    }
    primary.message = format!(
        "`{subject}` is not there: it lies in the cache `{cache}`, which is mounted while the build runs and is in no image"
    );
    primary.help = Some(format!(
        "take `{cache}` out of `cacheDirectories` of nixpacks.toml (`caches` of railpack.json), or have the build put the file elsewhere: into /app, which the app finds under every builder"
    ));
    primary.fixes.clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Certainty, Severity};
    use crate::plan::Step;

    #[test]
    fn a_file_of_a_cache_is_missed_by_all_but_the_steps_that_name_it() {
        let step = Step { name: "build".into(), caches: vec!["models/".into()], ..Step::default() };
        let plan = Plan { steps: vec![step], ..Plan::default() };
        let told = |subject: &str, failing: &str| {
            let mut primary = Diagnosis {
                rule: MISSING_DATA_FILE.id,
                severity: Severity::Error,
                message: "missing".into(),
                subject: Some(subject.into()),
                evidence: Vec::new(),
                certainty: Certainty::Certain,
                help: None,
                fixes: Vec::new(),
            };
            amend(&mut primary, &plan, Some(failing));
            primary.message != "missing"
        };
        assert!(told("models/tide.bin", "start") && told("/app/models/tide.bin", "start"));
        assert!(
            !told("models/tide.bin", "build") && !told("models.bin", "start") && !told("/models/tide.bin", "start")
        );
    }
}
