//! Which builder the platform really uses.

use super::facts::Facts;
use super::finding::{Check, Findings, error, note, set_key, warning};
use crate::builder::BuilderKind;
use crate::finding::Severity;
use crate::platform::{Platform, railway};
use crate::project::Source;
use crate::project::Sourced;

pub(crate) const DOCKERFILE: Check = warning(
    "dockerfile-wins",
    "A Dockerfile in the root is built whatever else is configured. Nothing of Nixpacks' plan then counts.",
);
pub(crate) const BUILDER: Check = warning(
    "other-builder",
    "The platform is told to build with something other than Nixpacks. nixpacks.toml and every NIXPACKS_ variable are then without effect.",
);
const DEPRECATED: Check = note(
    "nixpacks-deprecated-on-railway",
    "Railway made Railpack its default builder on 2025-09-16 and calls Nixpacks deprecated; existing services keep building. Railpack \
     reads neither nixpacks.toml nor NIXPACKS_ variables, takes Python 3.13 unless told otherwise, and installs nothing for a \
     pyproject.toml without a lock file.",
);
const CONFIG_AS_CODE: Check = note(
    "railway-config-as-code-ends",
    "Railway ends railway.json and railway.toml on 2026-12-01, and gives them to no new service since August 2026. `railway config migrate` writes \
     the successor, a file in .railway/.",
);

const ENVIRONMENT: Check = warning(
    "unknown-environment",
    "Railway's file has settings for environments by their names. One that it does not name gets those that all share, as a misspelt \
     one would.",
);

const UNEXPANDED: Check = error(
    "start-variable-not-expanded",
    "With a Dockerfile Railway hands the start command to the program itself, without a shell that would look for variables: the program \
     gets the text $PORT. `sh -c '…'` around it brings the shell back.",
)
.decides();

const BELOW_THE_ROOT: Check = note(
    "railway-config-below-the-root",
    "Railway looks for railway.toml and railway.json at the root of the repository, whatever the root directory of the service is. \
     One in a folder counts only where the service's settings name its path.",
);

pub(super) const CHECKS: &[Check] =
    &[DOCKERFILE, BUILDER, UNEXPANDED, ENVIRONMENT, DEPRECATED, CONFIG_AS_CODE, BELOW_THE_ROOT];

fn on_railway(facts: &Facts<'_>) -> bool {
    facts.railway().is_some() || facts.given.platform == Platform::Railway
}

fn builder<'a>(facts: &Facts<'a>) -> Option<&'a Sourced<String>> {
    facts.deploy()?.builder.as_ref()
}

/// Whether a Dockerfile is built in place of the plan: on Railway always, elsewhere where nothing speaks of Nixpacks.
pub(super) fn overrules(facts: &Facts<'_>) -> bool {
    let there = facts.project.has_file("Dockerfile") && facts.given.platform != Platform::None;
    let named = builder(facts).is_some_and(|builder| builder.value.eq_ignore_ascii_case("DOCKERFILE"));
    named || there && (on_railway(facts) || facts.config().is_none())
}

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let builder = builder(facts);
    let named = builder.map(|builder| builder.value.to_ascii_uppercase());
    let on_railway = on_railway(facts);
    if facts.project.has_file("Dockerfile") && facts.given.platform != Platform::None {
        let finding = DOCKERFILE.found(match facts.builder() {
            BuilderKind::Nixpacks => "the Dockerfile is built, not Nixpacks' plan",
            BuilderKind::Railpack => "the Dockerfile is built, not Railpack's plan",
        });
        // Other platforms ask which builder to use, and who names it knows.
        let known = named.as_deref() == Some("DOCKERFILE");
        let severity = if on_railway && !known { Severity::Warning } else { Severity::Note };
        findings.push(
            finding
                .severity(severity)
                .at(facts.project.file("Dockerfile"), "")
                .help(format!("remove or rename it to build with {}", facts.builder())),
        );
    } else if let (Some(builder), Some(name)) = (builder, named.as_deref().filter(|name| !is_ours(facts, name))) {
        let finding =
            BUILDER.found(format!("Railway is told to build with {name}, not with {}", facts.builder())).about(name);
        // What Railway takes anyway is nobody's mistake.
        let severity = if name == "RAILPACK" { Severity::Note } else { Severity::Warning };
        let finding = finding.severity(severity).at(builder.source.clone(), facts.line(&builder.source));
        findings.push(finding.help(match name {
            "RAILPACK" => {
                format!("Railpack reads no nixpacks.toml; the plan shown here is what {} would do", facts.builder())
            }
            _ => format!("the plan shown here is what {} would do", facts.builder()),
        }));
    }
    if let Some(file) = facts.unread_railway() {
        let said = format!("Railway has not read {} since 2026-12-01", file.display());
        let help = "say the same in the service's settings, and the start command in the builder's own file";
        findings.push(CONFIG_AS_CODE.found(said).severity(Severity::Warning).at(Source::file(&file), "").help(help));
    }
    if !on_railway {
        return;
    }
    below_the_root(facts, findings);
    if let Some(file) = facts.railway().filter(|_| overrules(facts)) {
        let key = ["deploy", "startCommand"];
        let command = file.str(&key).unwrap_or_default();
        let by_shell = ["sh -c", "sh -lc", "sh -ec"].iter().any(|shell| command.contains(shell));
        if command.contains('$') && !by_shell {
            let finding = UNEXPANDED.found("no shell runs this command, so its variables stay text");
            let edits = vec![set_key(&file.path, &key, format!("sh -c '{}'", command.replace('\'', "'\\''")))];
            findings.push(finding.at(file.source(&key), command).fix("run it by a shell", edits));
        }
    }
    let is_deprecated = match facts.builder() {
        BuilderKind::Nixpacks => named.as_deref().is_none_or(|name| is_ours(facts, name)),
        BuilderKind::Railpack => false,
    };
    if is_deprecated {
        let finding = DEPRECATED.found("Railway calls Nixpacks deprecated: new services are built with Railpack");
        let source = builder.map(|builder| builder.source.clone());
        let source = source.or_else(|| Some(Source::File { path: facts.railway()?.path.clone(), line: None }));
        let finding = match source {
            Some(source) => finding.at(source.clone(), facts.line(&source)),
            None => finding,
        };
        findings.push(finding.help(railpack(facts)));
    }
    if let (Some(file), Some(asked)) = (facts.railway(), &facts.given.environment) {
        let known: Vec<&str> = file.members(&["environments"]).map(|(name, _)| name.as_str()).collect();
        if !known.is_empty() && !known.contains(&asked.as_str()) {
            let finding = ENVIRONMENT.found(format!("{} has no environment {asked}", file.path.display())).about(asked);
            let finding = finding.at(file.source(&["environments"]), file.line(&["environments"]));
            findings.push(finding.help(format!("it has {}", known.join(", "))));
        }
    }
    if let Some(file) = facts.railway() {
        let finding = CONFIG_AS_CODE.found(format!("Railway stops reading {} on 2026-12-01", file.path.display()));
        findings.push(finding.at(Source::file(&file.path), "").help("run `railway config migrate`, and set in the service's own settings what it makes a comment of (builder, pre-deploy command, schedule); `shakedown migrate` shows what Railpack changes"));
    }
}

/// A file in the folder that is deployed alone.
fn below_the_root(facts: &Facts<'_>, findings: &mut Findings) {
    let Some((root, own)) = facts.project.repository().zip(railway::file_in(facts.project)) else { return };
    if !facts.given.reads_railway() {
        return;
    }
    let finding = match railway::file_in(&root) {
        Some(counts) => BELOW_THE_ROOT
            .found(format!("{} counts, not this folder's {own}", root.place(counts).display()))
            .severity(Severity::Warning),
        None => BELOW_THE_ROOT.found(format!("{own} is not at the root of the repository, where Railway looks for it")),
    };
    findings.push(
        finding
            .about(own)
            .at(facts.project.file(own), "")
            .help("name its path in the service's settings (\"Railway Config File\"), or move it to the root"),
    );
}

/// Whether Railway's word for a builder is that of the plan.
fn is_ours(facts: &Facts<'_>, name: &str) -> bool {
    name == facts.builder().name_on_railway()
}

/// What would be different for this very project.
fn railpack(facts: &Facts<'_>) -> String {
    let app = &facts.app;
    let mut differences = vec!["its venv is /app/.venv"];
    let named = [".python-version", "runtime.txt", "Pipfile", ".tool-versions", "mise.toml"]
        .iter()
        .any(|name| app.has_file(name));
    if !named {
        differences.push("Python is 3.13 instead of 3.12");
    }
    if facts.config().is_some() {
        differences.push("the Nixpacks configuration is not read");
    }
    let locked = ["requirements.txt", "poetry.lock", "pdm.lock", "uv.lock"].iter().any(|name| app.has_file(name));
    if app.has_file("pyproject.toml") && !locked {
        differences.push("nothing is installed, for want of a lock file");
    }
    format!("with Railpack: {}", differences.join(", "))
}
