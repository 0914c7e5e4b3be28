//! What a log of Railpack must not be answered with: help about Nixpacks, which had no part in it.

use super::case::Case;
use super::table::rule;
use crate::builder::BuilderKind;
use crate::finding::Diagnosis;

/// Says in Railpack's words what is said in Nixpacks', where the log is Railpack's.
pub(super) fn amend(case: &Case<'_>, diagnoses: &mut [Diagnosis]) {
    const WORDS: &[&str] =
        &["nixPkgs", "nixLibs", "aptPkgs", "nixpacks.toml", "nixpacks.json", "NIXPACKS_", "/opt/venv", "Nix"];
    let speaks = |text: &str| WORDS.iter().any(|word| text.contains(word));
    if diagnoses.is_empty() || case.builder_kind() != BuilderKind::Railpack {
        return;
    }
    for diagnosis in diagnoses {
        diagnosis.fixes.retain(|fix| !speaks(&fix.summary));
        if let Some((before, _)) = diagnosis.message.split_once(" (nixLibs") {
            diagnosis.message = before.to_owned();
        }
        if let Some(rule) = rule(diagnosis.rule).filter(|_| speaks(&diagnosis.message)) {
            diagnosis.message = rule.message_for(diagnosis.subject.as_deref());
        }
        let Some(help) = diagnosis.help.as_mut().filter(|help| speaks(help)) else { continue };
        let thing = diagnosis.subject.as_deref().unwrap_or("it");
        *help = match rule(diagnosis.rule) {
            Some(rule) if rule.is_of_a_package && rule.phases.contains(&"start") => format!(
                "Railpack built this and reads no file of Nixpacks: name the Debian package with `{thing}` in RAILPACK_DEPLOY_APT_PACKAGES, or in deploy.aptPackages of railpack.json"
            ),
            Some(rule) if rule.is_of_a_package => format!(
                "Railpack built this and reads no file of Nixpacks: name the Debian package with `{thing}` in RAILPACK_BUILD_APT_PACKAGES, or in buildAptPackages of railpack.json"
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
    fn a_log_of_railpack_is_answered_in_its_words() {
        let railpack = plan_help("│ Railpack 0.15.1 │");
        assert!(railpack.contains("RAILPACK_DEPLOY_APT_PACKAGES") && !railpack.contains("nixPkgs"), "{railpack}");
        assert!(plan_help("╔═══ Nixpacks v1.41.0 ═══╗").contains("nixPkgs"));
    }
}
