//! Brokers and databases that the code looks for on the machine that it runs on.

use super::facts::Facts;
use super::facts::code::{Code, Statement, has_word};
use super::facts::start::Start;
use super::finding::{Check, Finding, Findings, warning};
use super::variables::{is_set, to_set};
use crate::log::pattern::Pattern;
use crate::project::compose;

pub(crate) const SERVICE: Check = warning(
    "service-on-loopback",
    "localhost and 127.0.0.1 are the container itself, and a name of docker-compose.yml is known inside that Compose app alone. A service that runs beside the app on a developer's machine is not there in the cloud: it \
     is a service of its own, under a name of its own.",
);

pub(super) const CHECKS: &[Check] = &[SERVICE];

/// A text that is an address of a broker or a database on this machine. `http` is none of them: an app may well call itself.
static URL: Pattern = Pattern::new(
    r#"[fr]?["']((?:rediss?|amqps?|pyamqp|postgres(?:ql)?|mysql|mariadb|mongodb|nats|clickhouse)(?:\+\w+)?)://(?:[^@"'/\s]*@)?(?:localhost|127\.0\.0\.1)[:/?"']"#,
);
/// The same with a name that has no dot, as Docker Compose gives one to each service.
static NAMED_HOST: Pattern = Pattern::new(
    r#"[fr]?["']((?:rediss?|amqps?|pyamqp|postgres(?:ql)?|mysql|mariadb|mongodb|nats|clickhouse)(?:\+\w+)?)://(?:[^@"'/\s]*@)?([A-Za-z][\w-]*)[:/?"']"#,
);
/// A client that is given the host alone.
static HOST: Pattern = Pattern::new(
    r#"\b((?:Strict)?Redis|(?:psycopg2?|pymysql|aiomysql|asyncpg|MySQLdb|mysql\.connector)\.(?:connect|create_pool)|ConnectionParameters|MongoClient)\((?:[^()]*\bhost\s*=\s*)?["'](?:localhost|127\.0\.0\.1)["']"#,
);
/// The variable before whose default a text stands: `getenv("REDIS_URL", `, `environ.get("REDIS_URL") or `, `config("REDIS_URL", default=`.
static DEFAULT: Pattern = Pattern::new(
    r#"(?:\bgetenv|\benviron\.(?:get|setdefault)|\bconfig|\benv(?:\.\w+)?)\(\s*["'](\w+)["']\s*(?:,\s*(?:\w+\s*=\s*[\w.]+\s*,\s*)*(?:default\s*=\s*)?|(?:,\s*None\s*)?\)\s*or\s+)$"#,
);
/// dj-database-url 3, `config`: the variable is DATABASE_URL where no argument names another.
static DATABASE: Pattern = Pattern::new(r"\bdj_database_url\.config\((?:[^()]*,)?\s*default\s*=\s*$");
static NAMED: Pattern = Pattern::new(r#"\bconfig\((?:[^()]*,)?\s*(?:env\s*=\s*)?["'](\w+)["']"#);
/// A name of a variable, between quotes.
static VARIABLE: Pattern = Pattern::ascii(r#"["']([A-Z][A-Z0-9_]*)["']"#);
/// What stands before an address that is used as it is: a plain name at the margin of its block, or a client that is called with it.
static USED: Pattern = Pattern::new(
    r"^[A-Za-z_]\w*\s*(?::[^=]+)?=\s*$|\b(?:from_url|create_(?:async_)?engine|connect|create_pool|Celery|\w*Redis|\w*MongoClient)\((?:[^()]*[,=]\s*)?$",
);
static FIELD: Pattern = Pattern::new(r"^([A-Za-z_]\w*)\s*:");
static ASSIGNED: Pattern = Pattern::new(r"^([A-Za-z_]\w*)\s*=[^=]");

/// Programs that are such a service, where the start itself runs one.
const SERVERS: &[&str] =
    &["redis-server", "postgres", "mongod", "mysqld", "mariadbd", "rabbitmq-server", "supervisord"];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let starts = Start::all(facts);
    let is_here = |server: &str| starts.iter().any(|start| start.command.contains(server)) || facts.plans(server);
    if !facts.is_python() || SERVERS.iter().any(|server| is_here(server)) {
        return;
    }
    let composed = compose::services(&facts.app);
    let composed = composed.as_ref().map(|(file, names)| (*file, &names[..]));
    for module in facts.loaded() {
        let code = &module.code;
        for statement in code.statements.iter().filter(|statement| is_meant(code, statement)) {
            if let Some(finding) = found(facts, code, statement, composed) {
                findings.push(finding.at(facts.app.line(&module.path, Some(statement.line)), &statement.text));
            }
        }
    }
}

/// Whether the start comes to a statement whatever is set, and nothing takes its place.
fn is_meant(code: &Code, statement: &Statement) -> bool {
    let bound = ASSIGNED.captures(&statement.text).map(|found| found[1].to_owned());
    let again = bound.is_some_and(|name| {
        let binds = |other: &&Statement| ASSIGNED.captures(&other.text).is_some_and(|found| found[1] == name);
        code.statements.iter().filter(binds).count() > 1
    });
    // An option of a command line is another way to say it.
    let is_option = ["add_argument(", "Option(", "Argument("].iter().any(|call| statement.text.contains(call));
    !again && !is_option && !code.is_conditional(statement) && !code.is_typing(statement)
}

fn found(
    facts: &Facts<'_>,
    code: &Code,
    statement: &Statement,
    composed: Option<(&str, &[String])>,
) -> Option<Finding> {
    let text = &statement.text;
    let of_compose = || {
        let (file, names) = composed?;
        let found = NAMED_HOST.captures(text).filter(|found| names.iter().any(|name| *name == found[2]))?;
        let what = format!("{}://{}", &found[1], &found[2]);
        Some((what, format!("a name of {file} that the cloud does not have"), found.get(0)?.start()))
    };
    let here = || "in the cloud is the container itself".to_owned();
    let (what, is, at) = match (URL.captures(text), HOST.captures(text)) {
        (Some(found), _) => (format!("{}://localhost", &found[1]), here(), found.get(0)?.start()),
        (None, Some(found)) => (format!("{} at localhost", &found[1]), here(), found.get(0)?.start()),
        (None, None) => of_compose().map(|(what, name, at)| (what, format!("is {name}"), at))?,
    };
    match variable(&text[..at]).or_else(|| field(code, statement)) {
        Some(name) if is_set(facts, &name) || others(text).any(|other| is_set(facts, other)) => None,
        Some(name) => {
            let message = format!("nothing sets {name}, and without it the code looks for {what}, which {is}");
            Some(SERVICE.found(message).about(&name).likely().help(to_set(&[&name], "")))
        }
        // A parameter's default, a comparison, a choice or a class for development may never be come to.
        None if is_chosen(code, statement) || !USED.is_match(&text[..at]) && !HOST.is_match(text) => None,
        None if is_for_some(code, statement) => None,
        None => {
            let message = format!("the code looks for {what}, which {is}, and no variable says otherwise");
            let help =
                "take the address from a variable, and set that to the service's own (on Railway: its private domain)";
            Some(SERVICE.found(message).about("localhost").likely().help(help))
        }
    }
}

/// The variable for which the text behind `before` stands in.
fn variable(before: &str) -> Option<String> {
    let named = |pattern: &'static Pattern| pattern.captures(before).map(|found| found[1].to_owned());
    let of_database = || DATABASE.is_match(before).then(|| named(&NAMED).unwrap_or_else(|| "DATABASE_URL".to_owned()));
    named(&DEFAULT).or_else(of_database)
}

/// Whether a statement only names an address that no other uses but under a condition.
fn is_for_some(code: &Code, statement: &Statement) -> bool {
    let Some(name) = ASSIGNED.captures(&statement.text).map(|found| found[1].to_owned()) else { return false };
    let mut uses = code.statements.iter().filter(|other| other.line != statement.line && has_word(&other.text, &name));
    let is_chosen =
        |other: &Statement| code.is_conditional(other) || [" if ", " or "].iter().any(|word| other.text.contains(word));
    uses.clone().next().is_some() && uses.all(is_chosen)
}

/// The variables that a statement names.
fn others(text: &str) -> impl Iterator<Item = &str> {
    let found = VARIABLE.regex().into_iter().flat_map(move |pattern| pattern.captures_iter(text));
    found.filter_map(|found| found.get(1)).map(|name| name.as_str())
}

/// Whether a statement only offers an address that other code takes or leaves.
fn is_chosen(code: &Code, statement: &Statement) -> bool {
    let text = &statement.text;
    let is_head = ["def ", "async def ", "assert ", "if ", "elif ", "while "].iter().any(|head| text.starts_with(head));
    let reads = ["environ", "getenv", " if ", " or "].iter().any(|word| text.contains(word));
    let in_class = code.heads_around(statement).next().is_some_and(|head| head.starts_with("class "));
    reads || in_class || is_head
}

/// The variable of a field of pydantic's settings, where no prefix or alias gives it another name.
fn field(code: &Code, statement: &Statement) -> Option<String> {
    let is_of_settings =
        code.heads_around(statement).any(|head| head.starts_with("class ") && head.contains("Settings"));
    let is_renamed =
        statement.text.contains("alias") || code.statements.iter().any(|one| one.text.contains("env_prefix"));
    if is_renamed {
        return None;
    }
    Some(FIELD.captures(&statement.text).filter(|_| is_of_settings)?[1].to_uppercase())
}
