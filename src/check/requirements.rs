//! Lines of requirements.txt that pip cannot use in the cloud.

use std::path::Path;

use super::facts::Facts;
use super::facts::python;
use super::facts::requirements::{REQUIREMENTS, applies, is_used};
use super::facts::siblings::{beside, leaves};
use super::finding::{Check, Finding, Findings, error, note, remove_line, replace_line, warning};
use crate::finding::{Edit, Severity};
use crate::log::pattern::Pattern;
use crate::project::requirements::{Entry, Invalid, Origin, repaired};
use crate::project::{Encoding, Source, decode};

pub(crate) const ENCODING: Check = error(
    "requirements-encoding",
    "The file was saved as UTF-16 (PowerShell's `>` does that) or in an old code page, and the installer cannot decode it.",
);
pub(crate) const INVALID: Check = error(
    "invalid-requirement",
    "pip stops at the first line of a requirements file that it cannot parse, and installs nothing. A command, a merge \
     marker, a single `=`, a bullet or prose got into the file.",
);
pub(crate) const MISSING: Check = error(
    "requirements-file-missing",
    "The install command, or a line of another requirements file, names a file that is not in the build. It lies in another \
     folder, is spelt otherwise, not committed, or ignored.",
);
pub(crate) const LOCAL: Check = error(
    "local-path-requirement",
    "`pip freeze` writes `@ file:///…` for packages that conda or a local folder brought. No other machine has that path.",
);
pub(crate) const WHEEL: Check = error(
    "wheel-wrong-platform",
    "The requirements name a wheel file directly, and its tags do not fit the machine that builds (Linux x86-64) or its \
     Python.",
);
pub(crate) const WINDOWS: Check = error(
    "windows-only-requirement",
    "The package has nothing to install on Linux; it came into the requirements from a `pip freeze` on Windows. A marker \
     keeps the line for Windows alone.",
);
pub(crate) const PHANTOM: Check = error(
    "no-matching-distribution",
    "The index has no such package, or not in that version. A misspelt name, a version that was never published, a module \
     of the standard library, a private package, and the pkg-resources==0.0.0 that Debian's own pip lists are the usual \
     reasons.",
);
const MACOS: Check = error(
    "macos-only-requirement",
    "The package exists for macOS only, and cannot be installed on Linux. A marker keeps the line for macOS alone.",
);
pub(crate) const SSH: Check = warning(
    "git-auth-failed",
    "A private repository cannot be cloned: a build has no SSH key, and nobody to type a password. An https address with a \
     token in a variable works.",
);
const GIT: Check = note(
    "git-requirement",
    "The package is cloned with git, which the base image has. A private repository needs a token, and without a commit or tag every \
     build may get something else.",
);
pub(super) const UNPINNED: Check = note(
    "unpinned-requirements",
    "Without == a build takes the newest version of the day, so that a deploy may break without any change. `pip freeze` writes the \
     versions that work.",
);

pub(super) const CHECKS: &[Check] =
    &[ENCODING, INVALID, MISSING, LOCAL, WHEEL, WINDOWS, PHANTOM, MACOS, SSH, GIT, UNPINNED];

/// After as many broken lines the file is none of requirements.
const MOST: usize = 20;
const WINDOWS_ONLY: [&str; 17] = [
    "pywin32",
    "pypiwin32",
    "pywinpty",
    "wmi",
    "windows-curses",
    "pythonwin",
    "win10toast",
    "pyhook",
    "pywinhook",
    "wexpect",
    "twisted-iocpsupport",
    "tensorflow-intel",
    "winsdk",
    "dxcam",
    "pywin",
    "winrt-runtime",
    "mouseinfo-win",
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if facts.is_python() {
        named_files(facts, findings);
    }
    if !facts.is_python() || !facts.app.has_file(REQUIREMENTS) || !is_used(facts) {
        return;
    }
    encoding(facts, findings);
    let found = facts.requirements();
    if found.files.iter().any(|(_, encoding)| *encoding == Encoding::Unknown) || findings.has_error(&ENCODING) {
        return;
    }
    merge(facts, &found.invalid, findings);
    for invalid in found.invalid.iter().filter(|invalid| !is_marker(&invalid.text)).take(MOST) {
        findings.push(unusable(facts, invalid));
    }
    let python = python::planned(facts).unwrap_or_else(|| "3.12".to_owned());
    let mut loose: Vec<&Entry> = Vec::new();
    for entry in found.packages.iter().filter(|entry| !entry.is_constraint && applies(entry, &python)) {
        match &entry.requirement.origin {
            Origin::Path(place) | Origin::Url(place) if wheel(entry, place, &python, findings) => {}
            Origin::Path(path) => local(facts, entry, path, findings),
            Origin::Repository(url) => repository(entry, url, findings),
            Origin::Url(_) => {}
            Origin::Index => {
                elsewhere(entry, findings);
                if entry.requirement.pinned().is_none() && entry.requirement.hashes.is_empty() {
                    loose.push(entry);
                }
            }
        }
    }
    let constrained = found.packages.iter().any(|entry| entry.is_constraint);
    if let ([first, ..], false) = (&loose[..], constrained) {
        let names: Vec<&str> = loose.iter().take(4).filter_map(|entry| entry.requirement.name.as_deref()).collect();
        let more = loose.len().saturating_sub(names.len());
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let finding = UNPINNED.found(format!("without a fixed version: {}{more}", names.join(", ")));
        findings.push(finding.at(first.source(), &first.written));
    }
}

fn encoding(facts: &Facts<'_>, findings: &mut Findings) {
    for (path, encoding) in &facts.requirements().files {
        let Ok(bytes) = facts.project.read(path) else { continue };
        let (name, text) = match encoding {
            Encoding::Utf8 | Encoding::Utf8Bom if !bytes.contains(&0) => continue,
            Encoding::Utf16Le | Encoding::Utf16Be => ("UTF-16", decode(&bytes).text),
            _ if bytes.len() > 1 && bytes[1] == 0 => {
                ("UTF-16 without a mark", decode(&[&[0xFF, 0xFE], &bytes[..]].concat()).text)
            }
            _ => ("neither UTF-8 nor UTF-16", String::new()),
        };
        let finding = ENCODING.found(format!("{} is {name}, where UTF-8 is expected", path.display()));
        // pip itself understands the mark; Nixpacks and other installers do not.
        let severity = if name == "UTF-16" { Severity::Warning } else { Severity::Error };
        let edits = match text.is_empty() {
            true => Vec::new(),
            false => vec![Edit::WriteFile { path: path.clone(), text }],
        };
        findings.push(
            finding
                .severity(severity)
                .at(Source::file(path), "")
                .help("save it as UTF-8")
                .fix("write it as UTF-8", edits),
        );
    }
}

fn unusable(facts: &Facts<'_>, invalid: &Invalid) -> Finding {
    let line = facts.line(&invalid.source);
    let check = if invalid.why.contains("cannot be read") { &MISSING } else { &INVALID };
    let finding =
        check.found(format!("pip cannot use this line: {}", invalid.why)).at(invalid.source.clone(), &invalid.text);
    let Source::File { path, line: Some(number) } = &invalid.source else { return finding };
    match repaired(&line) {
        Some(text) => {
            let summary = format!("write {}", text.replace('\n', ", "));
            finding.fix(summary, vec![replace_line(path, *number, &line, text)])
        }
        None => finding,
    }
}

fn is_marker(line: &str) -> bool {
    ["<<<<<<<", "=======", ">>>>>>>", "|||||||"].iter().any(|marker| line.starts_with(marker))
}

/// What a merge left behind, as one finding; the first side is kept.
fn merge(facts: &Facts<'_>, invalid: &[Invalid], findings: &mut Findings) {
    let markers: Vec<&Invalid> = invalid.iter().filter(|invalid| is_marker(&invalid.text)).collect();
    let Some(Source::File { path, .. }) = markers.first().map(|first| &first.source) else { return };
    let finding = INVALID.found("a merge left its markers in the file").about(&markers[0].text);
    let finding =
        markers.iter().take(MOST).fold(finding, |finding, marker| finding.at(marker.source.clone(), &marker.text));
    let text = facts.project.read_text(path).unwrap_or_default();
    let mut other = false;
    let mut edits = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let gone = is_marker(line) || other;
        other = (other || line.starts_with("=======") || line.starts_with("|||||||")) && !line.starts_with(">>>>>>>");
        if gone {
            edits.push(remove_line(path, index + 1, line));
        }
    }
    edits.reverse();
    findings.push(finding.help("see whether the other side was meant").fix("keep the first side of the merge", edits));
}

/// Files that commands name and the project does not have.
fn named_files(facts: &Facts<'_>, findings: &mut Findings) {
    for choice in facts.install_choices().chain(facts.build_choices()) {
        let words: Vec<&str> = choice.value.split_whitespace().collect();
        let named = words
            .windows(2)
            .filter(|pair| matches!(pair[0], "-r" | "--requirement"))
            .map(|pair| pair[1].trim_end_matches(';'));
        let moved = ["cd ", "export", "curl", "cp ", ">"].iter().any(|way| choice.value.contains(way));
        for file in named.filter(|file| file.ends_with(".txt") && !file.starts_with(['/', '$', '.'])) {
            if moved || facts.app.has_file(file) {
                continue;
            }
            let finding = MISSING.found(format!("{file} is not in the project")).about(file);
            findings.push(finding.at(choice.because.clone(), &choice.value));
        }
    }
}

/// Whether the line names a wheel that does not fit, by the tags in its name.
fn wheel(entry: &Entry, place: &str, python: &str, findings: &mut Findings) -> bool {
    let file = place.split(['#', '?']).next().unwrap_or_default().rsplit(['/', '\\']).next().unwrap_or_default();
    let Some(stem) = file.trim().strip_suffix(".whl") else { return false };
    let tags: Vec<&str> = stem.rsplit('-').take(3).collect();
    let [platform, abi, interpreter] = tags[..] else { return false };
    let of_linux = |tag: &str| tag == "any" || tag.contains("linux");
    let own = format!("cp{}", python.replace('.', ""));
    let of_python = |tag: &str| tag.starts_with("py") || tag == own || abi.contains("abi3");
    let message = if !platform.split('.').any(of_linux) {
        format!("{file} is made for {platform}")
    } else if !interpreter.split('.').any(of_python) {
        format!("{file} is made for {interpreter}, and the plan takes Python {python}")
    } else {
        return false;
    };
    let finding = WHEEL.found(message).about(file).at(entry.source(), &entry.written);
    let name = entry.requirement.name.clone().filter(|_| entry.lines.start() == entry.lines.end());
    findings.push(match name {
        Some(name) => {
            let edit = replace_line(&entry.path, *entry.lines.start(), &entry.written, name.clone());
            finding.fix(format!("take {name} from the index"), vec![edit])
        }
        None => finding,
    });
    true
}

/// A path or file URL.
fn local(facts: &Facts<'_>, entry: &Entry, path: &str, findings: &mut Findings) {
    let path = path.strip_prefix("file:///app/").or_else(|| path.strip_prefix("/app/")).unwrap_or(path);
    let inside = path.strip_prefix("file:").unwrap_or(path).trim_start_matches("./");
    let inside = inside.split(['#', '[']).next().unwrap_or_default().trim();
    let is_absolute = path.starts_with("file:///")
        || inside.starts_with('/')
        || inside.contains('\\')
        || inside.get(1..2) == Some(":");
    if !is_absolute && (inside.is_empty() || inside == "." || facts.app.root().join(inside).exists()) {
        return;
    }
    let number = *entry.lines.start();
    let single = entry.lines.start() == entry.lines.end();
    if let Some(meant) = beside(&facts.app, entry, inside).filter(|_| !is_absolute) {
        let meant = format!("./{}", meant.display());
        let what = format!("pip looks for {path} from the folder that is deployed, where it is {meant}");
        let finding = LOCAL.found(what).about(path).at(entry.source(), &entry.written);
        let edit = replace_line(&entry.path, number, &entry.written, entry.written.replacen(path, &meant, 1));
        let finding = finding.help("name it from that folder, whichever file the line stands in");
        return findings.push(if single { finding.fix(format!("write {meant}"), vec![edit]) } else { finding });
    }
    // That it is out of reach is said by the check of workspaces.
    if !is_absolute && leaves(Path::new(inside)) {
        return;
    }
    let finding =
        LOCAL.found(format!("{path} is not part of the project")).about(path).at(entry.source(), &entry.written);
    findings.push(match (&entry.requirement.name, single) {
        (Some(name), true) if entry.written.contains('@') => finding.fix(
            format!("take {name} from the index"),
            vec![replace_line(&entry.path, number, &entry.written, name.clone())],
        ),
        (_, true) => finding.fix("remove the line", vec![remove_line(&entry.path, number, &entry.written)]),
        _ => finding,
    });
}

fn repository(entry: &Entry, url: &str, findings: &mut Findings) {
    // What has no scheme (`git@host:path`) is SSH too. An `@` alone may stand before a token or a revision.
    let ssh = url.contains("ssh://") || url.contains('@') && !url.contains("://");
    let what = entry.requirement.name.as_deref().unwrap_or(url);
    let finding = match ssh {
        true => SSH.found(format!("{what} is cloned over SSH, and the build has no key")),
        false => GIT.found(format!("{what} is cloned with git; a private repository needs a token")),
    };
    findings.push(finding.about(what).at(entry.source(), &entry.written));
}

/// A model of spaCy, by the name that its release has.
static MODEL: Pattern = Pattern::ascii(r"^[a-z]{2}-(?:core|dep|ent)-(?:web|news|wiki|sci|bnpp)-(?:sm|md|lg|trf)$");

/// The address of a model's release where spaCy keeps them, for one that is required by its name and version.
fn spacy_model(entry: &Entry) -> Option<String> {
    let name = entry.requirement.name.as_deref().filter(|name| MODEL.is_match(name))?;
    let version = entry.requirement.pinned().filter(|_| entry.requirement.origin == Origin::Index)?;
    let file = format!("{}-{version}", name.replace('-', "_"));
    Some(format!("https://github.com/explosion/spacy-models/releases/download/{file}/{file}-py3-none-any.whl"))
}

/// Packages of other systems, and of other places.
fn elsewhere(entry: &Entry, findings: &mut Findings) {
    let Some(name) = entry.requirement.name.as_deref() else { return };
    if name == "pkg-resources" {
        let finding = PHANTOM.found("pkg-resources is on no index").about(name).at(entry.source(), &entry.written);
        return findings.push(
            finding.fix("remove the line", vec![remove_line(&entry.path, *entry.lines.start(), &entry.written)]),
        );
    }
    if let Some(url) = spacy_model(entry) {
        let finding = PHANTOM.found(format!("{name} is one of spaCy's models, which are on no index"));
        let finding =
            finding.about(name).at(entry.source(), &entry.written).help(format!("require it by its address: {url}"));
        let single = entry.lines.start() == entry.lines.end();
        let edit = single.then(|| replace_line(&entry.path, *entry.lines.start(), &entry.written, url.clone()));
        return findings.push(finding.fix("require it by its address", edit.into_iter().collect()));
    }
    let (check, platform, system) = if WINDOWS_ONLY.contains(&name) {
        (&WINDOWS, "win32", "Windows")
    } else if name.starts_with("pyobjc") {
        (&MACOS, "darwin", "macOS")
    } else {
        return;
    };
    let finding =
        check.found(format!("{name} exists for {system} only")).about(name).at(entry.source(), &entry.written);
    let single =
        entry.lines.start() == entry.lines.end() && !entry.written.contains('#') && entry.requirement.marker.is_none();
    let text = format!("{}; sys_platform == \"{platform}\"", entry.written.trim_end());
    let edits =
        if single { vec![replace_line(&entry.path, *entry.lines.start(), &entry.written, text)] } else { Vec::new() };
    findings.push(
        finding
            .help(format!("remove it, or install it on {system} only"))
            .fix(format!("install it on {system} only"), edits),
    );
}
