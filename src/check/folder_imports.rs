//! Modules of a folder that are started from the root and import as though they were started in it.

use std::path::{Path, PathBuf};

use super::entry;
use super::facts::Facts;
use super::facts::command::{Invocation, invocations};
use super::facts::reach::{Module, imports, is_certain};
use super::facts::server_config::is_configured;
use super::facts::start::Start;
use super::facts::started::{home, loaded};
use super::finding::Findings;
use super::root_imports::{is_path_known, looks_by_itself};
use super::spelling::MODULE;
use crate::catalog::modules::{distribution, is_standard};
use crate::finding::Severity;
use crate::project::requirements::normalize;

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let starts = Start::all(facts);
    if !facts.is_python() || is_path_known(facts, &starts) || !starts.iter().all(entry::is_followed) {
        return;
    }
    for start in &starts {
        for invocation in invocations(start.command).iter().filter(|found| found.folder.is_empty()) {
            worker(facts, start, invocation, findings);
        }
    }
    // Flask takes a path for the folder's own module, and gunicorn's file may say where else to look.
    let by_path = starts.iter().flat_map(|start| invocations(start.command)).any(|found| {
        found.program == "flask" && found.arguments.iter().any(|word| word.contains('/'))
            || found.program == "gunicorn" && (found.option(&["--chdir"]).is_some() || is_configured(facts, &found))
    });
    if by_path || facts.reached().iter().any(looks_by_itself) {
        return;
    }
    for module in facts.reached().iter().filter(|module| module.base().as_os_str().is_empty()) {
        let Some(found) = of_folder(facts, module) else { continue };
        let folder = found.folder.display().to_string();
        let finding = MODULE
            .found(format!(
                "`{}` lies in {folder}, and the start is in the project's root: Python does not look there",
                found.top
            ))
            .about(found.top)
            .at(facts.app.line(&module.path, Some(found.line)), found.text);
        let is_sure = module.is_certain && found.is_certain;
        let finding = if is_sure { finding } else { finding.severity(Severity::Warning) };
        let finding = finding.help(format!(
            "let Python look in {folder} (uvicorn --app-dir, gunicorn --pythonpath, PYTHONPATH={folder}), or import by the whole path from the root"
        ));
        let edit = starts.iter().find_map(|start| {
            let all = invocations(start.command);
            let invocation = all.iter().rfind(|found| names(found, &folder))?;
            let better = within(facts, invocation, &folder);
            Some(start.replaced_with(facts, &start.command.replacen(invocation.text, &better, 1)))
        });
        findings.push(finding.fix(format!("look in {folder}"), edit.unwrap_or_default()));
        return;
    }
}

/// A worker whose module only a folder of the root has. What a web server is told to load is looked at with the start itself.
fn worker(facts: &Facts<'_>, start: &Start<'_>, invocation: &Invocation<'_>, findings: &mut Findings) {
    let Some(name) = loaded(invocation).and_then(|name| name.split(':').next()) else { return };
    let is_name = name
        .split('.')
        .all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'));
    let top = name.split('.').next().unwrap_or(name);
    let is_there = facts.app.has_folder(top) || facts.app.has_file(format!("{top}.py")) || is_required(facts, top);
    if !is_name || is_there || invocation.option(&["--workdir", "--working-dir", "--path", "-P", "-p"]).is_some() {
        return;
    }
    let Some((folder, file)) = home(&facts.app, name).or_else(|| home(&facts.app, top)) else { return };
    let folder = folder.display();
    let finding = entry::MODULE
        .found(format!("the project's root has no module {name}: it is in {folder}"))
        .about(name)
        .at(start.source.clone(), start.command)
        .at(facts.app.file(&file), "")
        .help(format!("the folder {folder} is not where Python looks: say so, or install the project"));
    let better = invocation.with_variable(&format!("PYTHONPATH={folder}"));
    let better = start.command.replacen(invocation.text, &better, 1);
    findings.push(finding.fix(format!("look in {folder}"), start.replaced_with(facts, &better)));
}

/// An import of something that only the importing module's own folder has, or one above it.
struct Found<'m> {
    folder: PathBuf,
    top: &'m str,
    line: usize,
    text: &'m str,
    is_certain: bool,
}

fn of_folder<'m>(facts: &Facts<'_>, module: &'m Module) -> Option<Found<'m>> {
    let is_in = |base: &Path, top: &str| facts.app.module_at(base.join(top)).is_some();
    let above: Vec<&Path> = module.path.ancestors().skip(1).filter(|folder| !folder.as_os_str().is_empty()).collect();
    module.code.statements.iter().filter(|statement| !module.code.is_typing(statement)).find_map(|statement| {
        imports(&statement.text).into_iter().find_map(|import| {
            let top = import.module.split('.').next().filter(|top| !top.is_empty())?;
            let is_elsewhere = is_standard(top)
                || distribution(top).is_some()
                || is_required(facts, top)
                || is_in(Path::new(""), top)
                || facts.app.has_folder(top);
            let folder = above.iter().find(|folder| !is_elsewhere && is_in(folder, top))?;
            Some(Found {
                folder: folder.to_path_buf(),
                top,
                line: statement.line,
                text: &statement.text,
                is_certain: is_certain(&module.code, statement),
            })
        })
    })
}

fn is_required(facts: &Facts<'_>, top: &str) -> bool {
    facts.requirements().of(&normalize(top)).next().is_some()
}

/// Whether a word of the invocation is a module below a folder.
fn names(invocation: &Invocation<'_>, folder: &str) -> bool {
    let prefix = format!("{}.", folder.replace('/', "."));
    invocation.folder.is_empty() && invocation.arguments.iter().any(|word| word.starts_with(&prefix))
        || invocation.is_module && invocation.program.starts_with(&prefix)
}

/// The invocation as though it were in a folder. A module that others import by its whole path keeps that name.
fn within(facts: &Facts<'_>, invocation: &Invocation<'_>, folder: &str) -> String {
    let dotted = folder.replace('/', ".");
    let prefix = format!("{dotted}.");
    let by_whole_path = facts.reached().iter().flat_map(|module| &module.code.statements).any(|statement| {
        let found = imports(&statement.text);
        found.iter().any(|import| import.module == dotted || import.module.starts_with(&prefix))
    });
    let takes_folder = invocation.folder_option().is_some();
    match invocation.arguments.iter().find(|word| word.starts_with(&prefix)) {
        Some(word) if takes_folder && !by_whole_path => {
            invocation.looking_in(folder).replacen(word, &word[prefix.len()..], 1)
        }
        _ => invocation.with_variable(&format!("PYTHONPATH={folder}")),
    }
}
