//! Which Nix packages are asked for, and which of Nixpacks' own are lost by that.

use std::path::PathBuf;

use super::install::{drop_package, list_of};
use crate::builder::nixpacks::spellings;
use crate::check::facts::Facts;
use crate::check::finding::{Check, Finding, Findings, add_item, append_line, error, note, warning};
use crate::finding::Edit;
use crate::plan::Choice;

pub(crate) const UNKNOWN_PACKAGE: Check = error(
    "unknown-nix-package",
    "nixPkgs and nixLibs take attributes of nixpkgs, aptPkgs the names of Ubuntu's packages, and this one does not exist \
     there. Names of pip or Homebrew packages, names of the other list, and dotted Python versions are the usual mistakes.",
)
.decides();
pub(crate) const PYTHON_DROPPED: Check = error(
    "nix-python-dropped",
    "nixPkgs without \"...\" replaces the provider's packages, and this list has no Python in it. Every later command then ends with \
     `python: command not found`.",
);
pub(crate) const GCC_DROPPED: Check = note(
    "nix-compiler-dropped",
    "nixPkgs without \"...\" replaces the provider's packages, gcc among them. A requirement without a wheel can then not be built.",
);
pub(crate) const LIBS_DROPPED: Check = warning(
    "nix-libs-dropped",
    "nixLibs without \"...\" replaces the provider's libraries. Compiled wheels such as numpy then do not find libstdc++.so.6 or \
     libz.so.1.",
);

pub(crate) const COLLIDE: Check = error(
    "nix-packages-collide",
    "Nix puts all packages of the plan into one folder and stops where two bring the same file: two Pythons, two of Node, a package beside the one \
     that contains it. `\"...\"` brings the provider's own Python and gcc along.",
)
.decides_or_doubts();

const SNAP: Check = warning(
    "apt-package-is-a-snap",
    "Ubuntu 24.04, the system of Nixpacks' image, has browsers as snaps alone. Its packages of their names install a script that asks for the \
     snap and ends, since no snap runs in a container. Nixpkgs has the browsers and their drivers.",
);

pub(super) const CHECKS: &[Check] = &[COLLIDE, SNAP, UNKNOWN_PACKAGE, PYTHON_DROPPED, GCC_DROPPED, LIBS_DROPPED];

/// Names that people put into nixPkgs and nixpkgs does not have, with the ones it does.
const NO_ATTRIBUTES: &[(&str, &str)] = &[
    ("pip", ""),
    ("pip3", ""),
    ("python3-pip", ""),
    ("python-pip", ""),
    ("python3-venv", ""),
    ("python3-dev", ""),
    ("python", "python3"),
    ("python3.9", "python39"),
    ("python3.10", "python310"),
    ("python3.11", "python311"),
    ("python3.12", "python312"),
    ("python3.13", "python313"),
    ("build-essential", "gcc"),
    ("g++", "gcc"),
    ("libpq-dev", "postgresql_16.dev"),
    ("libpq", "postgresql_16.lib"),
    ("postgresql-client", "postgresql_16"),
    ("libmysqlclient-dev", "libmysqlclient.dev"),
    ("default-libmysqlclient-dev", "libmysqlclient.dev"),
    ("libgl1", "libGL"),
    ("libgl1-mesa-glx", "libGL"),
    ("libglib2.0-0", "glib"),
    ("libffi-dev", "libffi.dev"),
    ("libssl-dev", "openssl.dev"),
    ("tesseract-ocr", "tesseract"),
    ("poppler-utils", "poppler_utils"),
    ("libmagic", "file"),
    ("libmagic1", "file"),
    ("libsndfile1", "libsndfile"),
    ("portaudio19-dev", "portaudio"),
    ("default-jre", "jre"),
    ("chromium-browser", "chromium"),
    ("chromium-chromedriver", "chromedriver"),
    ("nodejs-18", "nodejs_18"),
    ("node", "nodejs"),
    ("wkhtmltopdf-bin", "wkhtmltopdf"),
];

/// Packages that people remember from other systems and Ubuntu 24.04 does not have, with the ones it does.
const NO_APT: &[(&str, &str)] = &[
    ("libgl1-mesa-glx", "libgl1"),
    ("libegl1-mesa", "libegl1"),
    ("libgles2-mesa", "libgles2"),
    ("libasound2", "libasound2t64"),
    ("libssl1.1", "libssl3t64"),
    ("libffi7", "libffi8"),
    ("libjpeg62-turbo", "libjpeg-turbo8"),
    ("libjpeg62-turbo-dev", "libjpeg-dev"),
    ("chromium", ""),
    ("chromium-driver", ""),
    ("firefox-esr", ""),
    ("google-chrome-stable", ""),
    ("libgconf-2-4", ""),
    ("libjasper-dev", ""),
    ("python-pip", ""),
    ("python-dev", "python3-dev"),
    ("python3.8", ""),
    ("python3.9", ""),
    ("python3.10", ""),
    ("python3.11", ""),
];

/// Packages of Ubuntu 24.04 that hold nothing but a script which sends its caller to a snap, and what nixpkgs has in their place.
const SNAPS: &[(&str, &str)] =
    &[("chromium-browser", "chromium"), ("chromium-chromedriver", "chromedriver"), ("firefox", "firefox")];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.is_python() && facts.plan().is_some() {
        unknown_packages(facts, findings);
        unknown_to_apt(facts, findings);
        snaps(facts, findings);
        dropped(facts, findings);
        two_pythons(facts, findings);
    }
}

/// A Python of the user's beside the provider's: both bring bin/python3. The second version of 2 gives way by a priority of its own.
fn two_pythons(facts: &Facts<'_>, findings: &mut Findings) {
    const DEFAULT: &str = "python312";
    let release = |name: &str| -> Option<String> {
        let digits = name.strip_prefix("python3")?;
        digits
            .bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| if digits.is_empty() { DEFAULT.to_owned() } else { name.to_owned() })
    };
    let choices: Vec<_> =
        facts.choices("phases.setup.nixPkgs").filter_map(|choice| Some((release(&choice.value)?, choice))).collect();
    let Some((first, _)) = choices.first() else { return };
    let Some((other, choice)) = choices.iter().find(|(other, _)| other != first) else { return };
    // The one that somebody wrote is the one to drop, and the release that is wanted.
    let (wanted, written) = match facts.keyed(&choice.because) {
        Some(_) => (other, choice),
        None => (first, &choices[0].1),
    };
    let names: Vec<&str> = choices.iter().map(|(_, choice)| choice.value.as_str()).collect();
    let finding = COLLIDE
        .found(format!("{} both bring bin/python3, and Nix takes only one of them", names.join(" and ")))
        .about(written.value.as_str())
        .at(written.because.clone(), facts.line(&written.because))
        .likely();
    let version = format!("3.{}", wanted.trim_start_matches("python3"));
    let says =
        ["runtime.txt", ".python-version", ".tool-versions", "Pipfile"].iter().any(|name| facts.app.has_file(name));
    let edits = drop_package(facts, written)
        .into_iter()
        .chain((!says).then(|| append_line(facts.app.place(".python-version"), &*version)));
    let edits: Vec<Edit> = edits.collect();
    findings.push(
        finding
            .help("say the release of Python in .python-version, not by a second package")
            .fix(format!("take Python {version} by .python-version in place of {}", written.value), edits),
    );
}

fn unknown_packages(facts: &Facts<'_>, findings: &mut Findings) {
    for choice in facts.choices("phases.setup.nixPkgs").chain(facts.choices("phases.setup.nixLibs")) {
        let Some((name, instead)) = NO_ATTRIBUTES.iter().find(|(name, _)| *name == choice.value) else { continue };
        let finding = UNKNOWN_PACKAGE.found(format!("nixpkgs has no package `{name}`")).about(*name);
        let finding = finding.at(choice.because.clone(), facts.line(&choice.because));
        let finding = match (instead.is_empty(), drop_package(facts, choice)) {
            (true, Some(edit)) => {
                finding.fix(format!("remove {name}: the virtual environment has its own pip"), vec![edit])
            }
            (false, Some(Edit::RemoveItem { path, key, item })) => {
                finding.fix(format!("say {instead}"), swapped(path, key, item, instead))
            }
            (false, _) => finding.help(format!("nixpkgs calls it {instead}")),
            (true, None) => finding.help("leave it out"),
        };
        findings.push(finding);
    }
}

/// One item of a list in the place of another.
fn swapped(path: PathBuf, key: Vec<String>, item: String, instead: &str) -> Vec<Edit> {
    let added = Edit::AddItem { path: path.clone(), key: key.clone(), item: instead.to_owned(), first: false };
    vec![Edit::RemoveItem { path, key, item }, added]
}

fn unknown_to_apt(facts: &Facts<'_>, findings: &mut Findings) {
    // That image is Debian 11, where some of them are still to be had.
    if facts.variable("NIXPACKS_DEBIAN").is_some() {
        return;
    }
    for choice in facts.choices("phases.setup.aptPkgs") {
        let Some((name, instead)) = NO_APT.iter().find(|(name, _)| *name == choice.value) else { continue };
        let finding = UNKNOWN_PACKAGE.found(format!("Ubuntu 24.04, the image's system, has no package `{name}`"));
        let finding = finding.about(*name).at(choice.because.clone(), facts.line(&choice.because));
        let replaced = match drop_package(facts, choice) {
            Some(Edit::RemoveItem { path, key, item }) if !instead.is_empty() => {
                Some((format!("say {instead}"), swapped(path, key, item, instead)))
            }
            Some(Edit::RemoveKey { path, key }) if !instead.is_empty() => {
                let value = serde_json::json!([instead]);
                Some((format!("say {instead}"), vec![Edit::SetKey { path, key, value }]))
            }
            Some(edit) => Some((format!("remove {name}"), vec![edit])),
            None => None,
        };
        findings.push(match replaced {
            Some((summary, edits)) => finding.fix(summary, edits),
            None if instead.is_empty() => finding.help("leave it out"),
            None => finding.help(format!("Ubuntu calls it {instead}")),
        });
    }
}

fn snaps(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.variable("NIXPACKS_DEBIAN").is_some() {
        return;
    }
    for choice in facts.choices("phases.setup.aptPkgs") {
        let Some((name, instead)) = SNAPS.iter().find(|(name, _)| *name == choice.value) else { continue };
        let finding = SNAP.found(format!("Ubuntu's {name} is only a pointer to a snap, which no container runs"));
        let finding = finding
            .about(*name)
            .at(choice.because.clone(), facts.line(&choice.because))
            .help(format!("take {instead} of nixPkgs: its program is on PATH by that name, not in /usr/bin"));
        let Some(dropped) = drop_package(facts, choice) else {
            findings.push(finding);
            continue;
        };
        let (path, key) = (facts.config_path(), ["phases", "setup", "nixPkgs"]);
        let has_list = facts.config().is_some_and(|file| file.get(&key).is_some());
        let keep = (!has_list).then(|| add_item(&path, &key, "...", true));
        let edits = [dropped].into_iter().chain(keep).chain([add_item(&path, &key, instead, false)]);
        findings.push(finding.fix(format!("take {instead} of nixPkgs in its place"), edits.collect()));
    }
}

fn dropped(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(setup) = facts.phase("setup") else { return };
    let lost = |what: &'static str| facts.choices(what).next().filter(|choice| facts.keyed(&choice.because).is_some());
    if let Some(choice) = lost("phases.setup.nixPkgs") {
        let has = |start: &str| setup.nix_pkgs.iter().any(|package| package.trim_start_matches('(').starts_with(start));
        let python = ["python", "pypy", "uv", "conda", "micromamba", "poetry"].into_iter().any(has);
        if !python {
            findings.push(refill(
                facts,
                PYTHON_DROPPED.found("this nixPkgs list replaces Nixpacks' own, and has no Python in it"),
                choice,
            ));
        } else if !has("gcc") && !has("clang") && !has("stdenv") {
            findings.push(refill(
                facts,
                GCC_DROPPED.found("this nixPkgs list replaces Nixpacks' own, gcc among it"),
                choice,
            ));
        }
    }
    if let Some(choice) = lost("phases.setup.nixLibs")
        && !setup.nix_libs.iter().any(|lib| lib.contains("cc.lib"))
    {
        findings.push(refill(
            facts,
            LIBS_DROPPED.found("this nixLibs list replaces Nixpacks' own, libstdc++ among it").about("libstdc++.so.6"),
            choice,
        ));
    }
}

fn refill(facts: &Facts<'_>, finding: Finding, choice: &Choice) -> Finding {
    let finding = finding.at(choice.because.clone(), facts.line(&choice.because));
    let names = spellings(if choice.what.ends_with("nixLibs") { "nixLibs" } else { "nixPkgs" });
    let Some(file) = facts.keyed(&choice.because) else { return finding };
    let Some((key, _)) = list_of(file, "setup", names) else { return finding };
    let edit = Edit::AddItem { path: file.path.clone(), key, item: "...".to_owned(), first: true };
    finding.fix("put \"...\" first, to keep what Nixpacks adds", vec![edit])
}
