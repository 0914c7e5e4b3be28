//! What `nix-env -if` says of a plan's packages: names that nixpkgs does not have end the setup phase.

use crate::plan::Plan;

/// Debian packages that the base image has already.
pub const IN_BASE_IMAGE: &[&str] = &[
    "bash",
    "bzip2",
    "ca-certificates",
    "coreutils",
    "curl",
    "dash",
    "diffutils",
    "findutils",
    "git",
    "grep",
    "gzip",
    "hostname",
    "locales",
    "make",
    "mawk",
    "openssl",
    "perl-base",
    "pkg-config",
    "sed",
    "sudo",
    "tar",
    "tzdata",
    "util-linux",
    "xz-utils",
];

/// Names that people take from apt, pip or the shell, and that are no attributes of nixpkgs.
const NOT_IN_NIXPKGS: &[&str] = &[
    "pip",
    "pip3",
    "python-pip",
    "python3-pip",
    "python3-dev",
    "python-dev",
    "python3-venv",
    "venv",
    "build-essential",
    "libgl1",
    "libgl1-mesa-glx",
    "libglib2",
    "libpq-dev",
    "libpq5",
    "libssl-dev",
    "libffi-dev",
    "zlib1g-dev",
    "libsm6",
    "libxext6",
    "libxrender1",
    "default-libmysqlclient-dev",
    "tesseract-ocr",
    "poppler-utils",
    "libmagic1",
    "libsndfile1",
    "portaudio19-dev",
    "setuptools",
    "wheel",
    "numpy",
    "requests",
    "libcairo2-dev",
    "python3Packages",
    "libglvnd0",
];

/// The setup phase's commands as the build shows them: title, output and exit code.
pub fn setup(plan: &Plan) -> Vec<(String, Vec<String>, i32)> {
    let mut steps = Vec::new();
    let mut archives: Vec<(String, Vec<String>, Vec<String>)> = Vec::new();
    for (_, phase) in plan.phases.iter().flatten() {
        if phase.nix_pkgs.is_empty() && phase.nix_libs.is_empty() {
            continue;
        }
        let archive = phase.nixpkgs_archive.clone().unwrap_or_default();
        let at = archives.iter().position(|(known, ..)| *known == archive).unwrap_or_else(|| {
            archives.push((archive, Vec::new(), Vec::new()));
            archives.len() - 1
        });
        archives[at].1.extend(phase.nix_pkgs.iter().cloned());
        archives[at].2.extend(phase.nix_libs.iter().cloned());
    }
    archives.sort();
    for (archive, mut packages, mut libraries) in archives {
        packages.sort();
        packages.dedup();
        libraries.sort();
        libraries.dedup();
        let name = match archive.is_empty() {
            true => "nixpkgs".to_owned(),
            false => format!("nixpkgs-{archive}"),
        };
        let file = format!(".nixpacks/{name}.nix");
        let title = install_command(&format!("{name}.nix"));
        let failure = fault(&libraries, 6, 47, &file).or_else(|| fault(&packages, 19, 9, &file));
        let code = i32::from(failure.is_some());
        steps.push((title, failure.unwrap_or_default(), code));
        if code != 0 {
            return steps;
        }
    }
    let mut apt: Vec<&str> =
        plan.phases.iter().flatten().flat_map(|(_, phase)| phase.apt_pkgs.iter()).map(String::as_str).collect();
    apt.sort_unstable();
    apt.dedup();
    if !apt.is_empty() {
        steps.push((apt_command(&apt.join(" ")), Vec::new(), 0));
    }
    steps
}

/// What the cloud runs for one expression. Every backend calls its own step so, whatever it does instead: what is reported
/// is the plan's command.
pub(super) fn install_command(name: &str) -> String {
    format!("nix-env -if .nixpacks/{name} && nix-collect-garbage -d")
}

/// The same for apt's packages.
pub(super) fn apt_command(packages: &str) -> String {
    format!("sudo apt-get update && sudo apt-get install -y --no-install-recommends {packages}")
}

/// What Nix prints for the first name in `names` that is none; they stand on one line, from `column` on.
fn fault(names: &[String], line: usize, column: usize, file: &str) -> Option<Vec<String>> {
    let mut at = column;
    for name in names {
        if let Some(message) = is_known_to_be_missing(name) {
            return Some(vec![
                "error:".to_owned(),
                format!("       {message}"),
                format!("       at /app/{file}:{line}:{at}:"),
                format!("           {line}| {}{}", " ".repeat(8), names.join(" ")),
                format!("             | {}^", " ".repeat(at.saturating_sub(1))),
            ]);
        }
        at += name.chars().count() + 1;
    }
    None
}

/// Nix' message for an attribute that nixpkgs is known not to have.
///
/// An attribute is a variable, and parts of it after dots. A dash may be inside of it, a digit may not begin it.
pub fn is_known_to_be_missing(name: &str) -> Option<String> {
    let first = name.split('.').next().unwrap_or(name);
    if NOT_IN_NIXPKGS.contains(&name) || NOT_IN_NIXPKGS.contains(&first) {
        return Some(format!("error: undefined variable '{first}'"));
    }
    // Nix reads the rest of `python3.11` as a number of its own.
    let rest = name.strip_prefix("python")?;
    let (major, minor) = rest.split_once('.')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (digits(major) && digits(minor)).then(|| format!("error: cannot coerce a float to a string: 0.{minor}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{List, Phase};

    fn plan(packages: &[&str]) -> Plan {
        let packages: Vec<String> = packages.iter().map(|name| (*name).to_owned()).collect();
        let phase = Phase { nix_pkgs: List(Some(packages)), nixpkgs_archive: Some("abc".into()), ..Phase::default() };
        Plan { phases: Some([("setup".to_owned(), phase)].into()), ..Plan::default() }
    }

    #[test]
    fn a_name_that_nixpkgs_lacks_is_named_with_its_place() {
        let steps = setup(&plan(&["python311", "gcc", "pip"]));
        let (title, output, code) = &steps[0];
        assert_eq!((title.as_str(), *code), ("nix-env -if .nixpacks/nixpkgs-abc.nix && nix-collect-garbage -d", 1));
        let text = output.join("\n");
        assert!(text.contains("error: undefined variable 'pip'"), "{text}");
        assert!(text.contains("at /app/.nixpacks/nixpkgs-abc.nix:19:13:"), "{text}");
        let caret = output[4].find('^').unwrap();
        assert_eq!(output[3][caret..].split(' ').next(), Some("pip"));
    }

    #[test]
    fn good_names_pass() {
        assert_eq!(setup(&plan(&["python311", "python311Packages.pip", "gcc", "ta-lib"]))[0].2, 0);
    }

    #[test]
    fn a_version_with_a_dot_is_a_number_to_nix() {
        assert!(setup(&plan(&["python3.11"]))[0].1.join("").contains("cannot coerce a float"));
    }
}
