//! Frameworks whose apps a plain `python file.py` does not start.

mod table;

use super::facts::Facts;
use super::facts::command::{Invocation, invocations, is_python};
use super::facts::reach::Module;
use super::facts::requirements::{REQUIREMENTS, is_used};
use super::facts::server_config::is_configured;
use super::facts::start::Start;
use super::finding::{Check, Findings, append_line, error, warning};
use crate::catalog::servers::SERVERS;
use crate::finding::Edit;
use crate::log::pattern::Pattern;
use crate::project::Source;
use table::{FRAMEWORKS, Framework};

pub(crate) const NOT_STARTED: Check = error(
    "framework-not-started",
    "The file that is started makes an app and starts nothing: Python reads it to its end, and the container stops with exit code 0. The \
     framework has a command, or a call, that starts it.",
)
.decides();
pub(crate) const KIND: Check = error(
    "wsgi-asgi-mismatch",
    "Flask, Django's wsgi.py and their kin speak WSGI, which gunicorn's own workers serve. FastAPI, Starlette and their kin speak ASGI, which \
     uvicorn, hypercorn, or gunicorn with uvicorn's workers serve. Each fails on the other's apps at every request.",
);

const FLET: Check = warning(
    "flet-web-missing",
    "Flet serves browsers by its package flet-web. Where that is not installed, ft.run installs it when the app is started: every new \
     container downloads it, and ends where no index answers (flet 1.0.5).",
);

pub(super) const CHECKS: &[Check] = &[NOT_STARTED, KIND, FLET];

/// Ways to start a thing that are not looked into.
const UNSEEN: &[&str] = &[
    "subprocess",
    "os.system",
    "os.exec",
    "execvp",
    "runpy",
    "Popen",
    "importlib",
    "__import__",
    "Procfile",
    "honcho",
];

static MADE: Pattern = Pattern::new(r"^([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*(?:\w+\.)*([A-Z]\w+)\(");

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    flet(facts, findings);
    let starts = Start::all(facts);
    for start in &starts {
        let all = invocations(start.command);
        // Something else runs beside it.
        let several = start.command.contains([';', '|', '\n']) || start.command.replace("&&", "").contains('&');
        let is_last = starts.last().is_some_and(|last| last.source == start.source);
        if let (Some(last), false, true) = (all.last(), several, is_last) {
            not_started(facts, start, last, findings);
        }
        for invocation in &all {
            kind(facts, start, invocation, findings);
        }
    }
}

/// Flet without what serves browsers.
fn flet(facts: &Facts<'_>, findings: &mut Findings) {
    let requirements = facts.requirements();
    let Some(entry) = requirements.of("flet").find(|entry| !entry.is_constraint) else { return };
    let has_web = entry.requirement.extras.iter().any(|extra| extra == "web" || extra == "all");
    if has_web || requirements.of("flet-web").next().is_some() || !facts.reached().iter().any(|m| imports(m, "flet")) {
        return;
    }
    let finding = FLET.found("flet-web is not required, so the app installs it at every start").about("flet-web");
    let finding = finding.at(entry.source(), entry.written.trim());
    findings.push(finding.fix("require flet-web", vec![super::facts::requirements::require(facts, "flet-web")]));
}

fn imports(module: &Module, name: &str) -> bool {
    let from = format!("from {name}");
    let starts = |text: &str, head: &str| {
        text.strip_prefix(head).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '.', ',']))
    };
    module.code.statements.iter().any(|statement| {
        starts(&statement.text, &from)
            || statement
                .text
                .strip_prefix("import ")
                .is_some_and(|list| list.split(',').any(|part| starts(part.trim(), name)))
    })
}

fn not_started(facts: &Facts<'_>, start: &Start<'_>, invocation: &Invocation<'_>, findings: &mut Findings) {
    // `python -m granian main:app` starts the server, which loads the file.
    let is_server = invocation.is_module && SERVERS.iter().any(|server| server.program == invocation.program);
    let is_script = (is_python(invocation.program) || invocation.is_module) && !is_server;
    let script =
        facts.reached().iter().find(|module| module.importer.is_none() && module.is_script != invocation.is_module);
    let Some(script) = script.filter(|_| is_script) else { return };
    let texts = || facts.reached().iter().map(|module| module.text.as_str());
    if texts().any(|text| UNSEEN.iter().any(|way| text.contains(way))) {
        return;
    }
    let framework = FRAMEWORKS.iter().find(|framework| {
        let made = |text: &str| framework.made.is_empty() || framework.made.iter().any(|sign| text.contains(sign));
        imports(script, framework.module) && made(&script.text)
    });
    let Some((maker, framework)) = framework.map(|known| (script, known)).or_else(|| drawn(facts)) else { return };
    // A loop keeps it alive, whatever it does there.
    let loops = script.code.statements.iter().any(|statement| statement.text.starts_with("while "));
    let starts = |text: &str| {
        framework.starts.iter().any(|sign| text.contains(sign))
            || text.contains("asyncio.run(")
            || text.contains("run_until_complete(")
    };
    // Another framework of the same file may be the one that is started.
    let other = FRAMEWORKS.iter().any(|other| {
        other.module != framework.module
            && imports(script, other.module)
            && !other.starts.is_empty()
            && other.starts.iter().any(|sign| script.text.contains(sign))
    });
    if loops || other || texts().any(starts) {
        return;
    }
    let app = app_of(maker, framework);
    let line = app.as_ref().map_or(1, |(_, line)| *line);
    let file = script.path.display().to_string();
    let finding = NOT_STARTED
        .found(format!(
            "`{}` starts nothing: {file} makes a {} app and comes to its end",
            start.command.trim(),
            framework.module
        ))
        .about(framework.module)
        .at(start.source.clone(), facts.line(start.source))
        .at(Source::line(facts.app.place(&maker.path), line), maker.text.lines().nth(line - 1).unwrap_or_default());
    if framework.command.is_empty() {
        return findings.push(finding.help(framework.help));
    }
    let module = file.trim_end_matches(".py").replace('/', ".");
    let name = app.map_or("app".to_owned(), |(name, _)| name);
    let command = framework.command.replace("{file}", &file).replace("{module}", &module).replace("{app}", &name);
    let whole = start.command.replacen(invocation.text, &command, 1);
    let mut edits = started_by(facts, start, &whole);
    edits.extend(lacking(facts, framework.needs));
    findings.push(finding.fix(format!("start it with `{command}`"), edits));
}

/// The framework whose page a module draws that the start surely loads, where it loads no other framework.
fn drawn<'f>(facts: &'f Facts<'_>) -> Option<(&'f Module, &'static Framework)> {
    let by = |framework: &Framework| facts.loaded().find(|module| imports(module, framework.module));
    let framework = FRAMEWORKS.iter().find(|framework| framework.is_drawn && by(framework).is_some())?;
    let is_alone = !FRAMEWORKS.iter().any(|other| other.module != framework.module && by(other).is_some());
    by(framework).filter(|_| is_alone).map(|module| (module, framework))
}

/// The edits that make the start command another one, in the builder's own configuration where no file holds it.
fn started_by(facts: &Facts<'_>, start: &Start<'_>, command: &str) -> Vec<Edit> {
    let edits = start.replaced_with(facts, command);
    if !edits.is_empty() || start.is_written(facts) {
        return edits;
    }
    vec![facts.start_with(command)]
}

/// The requirement that a command needs and that is not there.
fn lacking(facts: &Facts<'_>, name: &str) -> Option<Edit> {
    let there = facts.provided().is_none_or(|provided| {
        provided.names.contains(name)
            || name == "uvicorn" && facts.requirements().of("fastapi").any(|entry| !entry.requirement.extras.is_empty())
    });
    let written = is_used(facts) && facts.app.has_file(REQUIREMENTS);
    (!there && written).then(|| append_line(facts.app.place(REQUIREMENTS), name))
}

/// The variable that holds the app, and its line.
fn app_of(module: &Module, framework: &Framework) -> Option<(String, usize)> {
    let classes: Vec<&str> = framework.made.iter().filter_map(|made| made.strip_suffix('(')).collect();
    module.code.statements.iter().find_map(|statement| {
        let made = MADE.captures(&statement.text)?;
        let class = &made[2];
        classes
            .iter()
            .any(|known| known.rsplit('.').next() == Some(class))
            .then(|| (made[1].to_owned(), statement.line))
    })
}

const WSGI: &[&str] = &["Flask", "Bottle", "get_wsgi_application"];
const ASGI: &[&str] = &["FastAPI", "Starlette", "Litestar", "Quart", "Sanic", "get_asgi_application"];

/// A server that does not speak the app's protocol.
fn kind(facts: &Facts<'_>, start: &Start<'_>, invocation: &Invocation<'_>, findings: &mut Findings) {
    let serves_asgi = match invocation.program {
        "gunicorn" => {
            let class = invocation.option(&["-k", "--worker-class"]);
            if class.is_none() && is_configured(facts, invocation) {
                return;
            }
            class.is_some_and(|class| class.to_lowercase().contains("uvicorn") || class.contains("asgi"))
        }
        "uvicorn" | "daphne" => {
            if invocation.option(&["--interface"]).is_some() {
                return;
            }
            true
        }
        "waitress-serve" => false,
        _ => return,
    };
    let Some((_, name)) = super::facts::target::target(invocation).and_then(|target| target.split_once(':')) else {
        return;
    };
    let module = facts.reached().iter().find(|module| module.importer.is_none() && !module.is_script);
    let Some(module) = module else { return };
    let bound = |statement: &&super::facts::code::Statement| {
        let rest = statement.text.strip_prefix(name).map(str::trim_start);
        rest.is_some_and(|rest| rest.starts_with('=') && !rest.starts_with("=="))
    };
    let all: Vec<_> = module.code.statements.iter().filter(bound).collect();
    // Bound again, it may be wrapped into the other protocol.
    let [statement] = all[..] else { return };
    let Some(made) = statement.text.split_once('=').map(|(_, made)| made.trim_start()) else { return };
    let class = made.split('(').next().unwrap_or_default().rsplit('.').next().unwrap_or_default();
    let wrong = if serves_asgi { WSGI.contains(&class) } else { ASGI.contains(&class) };
    if !wrong || class.is_empty() {
        return;
    }
    let (protocol, other) = if serves_asgi { ("WSGI", "ASGI") } else { ("ASGI", "WSGI") };
    let text = invocation.text;
    let (better, needs) = match (invocation.program, serves_asgi) {
        ("gunicorn", false) => (format!("{text} -k uvicorn.workers.UvicornWorker"), Some("uvicorn")),
        ("gunicorn", true) => (text.replace("-k uvicorn.workers.UvicornWorker", "").replace("  ", " "), None),
        ("uvicorn", _) => (format!("{text} --interface wsgi"), None),
        _ => (String::new(), None),
    };
    let finding = KIND
        .found(format!(
            "{} speaks {protocol}, and `{}` serves {other}",
            class.trim_start_matches("get_"),
            invocation.program
        ))
        .about(class)
        .at(start.source.clone(), start.command)
        .at(Source::line(facts.app.place(&module.path), statement.line), &statement.text);
    if better.is_empty() {
        return findings.push(finding.help("serve it with gunicorn (WSGI) or uvicorn (ASGI)"));
    }
    let mut edits = start.replaced_with(facts, &start.command.replacen(text, better.trim(), 1));
    edits.extend(needs.and_then(|name| lacking(facts, name)).filter(|_| !edits.is_empty()));
    findings.push(finding.fix(format!("start it with `{}`", better.trim()), edits));
}
