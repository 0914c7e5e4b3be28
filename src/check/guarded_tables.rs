//! Tables that only `if __name__ == "__main__"` makes, behind which no server comes.

use super::facts::Facts;
use super::facts::code::{Statement, has_word};
use super::facts::reach::Module;
use super::facts::start::Start;
use super::facts::started::loader;
use super::finding::{Check, Findings, error};

const UNMADE: Check = error(
    "tables-behind-guard",
    "What stands behind `if __name__ == \"__main__\"` is done where Python runs the file. gunicorn, uvicorn and `flask run` import it and pass that by: the database gets no tables, and \
     the first page that asks for one answers 500.",
)
.decides_or_doubts();

pub(super) const CHECKS: &[Check] = &[UNMADE];

/// Calls that make tables: SQLAlchemy, SQLModel, Flask-SQLAlchemy and Peewee.
const MAKE: &[&str] = &["create_all(", "create_tables("];
/// What makes tables in another way.
const OTHERWISE: &[&str] = &["alembic", "flask_migrate", "Migrate(", "yoyo"];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let modules = facts.reached();
    let is_served = Start::all(facts).iter().any(|start| loader(start.command).is_some());
    let by_script = modules.iter().any(|module| module.is_script);
    let otherwise = || {
        const HELD: &[&str] = &[".db", ".sqlite", ".sqlite3", ".sql", "alembic.ini"];
        let has_file = facts.app.files().iter().any(|file| HELD.iter().any(|end| file.ends_with(end)))
            || facts.app.has_folder("instance");
        has_file || modules.iter().any(|module| OTHERWISE.iter().any(|word| module.text.contains(word)))
    };
    if !facts.is_python() || !is_served || by_script {
        return;
    }
    let made: Vec<(&Module, &Statement)> = modules
        .iter()
        .flat_map(|module| module.code.statements.iter().map(move |statement| (module, statement)))
        .filter(|(_, statement)| MAKE.iter().any(|call| statement.text.contains(call)))
        .collect();
    let guards: Option<Vec<_>> = made.iter().map(|(module, statement)| guard(modules, module, statement, 3)).collect();
    let Some((module, statement)) = guards.and_then(|guards| guards.first().copied()) else { return };
    if otherwise() {
        return;
    }
    findings.push(
        UNMADE
            .found("the tables are made behind `if __name__ == \"__main__\"` alone, and a server imports the file")
            .about(statement.text.split('(').next().unwrap_or_default())
            .at(facts.app.line(&module.path, Some(statement.line)), &statement.text)
            .help("make them where the file is loaded, outside of the guard (Flask-SQLAlchemy: `with app.app_context(): db.create_all()` at the margin), or by a command before the server")
            .likely(),
    );
}

/// The statement behind a guard by which alone this one is done; none where it may be done otherwise.
fn guard<'m>(
    modules: &'m [Module],
    module: &'m Module,
    statement: &'m Statement,
    depth: usize,
) -> Option<(&'m Module, &'m Statement)> {
    if module.code.heads_around(statement).any(|head| head.contains("__name__") && head.contains("__main__")) {
        return Some((module, statement));
    }
    let head = module.code.function(statement).filter(|_| depth > 0)?;
    let name = head.trim_start_matches("async ").strip_prefix("def ")?.split('(').next()?;
    let at = module.code.statements.iter().position(|other| other.text == head)?;
    // Whoever is told of the function by a decorator calls it.
    if at > 0 && module.code.statements[at - 1].text.starts_with('@') {
        return None;
    }
    let mut uses = modules
        .iter()
        .flat_map(|module| module.code.statements.iter().map(move |other| (module, other)))
        .filter(|(_, other)| has_word(&other.text, name) && other.text != head && !other.text.contains("import "))
        .map(|(user, other)| guard(modules, user, other, depth - 1));
    let first = uses.next()??;
    uses.all(|other| other.is_some()).then_some(first)
}
