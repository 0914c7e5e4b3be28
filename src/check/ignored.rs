//! Files that the plan needs and that ignore files keep out of the deploy.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::facts::reach::opened;
use super::finding::{Check, Finding, Findings, error};
use super::subject::Subject;
use crate::finding::{Edit, Severity};
use crate::project::{Project, Source};

pub(crate) const IGNORED: Check = error(
    "needed-file-ignored",
    "An ignore file keeps this file out of the deploy, though the build or the start needs it. .dockerignore counts while the image is \
     built, .gitignore and .railwayignore when the folder is uploaded, and a file ignored by git is not in the repository.",
);

pub(super) const CHECKS: &[Check] = &[IGNORED];

const FILES: [&str; 3] = [".dockerignore", ".gitignore", ".railwayignore"];
const NEEDED: [&str; 12] = [
    "requirements.txt",
    "pyproject.toml",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "main.py",
    "manage.py",
    "nixpacks.toml",
    "Procfile",
    "runtime.txt",
];

pub(super) fn look(subject: &Subject<'_>, findings: &mut Findings) {
    let app = &subject.app;
    let present: Vec<&str> = NEEDED.into_iter().filter(|name| app.has_file(name)).collect();
    let started = super::start::Start::of(subject).and_then(|start| {
        let file = start.command.split_whitespace().find(|word| word.ends_with(".py"))?;
        app.has_file(file).then_some(file)
    });
    for name in FILES {
        let Some(rules) = rules(app, name) else { continue };
        // What is built may write modules and data.
        let follows = !super::entry::builds(subject);
        for module in subject.loaded().filter(|_| follows) {
            if let Some((importer, line)) = &module.importer {
                let shown = module.path.display().to_string();
                let by = app.line(importer, Some(*line));
                findings.extend(left_out(app, name, &rules, &shown, &format!("{} imports", importer.display()), by));
            }
            for read in opened(app, module) {
                let by = app.line(&module.path, Some(read.line));
                let how = format!("{} opens", module.path.display());
                let finding = left_out(app, name, &rules, &read.file, &how, by).map(Finding::likely);
                // A function may never be called.
                findings.extend(match read.is_certain {
                    true => finding,
                    false => finding.map(|finding| finding.severity(Severity::Warning)),
                });
            }
        }
        for needed in present.iter().copied().chain(started.filter(|file| !present.contains(file))) {
            let Some((place, rule)) = ignoring(app, name, &rules, needed) else { continue };
            let finding = IGNORED.found(format!("{name} keeps {needed} out of the deploy, which needs it"));
            let finding = finding.about(needed).severity(severity(name)).at(place, rule).at(app.file(needed), "");
            let edit = Edit::AppendLine { path: app.place(name), text: format!("!{needed}") };
            findings.push(finding.fix(format!("except {needed} in {name}"), vec![edit]));
        }
    }
}

/// A file that the code reaches and a rule leaves out. It may be left out because it holds secrets: only what .dockerignore
/// alone keeps out, and what does not sound like a secret, is let in by an edit.
fn left_out(app: &Project, name: &str, rules: &Gitignore, file: &str, how: &str, by: Source) -> Option<Finding> {
    let (place, rule) = ignoring(app, name, rules, file)?;
    // A folder's own file may let it in again.
    let below = Path::new(file).ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty());
    if below.into_iter().any(|folder| app.has_file(folder.join(name))) {
        return None;
    }
    let finding = IGNORED.found(format!("{name} keeps {file} out of the deploy, and {how} it")).about(file);
    let finding = finding.severity(severity(name)).at(place, rule).at(by, "");
    let finding = finding.help("let it in, or, where it holds secrets, read those from variables instead");
    let edit = Edit::AppendLine { path: app.place(name), text: format!("!{file}") };
    let committed = name == ".dockerignore" && !sounds_secret(file) && !by_git(app, file, false);
    Some(finding.fix(format!("except {file} in {name}"), if committed { vec![edit] } else { Vec::new() }))
}

/// Whether a file has a name that secrets go by.
fn sounds_secret(file: &str) -> bool {
    const SECRET: &[&str] =
        &[".env", "secret", "credential", "token", "password", ".pem", ".key", ".p12", "id_rsa", "service_account"];
    let file = file.to_lowercase();
    SECRET.iter().any(|word| file.contains(word))
}

/// Git goes on tracking what was added before it was ignored.
fn severity(name: &str) -> Severity {
    if name == ".gitignore" { Severity::Warning } else { Severity::Error }
}

/// The rule that ignores a file, and its place.
fn ignoring(app: &Project, name: &str, rules: &Gitignore, file: &str) -> Option<(Source, String)> {
    let matched = rules.matched_path_or_any_parents(file, false);
    let rule = matched.inner().filter(|_| matched.is_ignore())?.original().to_owned();
    let text = app.read_text(name).unwrap_or_default();
    let line = text.lines().position(|line| line.trim() == rule).map(|line| line + 1);
    Some((app.line(name, line), rule))
}

fn rules(project: &Project, name: &str) -> Option<Gitignore> {
    let text = project.has_file(name).then(|| project.read_text(name).ok())??;
    let mut builder = GitignoreBuilder::new("");
    for line in text.lines() {
        // .dockerignore means the root where git means any folder; for files of the root both are alike.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok()
}

/// Whether the project's own .gitignore ignores something in its root.
pub(super) fn by_git(project: &Project, name: &str, is_folder: bool) -> bool {
    let ignores = |rules: Gitignore| rules.matched_path_or_any_parents(Path::new(name), is_folder).is_ignore();
    // A new environment has a .gitignore of its own, for everything in it.
    let own = is_folder && project.has_file(Path::new(name).join(".gitignore"));
    own || rules(project, ".gitignore").is_some_and(ignores)
}

/// The rule that keeps a file out of a deploy, and its place.
pub(crate) fn hiding(project: &Project, file: &str) -> Option<(Source, String)> {
    FILES.iter().find_map(|name| ignoring(project, name, &rules(project, name)?, file))
}
