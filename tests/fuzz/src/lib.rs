//! What the targets share: everything that is done to a project before anything of it runs.

use std::fs;

use shakedown::builder::nixpacks::{Options, derive};
use shakedown::builder::{DeployOptions, Planned};
use shakedown::check::check;
use shakedown::fix::Patch;
use shakedown::project::Project;

/// Plans and checks a project of these files, and works out every edit that is proposed.
pub fn plan_and_check(files: &[(&str, &[u8])]) {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    let project = Project::open(folder.path()).unwrap();
    let given = DeployOptions::default();
    let planned = derive(&project, &given, &Options::default());
    if let Ok(derived) = &planned {
        serde_json::to_string(&derived.plan).unwrap();
    }
    let planned = Planned::Nixpacks(planned);
    for fix in check(&project, &given, &planned).iter().flat_map(|found| &found.fixes) {
        let mut patch = Patch::new(folder.path()).unwrap();
        // An edit may be refused; it may not go wrong.
        if patch.add(&fix.edits).is_ok() {
            patch.diff();
        }
    }
}
