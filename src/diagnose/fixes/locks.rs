//! Edits of railpack.json after which a lock that pyproject.toml has left behind is installed from all the same. Writing the lock anew
//! and committing it is the better cure, and a tool's work.

use serde_json::{Value, json};

use super::FixContext;
use crate::builder::railpack::{CONFIG_FILE, COPIED};
use crate::finding::{Edit, Fix};

const PATHS: [&str; 2] = ["/root/.local/bin", "/app/.venv/bin"];

/// As Nixpacks does it: what the lock names, and pyproject.toml is not asked.
pub(in crate::diagnose) fn frozen_uv(context: &FixContext<'_>) -> Vec<Fix> {
    let build = ["uv sync --frozen --no-dev --no-editable"];
    fix(
        context,
        "uv.lock",
        &["uv sync --frozen --no-dev --no-install-project"],
        &build,
        "install what uv.lock names (--frozen), whatever pyproject.toml asks for by now",
    )
}

/// As [`frozen_uv`].
pub(in crate::diagnose) fn frozen_pdm(context: &FixContext<'_>) -> Vec<Fix> {
    let install = ["pdm install --frozen-lockfile --prod --no-editable"];
    fix(
        context,
        "pdm.lock",
        &install,
        &[],
        "install what pdm.lock names (--frozen-lockfile), whatever pyproject.toml asks for by now",
    )
}

/// Poetry installs from no lock that does not match.
pub(in crate::diagnose) fn poetry_locks(context: &FixContext<'_>) -> Vec<Fix> {
    let install = ["poetry lock", "poetry install --no-interaction --no-ansi --only main --no-root"];
    fix(
        context,
        "poetry.lock",
        &install,
        &[],
        "have every build write poetry.lock anew: what pyproject.toml adds is then chosen on that day",
    )
}

/// Other commands in the steps, where no step is configured yet.
fn fix(context: &FixContext<'_>, lock: &str, install: &[&str], build: &[&str], summary: &str) -> Vec<Fix> {
    let has_steps = || context.text(CONFIG_FILE).is_some_and(|text| text.contains("\"steps\""));
    if context.has("requirements.txt") || !context.has("pyproject.toml") || !context.has(lock) || has_steps() {
        return Vec::new();
    }
    let copies = COPIED.iter().filter(|name| context.has(name)).map(|name| json!({ "src": name, "dest": name }));
    let paths = PATHS.iter().map(|path| json!({ "path": path }));
    let commands: Vec<Value> = copies.chain(paths).chain(install.iter().map(run)).collect();
    let set = |step: &str, part: &str, value: Value| Edit::SetKey {
        path: CONFIG_FILE.into(),
        key: ["steps", step, part].map(str::to_owned).to_vec(),
        value,
    };
    // Or the image takes this step's files over the next one's.
    let mut edits = vec![set("install", "commands", commands.into()), set("install", "deployOutputs", json!([]))];
    if !build.is_empty() {
        edits.push(set("build", "commands", build.iter().map(run).collect()));
    }
    vec![Fix { summary: summary.to_owned(), edits }]
}

/// A command that no shell reads.
fn run(command: &&str) -> Value {
    json!({ "cmd": command })
}

#[cfg(test)]
mod tests {
    use crate::builder::Builder;
    use crate::builder::railpack::{CONFIG_FILE, Version};
    use crate::diagnose::{Case, diagnose};
    use crate::finding::Edit;
    use crate::folder::folder;
    use crate::log::Log;
    use crate::project::Project;

    const STALE: &str = "error: The lockfile at `uv.lock` needs to be updated, but `--locked` was provided. To update the lockfile, run `uv lock`.\n";

    fn edited(files: &[(&str, &str)]) -> Vec<String> {
        let dir = folder(files);
        let project = Project::open(dir.path()).unwrap();
        let (log, builder) = (Log::from(STALE), Builder::Railpack(Version::NEWEST_KNOWN));
        let case = Case { project: Some(&project), builder: Some(&builder), ..Case::of_log(&log) };
        let edits = diagnose(&case).remove(0).fixes.into_iter().flat_map(|fix| fix.edits);
        let key = |edit| if let Edit::SetKey { key, .. } = edit { key.join(".") } else { panic!("{edit:?}") };
        edits.map(key).collect()
    }

    #[test]
    fn both_syncs_are_frozen_where_no_step_is_configured() {
        let files = [("pyproject.toml", "[project]\nname = \"a\"\n"), ("uv.lock", "")];
        let wanted = ["steps.install.commands", "steps.install.deployOutputs", "steps.build.commands"];
        assert_eq!(edited(&files), wanted);
        let steps = (CONFIG_FILE, "{\"steps\": {\"build\": {\"commands\": [\"make\"]}}}");
        assert_eq!(edited(&[files[0], files[1], steps]), [""; 0]);
    }
}
