//! Tables that no migration makes, since the project has none: SQLAlchemy's own `create_all` does.

use crate::diagnose::table::database::DB_MIGRATION_MISSING;
use crate::finding::Diagnosis;
use crate::project::Project;

/// Files in which requirements are written.
const MANIFESTS: &[&str] = &["requirements.txt", "pyproject.toml", "Pipfile"];
/// What keeps migrations of SQLAlchemy's tables, and Django, which has its own.
const MIGRATES: &[&str] = &["alembic", "flask-migrate", "flask_migrate", "django", "aerich", "yoyo"];
/// How tables are made, by what brings SQLAlchemy.
const MAKES: &[(&[&str], &str)] = &[
    (&["flask-sqlalchemy", "flask_sqlalchemy"], "`with app.app_context(): db.create_all()`"),
    (&["sqlmodel"], "`SQLModel.metadata.create_all(engine)`"),
    (&["sqlalchemy"], "`Base.metadata.create_all(engine)`"),
];

/// The diagnosis of a table that is not there, in a project that has SQLAlchemy and no migrations.
pub(super) fn amended(project: &Project, diagnosis: Diagnosis) -> Diagnosis {
    let says_table = |text: &str| {
        ["no such table", "doesn't exist", "relation", "UndefinedTable"].iter().any(|words| text.contains(words))
    };
    let is_of_a_table = diagnosis.evidence.iter().any(|line| says_table(&line.text));
    let declared: String =
        MANIFESTS.iter().filter_map(|file| project.read_text(file).ok()).collect::<String>().to_lowercase();
    let names = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    let has_migrations = names(MIGRATES) || project.has_file("alembic.ini") || project.has_folder("migrations");
    let Some((_, call)) = MAKES.iter().find(|(words, _)| names(words)) else { return diagnosis };
    if diagnosis.rule != DB_MIGRATION_MISSING.id || !is_of_a_table || has_migrations {
        return diagnosis;
    }
    let help = format!(
        "make the tables before the app serves: {call}, at the margin of the module that the server loads (below `if __name__ == \"__main__\":` gunicorn never runs it)"
    );
    Diagnosis { help: Some(help), ..diagnosis }
}

#[cfg(test)]
mod tests {
    use crate::diagnose::{Case, diagnose};
    use crate::folder::folder;
    use crate::log::Log;
    use crate::project::Project;

    fn help(requirements: &str, files: &[(&str, &str)]) -> String {
        let folder = folder(&[&[("requirements.txt", requirements)], files].concat());
        let project = Project::open(folder.path()).unwrap();
        let log = Log::from("sqlalchemy.exc.OperationalError: (sqlite3.OperationalError) no such table: tides\n");
        let found = diagnose(&Case { project: Some(&project), ..Case::of_log(&log) }).swap_remove(0);
        assert_eq!(found.rule, "db-migration-missing");
        found.help.unwrap_or_default()
    }

    #[test]
    fn a_project_without_migrations_is_told_to_make_its_tables() {
        let flask = help("Flask\nFlask-SQLAlchemy==3.1.1\n", &[]);
        assert!(flask.contains("db.create_all()") && !flask.contains("migrate"), "{flask}");
        assert!(help("sqlmodel\n", &[]).contains("SQLModel.metadata.create_all(engine)"));
        assert!(help("Flask-SQLAlchemy\nFlask-Migrate\n", &[]).contains("run the migrations"));
        let alembic = ("alembic.ini", "[alembic]\nscript_location = migrations\n");
        assert!(help("sqlalchemy\n", &[alembic]).contains("run the migrations"));
        assert!(help("django\n", &[]).contains("run the migrations"));
    }
}
