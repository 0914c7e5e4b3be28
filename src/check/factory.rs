//! A function that makes the app, where the app itself is asked for.

use super::facts::Facts;
use super::facts::command::invocations;
use super::facts::start::Start;
use super::finding::{Check, Findings, error};
use crate::log::pattern::Pattern;
use crate::project::Source;

pub(crate) const FACTORY: Check = error(
    "app-factory-not-called",
    "gunicorn calls what stands after the colon for every request, with two arguments. A function that makes the app takes fewer, so every \
     request fails with a TypeError; with `()` behind its name it is called once, at the start.",
);

pub(super) const CHECKS: &[Check] = &[FACTORY];

static FUNCTION: Pattern = Pattern::ascii(r"(?m)^(@(?u:.*)\n)?def[ \t]+(\w+)\(((?u:[^)]*))\)");

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let (Some(start), Some(function)) = (Start::of(facts), FUNCTION.regex()) else { return };
    for invocation in invocations(start.command).iter().filter(|invocation| invocation.program == "gunicorn") {
        // uvicorn's workers call a factory themselves.
        let Some(target) = super::facts::target::target(invocation).filter(|_| !start.command.contains("uvicorn"))
        else {
            return;
        };
        let Some((module, name)) = target.split_once(':') else { return };
        let last = module.rsplit('.').next().unwrap_or(module);
        let file = facts.reached().iter().find(|found| {
            found.importer.is_none()
                && (found.path.file_stem().is_some_and(|stem| stem == last)
                    || found.path.ends_with(format!("{last}/__init__.py")))
        });
        let Some(file) = file else { return };
        let Some(made) = function.captures_iter(&file.text).find(|made| &made[2] == name) else { return };
        let parameters: Vec<&str> = made[3].split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
        // A decorator may make anything of it, and two parameters make an app of WSGI.
        if made.get(1).is_some() || parameters.len() > 1 || parameters.iter().any(|part| part.starts_with('*')) {
            return;
        }
        let bound = |line: &str| {
            let rest = line.strip_prefix(name).map(str::trim_start);
            rest.is_some_and(|rest| (rest.starts_with('=') && !rest.starts_with("==")) || rest.starts_with(':'))
        };
        if file.text.lines().any(bound) {
            return;
        }
        let line = file.text[..made.get(2).map_or(0, |name| name.start())].lines().count();
        let finding =
            FACTORY.found(format!("{name} makes the app and is not the app: gunicorn must call it")).about(target);
        let finding = finding
            .at(start.source.clone(), start.command)
            .at(Source::line(facts.app.place(&file.path), line), made[0].trim());
        let is_quoted = ['\'', '"'].iter().any(|quote| start.command.contains(&format!("{quote}{target}{quote}")));
        let called = if is_quoted { format!("{target}()") } else { format!("'{target}()'") };
        let better = start.command.replacen(target, &called, 1);
        findings.push(finding.fix(format!("start {target}()"), start.replaced_with(facts, &better)));
    }
}
