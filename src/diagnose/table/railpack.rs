//! What goes wrong where Railpack builds: mise, the steps' files, and railpack.json.

use super::requirements::REQUIREMENTS_FILE_MISSING;
use super::rule::{Finding, Rule, YieldsTo, decisive, said};
use super::setup::REGISTRY_UNREACHABLE;
use crate::check;
use crate::diagnose::fixes;
use crate::diagnose::view::LogView;

pub(crate) static PYTHON_NOT_PREBUILT: Rule = Rule {
    id: check::railpack::NOT_PREBUILT.id,
    phases: &["setup"],
    message: "mise finds no ready-made build of Python {of this release}",
    about: check::railpack::NOT_PREBUILT.about,
    help: "ask for the minor version alone (X.Y), or for a patch release that has a build; MISE_PYTHON_COMPILE=1 compiles it instead, which takes minutes",
    example: "mise ERROR Failed to install core:python@3.11.2: no precompiled python found for core:python@3.11.2 on x86_64-unknown-linux-gnu",
    link: Some("https://mise.jdx.dev/lang/python.html"),
    signatures: &[decisive(r"no precompiled python found for (?:core:)?python@(?P<s>[\w.+-]+)")],
    fix: Some(fixes::railpack::minor_python),
    ..Rule::BLANK
};

pub(crate) static PYTHON_UNATTESTED: Rule = Rule {
    id: check::railpack::UNATTESTED.id,
    phases: &["setup"],
    message: "the ready-made build of Python {of this release} has no attestation, and mise refuses it",
    about: check::railpack::UNATTESTED.about,
    help: "ask for the minor version alone, or for a patch release built since February 2025; MISE_PYTHON_GITHUB_ATTESTATIONS=false accepts the old build",
    example: "mise ERROR Failed to install core:python@3.12.8: No GitHub artifact attestations found for python@3.12.8",
    link: Some("https://mise.jdx.dev/lang/python.html"),
    signatures: &[
        decisive(r"No GitHub artifact attestations found for (?:core:)?python@(?P<s>[\w.+-]+)"),
        decisive(r"(?i)attestation verification failed for (?:core:)?python@(?P<s>[\w.+-]+)"),
    ],
    fix: Some(fixes::railpack::minor_python),
    ..Rule::BLANK
};

pub(crate) static MISE_UNREACHABLE: Rule = Rule {
    id: "railpack-mise-unreachable",
    phases: &["setup"],
    transient: true,
    message: "mise could not fetch what it installs",
    about: "mise downloads interpreters and tools while the image is built. The server refused, was too slow, or counted too many requests; the project is not at fault.",
    help: "build again later",
    example: "mise ERROR HTTP status client error (403 rate limit exceeded) for url (https://api.github.com/repos/astral-sh/python-build-standalone/releases)",
    signatures: &[
        decisive(r"mise ERROR .*HTTP status (?:client|server) error \((?:403 rate limit|429|5\d\d)"),
        decisive(
            r"mise ERROR .*(?:error sending request for url|operation timed out|dns error|connection (?:reset|closed))",
        ),
        said(r"(?i)failed to (?:download|install) mise\b"),
    ],
    yields_to: YieldsTo::Rules(&[&PYTHON_NOT_PREBUILT, &PYTHON_UNATTESTED]),
    ..Rule::BLANK
};

pub(crate) static TOOL_NOT_INSTALLED: Rule = Rule {
    id: "railpack-tool-not-installed",
    phases: &["setup"],
    message: "mise cannot install {a tool that the plan asks for}",
    about: "Railpack has mise install Python and its tools by the versions that railpack.json, RAILPACK_PACKAGES, variables and the project's own \
            version files name. A name or a version that mise does not know ends the build.",
    help: "correct the name or the version where it is asked for: RAILPACK_PACKAGES, packages of railpack.json, mise.toml, .tool-versions or .python-version",
    example: "mise ERROR Failed to install core:python@3.19.0: python@3.19.0 not found",
    signatures: &[
        decisive(
            r"mise ERROR .*[Ff]ailed to install (?:core:|aqua:|asdf:|pipx:|ubi:|github:)?(?P<s>[\w.:/-]+@[\w.+-]+)",
        ),
        decisive(r"mise ERROR (?:tool )?(?P<s>[\w.:/-]+) not found in mise tool registry"),
        said(r"mise ERROR .*no versions found (?:for|matching) (?P<s>[\w.:/@-]+)"),
    ],
    yields_to: YieldsTo::Rules(&[&PYTHON_NOT_PREBUILT, &PYTHON_UNATTESTED, &MISE_UNREACHABLE]),
    ..Rule::BLANK
};

/// Where what steps make lies; a copy of the project's own file is named from the project's root on.
const IN_IMAGE: &[&str] =
    &["/app/", "/root/", "/mise/", "/opt/", "/usr/", "/etc/", "/home/", "/srv/", "/var/", "/tmp/", "/nix/"];

/// What a step copies of the project is missed by the same words.
fn of_the_project(_: &LogView<'_>, finding: &mut Finding) -> bool {
    let path = finding.subject.clone().unwrap_or_default();
    let is_in_image = |folder: &&str| path.starts_with(*folder) || path == folder.trim_end_matches('/');
    if !path.is_empty() && !IN_IMAGE.iter().any(is_in_image) {
        finding.message = Some(format!("a step copies `{path}` of the project, and the build is not given it"));
        finding.help = Some(
            "correct the path in steps of railpack.json, commit the file, or let it in where .dockerignore or `exclude` leaves it out".to_owned(),
        );
    }
    true
}

pub(crate) static NO_VENV: Rule = Rule {
    id: check::railpack::NO_VENV.id,
    phases: &["build"],
    message: "the image takes {/app/.venv}, and no step has made it",
    about: check::railpack::NO_VENV.about,
    help: "let the install command make the environment first (`python -m venv /app/.venv`), or give deploy.inputs of railpack.json what is there",
    example: "ERROR: failed to solve: failed to compute cache key: failed to calculate checksum of ref x7k2::q0vd: \"/app/.venv\": not found",
    signatures: &[
        decisive(r#"failed to (?:compute cache key|calculate checksum of ref).*"(?P<s>/app/\.venv)": not found"#),
        said(r#"failed to compute cache key.*"(?P<s>/[\w./-]+)": not found"#),
    ],
    yields_to: YieldsTo::Rules(&[&REGISTRY_UNREACHABLE, &REQUIREMENTS_FILE_MISSING]),
    explained_by: &[
        super::rule::over_fixes_by(&check::railpack::NO_VENV),
        super::rule::over_fixes_by(&check::railpack::UNBUILDABLE),
    ],
    refine: Some(of_the_project),
    ..Rule::BLANK
};

pub(crate) static INVALID_CONFIG: Rule = Rule {
    id: check::railpack::INVALID_CONFIG.id,
    phases: &["setup"],
    message: "Railpack cannot read its configuration{}",
    about: check::railpack::INVALID_CONFIG.about,
    help: "correct railpack.json where the message points; comments and trailing commas are allowed",
    example: "✖ error reading railpack.json as JSON: hujson: line 3, column 5: invalid character 's' at start of value",
    signatures: &[
        decisive(r"hujson: (?P<s>line \d+, column \d+)"),
        decisive(r"(?i)error reading (?P<s>\S*railpack\S*\.json) as JSON"),
        decisive(r"(?i)config file \x22(?P<s>[^\x22]+\.json)\x22 not found"),
    ],
    explained_by: &[super::rule::over_fixes_by(&check::railpack::INVALID_CONFIG)],
    ..Rule::BLANK
};

pub(crate) static PROCFILE_NOT_YAML: Rule = Rule {
    id: "railpack-procfile-not-yaml",
    phases: &["setup"],
    message: "Railpack cannot read {the Procfile}, which it takes for YAML",
    about: "Railpack reads a Procfile as YAML 1.1, at least up to 0.40.0: a blank after a second colon, a blank before `#`, and `*`, `%`, `{` or `[` at the beginning of a command mean \
            something there. What cannot be read ends the build; other platforms take each line as it is.",
    help: "name the command as deploy.startCommand in railpack.json, which every release reads alike, and remove the Procfile; single quotes around \
           it (`web: 'cmd: one'`) help only where a Procfile is read as YAML",
    example: "✖ Error reading Procfile as YAML: yaml: mapping values are not allowed in this context",
    signatures: &[decisive(r"(?i)error reading (?P<s>Procfile) as YAML")],
    ..Rule::BLANK
};

pub(crate) static SECRET_NOT_FOUND: Rule = Rule {
    id: "railpack-secret-not-found",
    phases: &["build"],
    message: "the plan wants the variable {of some name} in the build, and the platform gives none of that name",
    about: "Railpack mounts the deploy's variables as secrets of the build. One whose name is cut at a blank or another odd character is asked for under a \
            name that nobody gave, and BuildKit ends the build.",
    help: "rename the variable: letters, digits and underscores only",
    example: "ERROR: failed to solve: secret Access not found",
    signatures: &[decisive(r"failed to solve: (?:.*: )?secret (?P<s>[\w+-]+)(?:: | )not found")],
    ..Rule::BLANK
};

#[cfg(test)]
mod tests {
    use crate::diagnose::{Case, diagnose};
    use crate::log::Log;

    #[test]
    fn a_file_of_the_project_that_a_step_copies_is_told_from_what_a_step_makes() {
        let told = |path: &str| {
            let line = format!(
                "failed to solve: failed to compute cache key: failed to calculate checksum of ref a::b: \"{path}\": not found\n"
            );
            diagnose(&Case::of_log(&Log::from(line.as_str()))).remove(0).message
        };
        assert_eq!(told("/words.txt"), "a step copies `/words.txt` of the project, and the build is not given it");
        assert_eq!(told("/app/dist"), "the image takes `/app/dist`, and no step has made it");
    }
}
