//! Modules that no import names: gunicorn's workers, Django's settings, URLs of databases, and names that want another package.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::code::{Code, Statement, has_word};
use super::command::{Invocation, invocations};
use super::imports::Foreign;
use super::inputs::Inputs;
use super::reach::{Module, imports, is_certain, is_guarded};
use super::release::Release;
use super::server_config::ServerConfig;
use super::start::Start;
use crate::catalog::modules;
use crate::catalog::needs::{Kind, Need, Wanting, brings, need, options, texts};
use crate::log::pattern::Pattern;
use crate::project::Source;

const TAKES_PSYCOPG: Release = Release { of: "sqlalchemy", first: [2, 1], python: 11 };
const LACKS_EVENTLET: Release = Release { of: "gunicorn", first: [26, 0], python: 10 };
const LACKS_PACKAGING: Release = Release { of: "gunicorn", first: [26, 1], python: 10 };

/// Everything that is wanted so by the start and the code that it reaches.
pub(in crate::check) fn wanted<'m>(inputs: &'m Inputs<'_>, reached: &'m [Module]) -> Vec<Foreign<'m>> {
    let mut found = Vec::new();
    workers(inputs, &mut found);
    of_options(inputs, &mut found);
    for module in reached {
        uses(inputs, module, &mut found);
        parts(inputs, module, &mut found);
        if module.text.contains("INSTALLED_APPS") || module.text.contains("MIDDLEWARE") {
            django(inputs, module, &mut found);
        }
        if module.text.contains("create_engine(") || module.text.contains("create_async_engine(") {
            drivers(inputs, module, &mut found);
        }
        if inputs.requirements().of("celery").next().is_some() {
            broker(inputs, module, &mut found);
        }
    }
    found
}

fn by_table<'m>(source: Source, text: &'m str, wanted: String, need: Need, is_certain: bool) -> Foreign<'m> {
    let (name, text) = (need.module.to_owned(), Cow::Borrowed(text));
    Foreign { source, text, name, wanted, need: Some(need), is_certain, is_caught: false, is_import: false }
}

static WORKER_CLASS: Pattern = Pattern::new(r#"^worker_class\s*=\s*["']([\w.:]+)["']"#);

static BY_CORES: Pattern = Pattern::new(r"^workers\s*=.*\bcpu_count\(\)");

/// The line of gunicorn's configuration file that makes its workers as many as the machine has cores, or more.
pub(in crate::check) fn workers_by_cores(inputs: &Inputs<'_>) -> Option<(Source, String)> {
    Start::all(inputs).iter().find_map(|start| {
        let all = invocations(start.command);
        let own = all.iter().find(|invocation| invocation.program == "gunicorn")?;
        let (path, text) = ServerConfig::of(&inputs.app, own).file()?;
        let (index, line) = text.lines().enumerate().find(|(_, line)| BY_CORES.is_match(line))?;
        Some((inputs.app.line(&path, Some(index + 1)), line.to_owned()))
    })
}

/// A class of gunicorn's workers, and where it is named.
pub(in crate::check) struct WorkerClass<'m> {
    pub(in crate::check) name: String,
    pub(in crate::check) source: Source,
    pub(in crate::check) text: Cow<'m, str>,
}

/// The classes of gunicorn's workers, by its commands or in its configuration file.
pub(in crate::check) fn worker_classes<'m>(inputs: &'m Inputs<'_>) -> Vec<WorkerClass<'m>> {
    let mut found = Vec::new();
    for start in Start::all(inputs) {
        for invocation in invocations(start.command).iter().filter(|invocation| invocation.program == "gunicorn") {
            if let Some(class) = invocation.option(&["-k", "--worker-class"]) {
                let (source, text) = (start.source.clone(), Cow::Borrowed(start.command));
                found.push(WorkerClass { name: class.to_owned(), source, text });
                continue;
            }
            let Some((path, text)) = ServerConfig::of(&inputs.app, invocation).file() else { continue };
            found.extend(text.lines().enumerate().find_map(|(index, line)| {
                let name = WORKER_CLASS.captures(line)?[1].to_owned();
                let source = inputs.app.line(&path, Some(index + 1));
                Some(WorkerClass { name, source, text: Cow::Owned(line.to_owned()) })
            }));
        }
    }
    found
}

/// What the classes of gunicorn's workers want.
fn workers<'m>(inputs: &'m Inputs<'_>, found: &mut Vec<Foreign<'m>>) {
    for class in worker_classes(inputs) {
        if is_gone(inputs, &class.name) {
            continue;
        }
        let by_extra = class.name.starts_with("gevent") && LACKS_PACKAGING.is_in(inputs) == Some(true);
        if by_extra && !has_extra(inputs, "gunicorn", "gevent") {
            // gunicorn/workers/ggevent.py imports it, and since 26.1.0 the extra alone brings it.
            let wanted = format!("gunicorn's worker class {} wants packaging", class.name);
            found.push(by_an_extra(class.source.clone(), class.text.clone(), wanted));
        }
        let Some(need) = need(Kind::Worker, &class.name) else { continue };
        let message = format!("gunicorn's worker class {} wants {}", class.name, need.module);
        found.push(Foreign { text: class.text, ..by_table(class.source, "", message, need, true) });
    }
}

/// What options of the commands want.
fn of_options<'m>(inputs: &'m Inputs<'_>, found: &mut Vec<Foreign<'m>>) {
    for start in Start::all(inputs) {
        for invocation in invocations(start.command) {
            for option in options(invocation.program).filter(|option| is_given(&invocation, option)) {
                let name = option.names.rsplit(',').next().unwrap_or(option.names);
                let wanted = format!("{name} of {} wants {}", invocation.program, option.need.module);
                let text = Cow::Borrowed(start.command);
                found.push(Foreign { text, ..by_table(start.source.clone(), "", wanted, option.need, true) });
            }
        }
    }
}

/// Whether a command has this option with a value that wants the module.
fn is_given(invocation: &Invocation<'_>, option: &Wanting) -> bool {
    let names: Vec<&str> = option.names.split(',').collect();
    let Some(wanting) = option.value else { return names.iter().any(|name| invocation.has(name)) };
    let given = invocation.option(&names).map(|given| given.trim_matches(['"', '\'']));
    given.is_some_and(|given| wanting.strip_prefix('*').map_or(given == wanting, |end| given.ends_with(end)))
}

/// Whether the release of gunicorn that is installed has this worker no more.
pub(in crate::check) fn is_gone(inputs: &Inputs<'_>, class: &str) -> bool {
    class == "eventlet" && LACKS_EVENTLET.is_in(inputs) == Some(true)
}

fn has_extra(inputs: &Inputs<'_>, name: &str, extra: &str) -> bool {
    inputs.requirements().of(name).any(|entry| entry.requirement.extras.iter().any(|asked| asked == extra))
}

/// `packaging`, which so many packages bring that no file tells whether it is there: what was installed does.
fn by_an_extra(source: Source, text: Cow<'_, str>, wanted: String) -> Foreign<'_> {
    let name = "packaging".to_owned();
    Foreign { source, text, name, wanted, need: None, is_certain: false, is_caught: false, is_import: false }
}

static BROKER: Pattern =
    Pattern::new(r"(?i)\bcelery\(.*redis|\bbroker(?:_url)?\s*=.*redis|^CELERY_BROKER_URL\s*=.*redis");

/// What brings the client that kombu takes, in a release that it knows.
const CLIENT: Need = Need { module: "redis", other: None, distribution: "celery[redis]" };

/// What kombu's transport for Redis imports when a task is sent, and since kombu 5.7.0 celery[redis] alone brings.
fn broker<'m>(inputs: &Inputs<'_>, module: &'m Module, found: &mut Vec<Foreign<'m>>) {
    if has_extra(inputs, "celery", "redis") || has_extra(inputs, "kombu", "redis") {
        return;
    }
    let named = module.code.statements.iter().find(|statement| BROKER.is_match(&statement.text));
    // `django-redis`, `redis-om`, and what the table knows of: each brings the client along.
    let has_client =
        inputs.requirements().packages.iter().filter_map(|entry| entry.requirement.name.as_deref()).any(|name| {
            name.contains("redis") || name.ends_with("rq") || brings(name).is_some_and(|all| all.contains(&"redis"))
        });
    found.extend(named.map(|statement| {
        let source = inputs.app.line(&module.path, Some(statement.line));
        if !has_client {
            let wanted = "kombu's transport for Redis wants redis".to_owned();
            return by_table(source, &statement.text, wanted, CLIENT, false);
        }
        by_an_extra(source, Cow::Borrowed(&statement.text), "kombu's transport for Redis wants packaging".to_owned())
    }));
}

/// Names of a framework that want a package of their own where they are used.
fn uses<'m>(inputs: &Inputs<'_>, module: &'m Module, found: &mut Vec<Foreign<'m>>) {
    let code = &module.code;
    for statement in code.statements.iter().filter(|statement| !code.is_typing(statement)) {
        for import in imports(&statement.text) {
            for name in import.names {
                let Some(need) = need(Kind::Use, &format!("{}.{name}", import.module)) else { continue };
                // SQLAlchemy before 2.1 asks for greenlet itself.
                if need.module == "greenlet" && TAKES_PSYCOPG.is_in(inputs) == Some(false) {
                    continue;
                }
                let is_use = |other: &&Statement| other.line > statement.line && has_word(&other.text, name);
                let Some(used) = code.statements.iter().find(is_use) else { continue };
                let message = format!("{name} of {} wants {}", import.module, need.module);
                let is_certain = module.is_certain && is_certain(code, statement) && is_certain_use(code, used);
                let source = inputs.app.line(&module.path, Some(used.line));
                let foreign = by_table(source, &used.text, message, need, is_certain);
                found.push(Foreign { is_caught: is_guarded(code, statement), ..foreign });
            }
        }
    }
}

/// Parts of a package that want another one where they are used; who names an engine or catches the failure has chosen.
fn parts<'m>(inputs: &Inputs<'_>, module: &'m Module, found: &mut Vec<Foreign<'m>>) {
    let code = &module.code;
    let tops = code.statements.iter().flat_map(|statement| imports(&statement.text));
    let tops: BTreeSet<&str> = tops.filter_map(|import| import.module.split('.').next()).collect();
    for (top, (text, need)) in tops.into_iter().flat_map(|top| texts(top).map(move |row| (top, row))) {
        let is_use = |statement: &&Statement| statement.text.contains(text) && !statement.text.contains("engine=");
        let Some(used) = code.statements.iter().find(is_use) else { continue };
        let message = format!("{} of {top} wants {}", text.trim_matches(['.', '(', '_']), need.module);
        let source = inputs.app.line(&module.path, Some(used.line));
        let is_certain = module.is_certain && is_certain(code, used);
        let foreign = by_table(source, &used.text, message, need, is_certain);
        found.push(Foreign { is_caught: is_guarded(code, used), ..foreign });
    }
}

/// Whether a use is come to when its module is loaded: parameters of a function are, its body is not.
fn is_certain_use(code: &Code, used: &Statement) -> bool {
    is_certain(code, used) && !used.text.starts_with("return")
}

static ITEM: Pattern = Pattern::ascii(r#"["']([A-Za-z_]\w*(?:\.\w+)*)["']"#);
static ENGINE: Pattern = Pattern::new(r#"["']ENGINE["']\s*:\s*["']([\w.]+)["']"#);
/// Settings whose texts Django imports when it starts.
const LISTS: &[&str] = &["INSTALLED_APPS", "DJANGO_APPS", "THIRD_PARTY_APPS", "MIDDLEWARE"];

/// The apps, middleware and database engines of Django's settings.
fn django<'m>(inputs: &Inputs<'_>, module: &'m Module, found: &mut Vec<Foreign<'m>>) {
    let code = &module.code;
    for statement in code.statements.iter().filter(|statement| is_certain(code, statement)) {
        let head = statement.text.split([' ', '=', '+', ':', '[', '.']).next().unwrap_or_default();
        let items = |pattern: &'static Pattern| {
            let all = pattern.regex().into_iter().flat_map(|pattern| pattern.captures_iter(&statement.text));
            all.filter_map(|found| found.get(1)).map(|item| item.as_str())
        };
        if LISTS.contains(&head) {
            for item in items(&ITEM) {
                let top = item.split('.').next().unwrap_or(item);
                if top == "django" || modules::is_standard(top) || module.is_own(&inputs.app, top) {
                    continue;
                }
                let (line, text) = line_of(module, statement, item);
                found.push(Foreign {
                    source: inputs.app.line(&module.path, Some(line)),
                    text: Cow::Borrowed(text),
                    name: top.to_owned(),
                    wanted: format!("{head} names {item}"),
                    need: None,
                    is_certain: module.is_certain,
                    is_caught: false,
                    is_import: false,
                });
            }
        }
        for engine in items(&ENGINE).filter(|_| head == "DATABASES") {
            let Some(need) = need(Kind::Engine, engine) else { continue };
            let (line, text) = line_of(module, statement, engine);
            let source = inputs.app.line(&module.path, Some(line));
            let both = need.other.map(|other| format!(" or {other}")).unwrap_or_default();
            let message = format!("the engine {engine} wants {}{both}", need.module);
            // A second database may be one that nothing asks.
            let is_default = statement.text.matches("ENGINE").count() == 1;
            found.push(by_table(source, text, message, need, module.is_certain && is_default));
        }
    }
}

/// The line of a statement in which a text stands between quotes, from 1.
fn line_of<'m>(module: &'m Module, statement: &'m Statement, item: &str) -> (usize, &'m str) {
    let quoted = [format!("\"{item}\""), format!("'{item}'")];
    let mut lines = module.text.lines().enumerate().skip(statement.line - 1);
    let line = lines.find(|(_, line)| quoted.iter().any(|quoted| line.contains(quoted.as_str())));
    line.map_or((statement.line, &statement.text), |(index, line)| (index + 1, line))
}

static URL: Pattern = Pattern::ascii(r#"create_(?:async_)?engine\(\s*(?:url\s*=\s*)?[fr]?["']([a-z]+(?:\+\w+)?)://"#);
static NAMED: Pattern = Pattern::ascii(r"create_(?:async_)?engine\(\s*(?:url\s*=\s*)?([A-Za-z_]\w*)\s*[,)]");
static GIVEN: Pattern = Pattern::new(r#"^([A-Za-z_]\w*)\s*(?::[^=]+)?=\s*[fr]?["']([a-z]+(?:\+\w+)?)://[^"']*["']$"#);

/// The drivers of the URLs that SQLAlchemy is given in so many words, there or by a name.
fn drivers<'m>(inputs: &Inputs<'_>, module: &'m Module, found: &mut Vec<Foreign<'m>>) {
    let code = &module.code;
    let imports_it = |statement: &Statement| {
        imports(&statement.text).iter().any(|import| {
            matches!(import.module.split('.').next(), Some("sqlalchemy" | "sqlmodel")) && !import.module.is_empty()
        })
    };
    if !code.statements.iter().any(imports_it) {
        return;
    }
    let given = |name: &str| {
        let assigns = |statement: &&Statement| {
            statement.text.strip_prefix(name).is_some_and(|rest| rest.trim_start().starts_with(['=', ':']))
        };
        let mut all = code.statements.iter().filter(assigns);
        // Bound again, it may be another.
        let only = all.next().filter(|_| all.next().is_none())?;
        let found = GIVEN.captures(&only.text)?;
        Some((only.line, only.text.as_str(), found[2].to_owned()))
    };
    for statement in &code.statements {
        let here = URL.captures(&statement.text).map(|found| (statement.line, &*statement.text, found[1].to_owned()));
        let here = here.or_else(|| given(&NAMED.captures(&statement.text)?[1]));
        let Some((line, text, scheme)) = here else {
            found.extend(by_variable(inputs, module, statement));
            continue;
        };
        let Some(need) = need(Kind::Driver, &scheme).or_else(|| of_sqlalchemy(inputs, &scheme)) else { continue };
        let certain = module.is_certain && is_certain(code, statement);
        let message = format!("a database's URL begins with {scheme}, which wants {}", need.module);
        found.push(by_table(inputs.app.line(&module.path, Some(line)), text, message, need, certain));
    }
}

static ENGINE_BY_NAME: Pattern = Pattern::ascii(r"\bcreate_engine\((?u:.)*(?:environ|getenv|(?i:_ur[li]|_dsn))\b");

/// The driver of a URL that a variable has. Where psycopg2 is all that there is of drivers, the database is PostgreSQL, and a platform writes its URL
/// without one.
fn by_variable<'m>(inputs: &Inputs<'_>, module: &'m Module, statement: &'m Statement) -> Option<Foreign<'m>> {
    const DRIVERS: &[&str] = &["psycopg", "pg8000", "asyncpg", "psycopg2cffi"];
    let requirements = inputs.requirements();
    let has = |name: &str| requirements.of(name).next().is_some();
    let names_one = |module: &Module| module.text.contains("postgresql+") || module.text.contains("drivername");
    if !ENGINE_BY_NAME.is_match(&statement.text)
        || !(has("psycopg2-binary") || has("psycopg2"))
        || DRIVERS.iter().any(|driver| has(driver))
        || names_one(module)
    {
        return None;
    }
    let need = of_sqlalchemy(inputs, "postgresql").filter(|need| need.module == "psycopg")?;
    let message = "SQLAlchemy 2.1 takes a URL of postgresql:// to psycopg, and no longer to psycopg2".to_owned();
    Some(by_table(inputs.app.line(&module.path, Some(statement.line)), &statement.text, message, need, false))
}

/// What SQLAlchemy takes where PostgreSQL is named without a driver: psycopg since 2.1, psycopg2 before.
fn of_sqlalchemy(inputs: &Inputs<'_>, scheme: &str) -> Option<Need> {
    if scheme != "postgresql" {
        return None;
    }
    let is_new = TAKES_PSYCOPG.is_in(inputs)?;
    need(Kind::Driver, if is_new { "postgresql+psycopg" } else { "postgresql+psycopg2" })
}
