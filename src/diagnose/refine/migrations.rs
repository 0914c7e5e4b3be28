//! Migrations, by the tool that runs them.

use crate::diagnose::table::Finding;
use crate::diagnose::view::LogView;

/// The help names the command of the tool that the log shows.
pub(in crate::diagnose) fn by_tool(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let shows = |words: &[&str]| words.iter().any(|word| view.mentions(word));
    if view.text(finding.at).contains("is already taken") {
        finding.message = Some("`createsuperuser` finds the user there, whom an earlier start made, and ends the start command with an error".to_owned());
        finding.help = Some("take it out of the start command once the user is there, or let the start go on without it: `(python manage.py createsuperuser --noinput || true)`".to_owned());
        return true;
    }
    let alembic = shows(&["alembic", "flask db", "command.upgrade", "sqlalche.me", "sqlalchemy"]);
    let django = shows(&["django", "manage.py", "Applying "]);
    let is_type = view.text(finding.at).contains("type \"");
    if alembic && is_type {
        finding.help = Some("a type of the database outlives the table that it was made for: let the migration use the one that is there (`postgresql.ENUM(…, create_type=False)`), drop it in `downgrade`, and `alembic stamp` the revision if all of it was done".to_owned());
        return true;
    }
    if shows(&["ortoise"]) {
        finding.help = Some("let Tortoise leave tables alone that are there: `generate_schemas(safe=True)`; with Aerich, `aerich upgrade --fake` for what was done already".to_owned());
        return true;
    }
    finding.help = match (alembic, django) {
        (true, false) => Some("tell Alembic that it was done: `alembic stamp head` (with Flask-Migrate `flask db stamp head`), or the revision that made it; then upgrade as usual, and leave out create_all".to_owned()),
        (false, true) => Some("tell Django that it was done: `python manage.py migrate --fake-initial`, or `migrate APP NAME --fake` for the one migration; then migrate as usual".to_owned()),
        _ => None,
    };
    true
}

/// A history that forks, or that the repository does not have, is no missing table.
pub(in crate::diagnose) fn history(view: &LogView<'_>, finding: &mut Finding) -> bool {
    let text = view.text(finding.at);
    let told = if text.contains("Multiple head revisions") {
        Some((
            "two migrations follow the same one, and neither the other",
            "join them and commit the migration that this makes: `alembic merge heads -m \"merge\"` (with Flask-Migrate `flask db merge heads`)",
        ))
    } else if text.contains("multiple leaf nodes") || text.contains("Conflicting migrations") {
        Some((
            "two migrations follow the same one, and neither the other",
            "join them and commit the migration that this makes: `python manage.py makemigrations --merge`",
        ))
    } else if text.contains("UserWarning: Revision") || text.contains("NodeNotFoundError") {
        Some((
            "a migration follows one that is not among the deployed ones",
            "commit the one that is missing (`git status --ignored` shows whether .gitignore hides it), or correct `down_revision` (Django: `dependencies`) of the one that names it",
        ))
    } else if text.contains("InconsistentMigrationHistory") {
        Some((
            "the database has run a migration before the one that it depends on",
            "a migration was put before one that had run already, as a user model of the project's own does that comes after the first `migrate`: where the data may go, make the database anew and migrate; where it may not, bring the rows of the table django_migrations into the order that the message names. `migrate --fake` is refused too",
        ))
    } else if text.contains("Can't locate revision") {
        Some((
            "the database is at a revision that this repository does not have",
            "commit the migration that made it, or deploy the branch that has it; if it is gone for good, `alembic stamp --purge` the one that the tables are at",
        ))
    } else {
        None
    };
    if let Some((message, help)) = told {
        (finding.message, finding.help) = (Some(message.to_owned()), Some(help.to_owned()));
    }
    true
}
