//! Migrations in a place where no database is.

use super::facts::Facts;
use super::finding::{Check, Findings, warning};

pub(crate) const IN_BUILD: Check = warning(
    "migration-runs-in-build",
    "A migration wants the database. While the image is built, the platform's private network is not there, and a database of the same \
     project is not reached by its private name.",
);

pub(super) const CHECKS: &[Check] = &[IN_BUILD];

const MIGRATE: &[&str] = &[
    "manage.py migrate",
    "alembic upgrade",
    "flask db upgrade",
    "aerich upgrade",
    "prisma migrate deploy",
    "prisma db push",
];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    if !facts.is_python() {
        return;
    }
    // A file is in the image, with what the migration made of it.
    if keeps_a_file(facts) {
        return;
    }
    // A release phase is told by who makes it one.
    for choice in facts.build_choices() {
        let Some(command) = MIGRATE.iter().find(|command| choice.value.contains(**command)) else { continue };
        let finding = IN_BUILD
            .found(format!("`{command}` runs while the image is built, where the database is not reached"))
            .about(*command)
            .at(choice.because.clone(), &choice.value)
            .likely();
        findings.push(finding.help("run it before the server: as Railway's deploy.preDeployCommand, or at the head of the start command (`… && gunicorn …`)"));
    }
}

/// Whether the project's database is SQLite's, a file, and nothing names another.
pub(super) fn keeps_a_file(facts: &Facts<'_>) -> bool {
    const ELSEWHERE: &[&str] =
        &["postgres", "mysql", "mariadb", "mssql", "oracle", "dj_database_url", "_URL", "env.db("];
    let ini = facts.app.read_text("alembic.ini").unwrap_or_default();
    let settings = super::django::settings(facts);
    let reached = facts.reached().iter().map(|module| module.text.as_str());
    let all: Vec<&str> = reached.chain([ini.as_str()]).chain(settings.iter().map(|(_, text)| text.as_str())).collect();
    let says = |words: &[&str]| all.iter().any(|text| words.iter().any(|word| text.contains(word)));
    let is_asked = |name: &str| facts.variable(name).is_some();
    says(&["sqlite"]) && !says(ELSEWHERE) && !is_asked("DATABASE_URL")
}
