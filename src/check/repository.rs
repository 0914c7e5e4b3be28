//! What a checkout here holds and a fetched repository may not: files of Git LFS, submodules, what links lead to.

use std::path::Path;

use ignore::gitignore::GitignoreBuilder;

use super::facts::Facts;
use super::facts::paths::opened;
use super::finding::{Check, Finding, Findings, error, warning};
use crate::finding::Severity;

pub(crate) const POINTER: Check = error(
    "git-lfs-pointer",
    "Git LFS keeps the file elsewhere and commits a pointer of three lines in its place. A platform that fetches the repository without Git \
     LFS deploys the pointer, and whatever reads the file finds text.",
);
const SUBMODULE: Check = warning(
    "module-in-submodule",
    "The folder is a git submodule: the repository holds its commit's name, not its files. A platform that does not fetch submodules, or \
     has no right to, deploys an empty folder.",
);
pub(crate) const LINK: Check = error(
    "link-leads-out",
    "The link leads out of the folder that is deployed. The deploy has the link, and nothing behind it.",
);

pub(super) const CHECKS: &[Check] = &[POINTER, SUBMODULE, LINK];

/// What every pointer begins with, by the specification of Git LFS.
const HEAD: &str = "version https://git-lfs.github.com/spec/v1";
/// No pointer is longer.
const LARGEST: u64 = 1024;
/// Links of the root folder that are looked at.
const MOST: usize = 500;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    large_files(facts, findings);
    submodules(facts, findings);
    links(facts, findings);
}

fn is_pointer(facts: &Facts<'_>, file: &str) -> bool {
    let is_small = std::fs::metadata(facts.app.root().join(file)).is_ok_and(|found| found.len() <= LARGEST);
    is_small && facts.app.read_text(file).is_ok_and(|text| text.starts_with(HEAD))
}

fn large_files(facts: &Facts<'_>, findings: &mut Findings) {
    let attributes = facts.app.has_file(".gitattributes").then(|| facts.app.read_text(".gitattributes").ok()).flatten();
    let rules: Vec<(usize, String)> = attributes
        .iter()
        .flat_map(|text| text.lines().enumerate())
        .filter(|(_, line)| line.contains("filter=lfs"))
        .map(|(index, line)| (index + 1, line.to_owned()))
        .collect();
    let ruling = |file: &str| {
        rules.iter().rev().find(|(_, line)| {
            let pattern = line.split_whitespace().next().unwrap_or_default();
            let mut builder = GitignoreBuilder::new("");
            let built = builder.add_line(None, pattern).ok().and_then(|builder| builder.build().ok());
            built.is_some_and(|rules| rules.matched(file, false).is_ignore())
        })
    };
    for module in facts.reached() {
        for read in opened(&facts.app, module) {
            let by = facts.app.line(&module.path, Some(read.line));
            let rule = ruling(&read.file);
            let at = |finding: Finding| match rule {
                Some((line, text)) => finding.at(facts.app.line(".gitattributes", Some(*line)), text),
                None => finding,
            };
            let help = "take the file out of Git LFS (`git lfs untrack`, then commit it), or fetch it while the app is built or starts, from a store of your own";
            if is_pointer(facts, &read.file) {
                let finding = POINTER
                    .found(format!(
                        "{} is a pointer of Git LFS, not the file, and {} opens it",
                        read.file,
                        module.path.display()
                    ))
                    .about(&*read.file)
                    .at(facts.app.line(&read.file, Some(1)), HEAD)
                    .at(by, "");
                let finding =
                    if module.is_certain && read.is_certain { finding } else { finding.severity(Severity::Warning) };
                findings.push(at(finding).help(help));
            } else if rule.is_some() {
                let finding = POINTER
                    .found(format!(
                        "{} is kept in Git LFS: without it the deploy has a pointer in its place",
                        read.file
                    ))
                    .about(&*read.file)
                    .severity(Severity::Warning)
                    .likely();
                findings.push(at(finding).at(by, "").help(help));
            }
        }
    }
}

fn submodules(facts: &Facts<'_>, findings: &mut Findings) {
    let Some(text) = facts.app.has_file(".gitmodules").then(|| facts.app.read_text(".gitmodules").ok()).flatten()
    else {
        return;
    };
    let paths = text.lines().enumerate().filter_map(|(index, line)| {
        let (key, path) = line.split_once('=')?;
        (key.trim() == "path").then(|| (index + 1, line, path.trim().trim_matches('"')))
    });
    for (line, written, path) in paths {
        let inside = |file: &Path| file.starts_with(path);
        let by = facts.reached().iter().find(|module| inside(&module.path));
        let Some(by) = by else { continue };
        let finding = SUBMODULE
            .found(format!("{path} is a git submodule, and the start imports {} from it", by.path.display()))
            .about(path)
            .at(facts.app.line(".gitmodules", Some(line)), written)
            .likely();
        let place = by.importer.as_ref().map(|(importer, line)| facts.app.line(importer, Some(*line)));
        let finding = match place {
            Some(place) => finding.at(place, ""),
            None => finding,
        };
        findings.push(finding.help(format!(
            "see that the platform fetches submodules (and may read that repository), or require it from git in requirements.txt, or commit the files of {path}"
        )));
    }
}

/// Links of the root folder and of the started files' that lead out of what is deployed.
fn links(facts: &Facts<'_>, findings: &mut Findings) {
    let root = facts.app.root();
    let Ok(home) = root.canonicalize() else { return };
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten().take(MOST);
    let mut links: Vec<_> = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink())).collect();
    links.sort_by_key(std::fs::DirEntry::file_name);
    for link in links {
        let Some(name) = link.file_name().to_str().map(str::to_owned) else { continue };
        let Ok(target) = std::fs::read_link(link.path()) else { continue };
        let leads_out = link.path().canonicalize().map_or(target.is_absolute(), |real| !real.starts_with(&home));
        let stem = name.strip_suffix(".py").unwrap_or(&name);
        if !leads_out || matches!(stem, "venv" | ".venv" | "env" | "node_modules") {
            continue;
        }
        let is_word = |text: &str| super::facts::code::has_word(text, stem);
        let user = facts.reached().iter().find_map(|module| {
            let statement = module.code.statements.iter().find(|statement| is_word(&statement.text))?;
            Some((module, statement))
        });
        let Some((module, statement)) = user else { continue };
        let is_import = statement.text.starts_with("import ") || statement.text.starts_with("from ");
        let finding = LINK
            .found(format!("{name} is a link to {}, which is not in the folder that is deployed", target.display()))
            .about(&*name)
            .at(facts.app.file(&name), "")
            .at(facts.app.line(&module.path, Some(statement.line)), &statement.text);
        let finding =
            if is_import && module.is_certain { finding } else { finding.severity(Severity::Warning).likely() };
        findings.push(finding.help(format!(
            "put what it leads to into the folder, or deploy the folder above with a start command for this one; {name} itself is committed as a link"
        )));
    }
}
