//! Files that the plan needs and that ignore files keep out of the deploy.

use super::facts::ignored::{FILES, by_git, hiding, ignoring, is_tracked, rules};
use super::facts::start::Start;
use std::path::Path;

use ignore::gitignore::Gitignore;

use super::facts::Facts;
use super::facts::paths::opened;
use super::facts::reach::Module;
use super::finding::{Check, Finding, Findings, error};
use crate::finding::{Edit, Severity};
use crate::project::{Project, Source};

pub(crate) const IGNORED: Check = error(
    "needed-file-ignored",
    "An ignore file keeps this file out of the deploy, though the build or the start needs it. .dockerignore counts while the image is \
     built, .gitignore and .railwayignore when the folder is uploaded, and a file ignored by git is not in the repository.",
);

pub(super) const CHECKS: &[Check] = &[IGNORED];

/// What is read before anything runs, beside the builder's configuration.
const NEEDED: [&str; 11] = [
    "requirements.txt",
    "pyproject.toml",
    "poetry.lock",
    "uv.lock",
    "pdm.lock",
    "Pipfile",
    "Pipfile.lock",
    "main.py",
    "manage.py",
    "Procfile",
    "runtime.txt",
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let app = &facts.app;
    let present: Vec<&str> = NEEDED
        .into_iter()
        .chain(facts.builder().config_files().iter().copied())
        .filter(|name| app.has_file(name))
        .collect();
    let started = Start::of(facts).and_then(|start| {
        let file = start.command.split_whitespace().find(|word| word.ends_with(".py"))?;
        app.has_file(file).then_some(file)
    });
    // What is built may write modules and data.
    let follows = !facts.builds();
    for module in facts.loaded().filter(|_| follows) {
        findings.extend(left_out_elsewhere(app, module));
    }
    for name in FILES {
        let Some(rules) = rules(app, name) else { continue };
        for module in facts.loaded().filter(|_| follows) {
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
            let finding = kept_out(app, name, needed, "which needs it").at(place, rule).at(app.file(needed), "");
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
    let finding = kept_out(app, name, file, &format!("and {how} it")).at(place, &rule).at(by, "");
    // Git has to be told of it as well, which no edit does.
    let untracked = name == ".gitignore" && !is_tracked(app, file);
    let finding = finding.help(match untracked {
        true => format!(
            "take `{rule}` out of {name}, then `git add {file}` and commit; where it holds secrets, read those from variables instead"
        ),
        false => "let it in, or, where it holds secrets, read those from variables instead".to_owned(),
    });
    let edit = Edit::AppendLine { path: app.place(name), text: format!("!{file}") };
    let committed = name == ".dockerignore" && !sounds_secret(file) && !by_git(app, file, false);
    Some(finding.fix(format!("except {file} in {name}"), if committed { vec![edit] } else { Vec::new() }))
}

/// A module that the ignore file of a folder within or above leaves out.
fn left_out_elsewhere(app: &Project, module: &Module) -> Option<Finding> {
    let (importer, line) = module.importer.as_ref()?;
    let file = module.path.to_str()?;
    let (place, rule) = hiding(app, file)?;
    let Source::File { path, .. } = &place else { return None };
    if FILES.iter().any(|name| *path == app.place(name)) {
        return None;
    }
    let finding = kept_out(app, path.to_str()?, file, &format!("and {} imports it", importer.display()))
        .at(place, rule)
        .at(app.line(importer, Some(*line)), "");
    Some(finding.help("let it in, or, where it holds secrets, read those from variables instead"))
}

/// Whether a file has a name that secrets go by: a key of a cloud, a session of Telegram; no model's tokenizer.
pub(crate) fn sounds_secret(file: &str) -> bool {
    const SECRET: &[&str] = &[
        ".env",
        "secret",
        "credential",
        "token",
        "password",
        ".pem",
        ".key",
        ".p12",
        ".session",
        "id_rsa",
        "serviceaccount",
    ];
    let file = file.to_lowercase().replace("tokeniz", "").replace(['_', '-'], "");
    SECRET.iter().any(|word| file.contains(word))
}

/// A file that `list` leaves out, and who misses it. Git goes on tracking what was added before it was ignored.
fn kept_out(app: &Project, list: &str, file: &str, who: &str) -> Finding {
    let finding = IGNORED.found(format!("{list} keeps {file} out of the deploy, {who}")).about(file);
    if !Path::new(list).ends_with(".gitignore") {
        return finding;
    }
    match app.git_index().filter(|index| !index.is_empty()) {
        None => finding.severity(Severity::Warning),
        Some(_) if !is_tracked(app, file) => finding,
        Some(_) => IGNORED
            .found(format!(
                "{list} names {file}, {who}: git tracks it, so that a push sends it, and `railway up` does not"
            ))
            .about(file)
            .severity(Severity::Note),
    }
}
