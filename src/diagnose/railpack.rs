//! What a log of Railpack must not be answered with: help about Nixpacks, which had no part in it.

use super::case::Case;
use super::table::modules::MISSING_PYTHON_MODULE;
use super::table::rule;
use crate::builder::BuilderKind;
use crate::builder::railpack::parse_box;
use crate::catalog::libraries;
use crate::finding::Diagnosis;

/// Says in Railpack's words what is said in Nixpacks', where the log is Railpack's.
pub(super) fn amend(case: &Case<'_>, diagnoses: &mut [Diagnosis]) {
    const WORDS: &[&str] =
        &["nixPkgs", "nixLibs", "aptPkgs", "nixpacks.toml", "nixpacks.json", "NIXPACKS_", "/opt/venv", "Nix"];
    let speaks = |text: &str| WORDS.iter().any(|word| text.contains(word));
    match case.builder_kind() {
        BuilderKind::Nixpacks => return,
        BuilderKind::Railpack if diagnoses.is_empty() => return,
        BuilderKind::Railpack => {}
    }
    let installs_nothing = installs_nothing(case);
    for diagnosis in diagnoses {
        if installs_nothing && diagnosis.rule == MISSING_PYTHON_MODULE.id {
            diagnosis.fixes.clear();
            diagnosis.help = Some(
                "no step of Railpack's plan installs anything: commit a requirements.txt, or the lock of the pyproject.toml's manager (`uv lock`, `poetry lock`, `pdm lock`)".to_owned(),
            );
        }
        diagnosis.fixes.retain(|fix| !speaks(&fix.summary));
        if let Some((before, _)) = diagnosis.message.split_once(" (nixLibs") {
            diagnosis.message = before.to_owned();
        }
        if let Some(rule) = rule(diagnosis.rule).filter(|_| speaks(&diagnosis.message)) {
            diagnosis.message = rule.message_for(diagnosis.subject.as_deref());
        }
        let Some(help) = diagnosis.help.as_mut().filter(|help| speaks(help)) else { continue };
        let thing = diagnosis.subject.as_deref().unwrap_or("it");
        let known = [libraries::library(thing), libraries::header(thing)].into_iter().flatten().next();
        let package = known.map_or(format!("the Debian package with `{thing}`"), |known| format!("`{}`", known.apt));
        // A list without `...` takes the place of Railpack's own.
        *help = match rule(diagnosis.rule) {
            Some(rule) if rule.is_of_a_package && rule.phases.contains(&"start") => format!(
                "Railpack built this and reads no file of Nixpacks: add {package} to deploy.aptPackages of railpack.json (with \"...\" first), or set RAILPACK_DEPLOY_APT_PACKAGES=\"... PACKAGE\""
            ),
            Some(rule) if rule.is_of_a_package => format!(
                "Railpack built this and reads no file of Nixpacks: add {package} to buildAptPackages of railpack.json (with \"...\" first), or set RAILPACK_BUILD_APT_PACKAGES=\"... PACKAGE\""
            ),
            _ => help
                .replace("NIXPACKS_", "RAILPACK_")
                .replace("nixpacks.toml", "railpack.json")
                .replace("nixpacks.json", "railpack.json")
                .replace("/opt/venv", "/app/.venv"),
        };
        if ["nixPkgs", "nixLibs", "aptPkgs"].iter().any(|word| help.contains(word)) {
            *help = "Railpack built this: its settings are railpack.json and RAILPACK_* variables, and it reads no file of Nixpacks".to_owned();
        }
    }
}

/// Whether the log shows a plan of Railpack's whose steps run nothing before the build.
fn installs_nothing(case: &Case<'_>) -> bool {
    let printed = parse_box(case.log.lines().iter().map(|line| line.text.as_str()));
    printed.is_some_and(|plan| !plan.packages.is_empty() && plan.steps.iter().all(|(name, _)| name == "build"))
}

#[cfg(test)]
mod tests {
    use crate::diagnose::{Case, diagnose};
    use crate::log::Log;

    fn plan_help(head: &str) -> String {
        let text = format!(
            "{head}\nTraceback (most recent call last):\n  File \"/app/main.py\", line 2, in <module>\n    subprocess.run([\"ffmpeg\"])\nFileNotFoundError: [Errno 2] No such file or directory: 'ffmpeg'\n"
        );
        let found = diagnose(&Case::of_log(&Log::from(text.as_str())));
        format!("{} {}", found[0].message, found[0].help.as_deref().unwrap_or_default())
    }

    #[test]
    fn a_module_that_no_step_installs_is_the_plans_affair() {
        let help = |steps: &str| {
            let text = format!(
                "│ Railpack 0.37.0 │\n\n  Packages  \n  ──────────\n  python  │  3.13.9  │  railpack default (3.13)\n\n  Steps     \n  ──────────\n{steps}\n  Deploy    \n  ──────────\n    $ python main.py\n\nTraceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    import requests\nModuleNotFoundError: No module named 'requests'\n"
            );
            let found = diagnose(&Case::of_log(&Log::from(text.as_str())));
            found[0].help.clone().unwrap_or_default()
        };
        assert!(help("").contains("no step of Railpack's plan installs anything"));
        let with_pip = help("  ▸ install\n    $ pip install -r requirements.txt\n");
        assert!(with_pip.contains("add `requests` to requirements.txt"), "{with_pip}");
    }

    #[test]
    fn a_log_of_railpack_is_answered_in_its_words() {
        let railpack = plan_help("│ Railpack 0.15.1 │");
        assert!(railpack.contains("RAILPACK_DEPLOY_APT_PACKAGES") && !railpack.contains("nixPkgs"), "{railpack}");
        assert!(plan_help("╔═══ Nixpacks v1.41.0 ═══╗").contains("nixPkgs"));
    }
}
