//! A table that is in a database of the project's own, which an ignore file keeps out of the deploy.

use super::case::Case;
use super::hidden::hidden;
use super::table::database::MISSING_DATA_FILE;
use crate::finding::Diagnosis;
use crate::project::Project;

/// What every file of SQLite begins with.
const BEGINS: &[u8] = b"SQLite format 3\0";

/// SQLite makes an empty database where the file is not, so that its first table is what is missed.
pub(super) fn amended(case: &Case<'_>, project: &Project, table: &str, diagnosis: Diagnosis) -> Diagnosis {
    if !diagnosis.evidence.iter().any(|line| line.text.contains("no such table")) {
        return diagnosis;
    }
    let inner = project.folders().into_iter().flat_map(|folder| {
        let names = project.enter(&folder).map(|inner| inner.files()).unwrap_or_default();
        names.into_iter().map(move |name| folder.join(name).to_string_lossy().into_owned()).collect::<Vec<_>>()
    });
    let files = project.files().into_iter().chain(inner).filter(|name| is_database(name));
    let missed = Diagnosis { rule: MISSING_DATA_FILE.id, fixes: Vec::new(), ..diagnosis.clone() };
    let kept_out = files.filter(|file| holds(project, file, table)).map(|file| {
        let found = hidden(project, case.builder_kind(), &file, missed.clone());
        (found.message != missed.message).then_some(found)
    });
    kept_out.flatten().next().unwrap_or(diagnosis)
}

fn is_database(name: &str) -> bool {
    [".db", ".db3", ".sqlite", ".sqlite3"].iter().any(|end| name.ends_with(end))
}

/// Whether a database has the statement that made the table.
fn holds(project: &Project, file: &str, table: &str) -> bool {
    let Ok(bytes) = project.read(file) else { return false };
    let table = table.rsplit('.').next().unwrap_or(table);
    let mut places = memchr::memmem::find_iter(&bytes, table.as_bytes());
    let is_made = |at: usize| {
        let before = String::from_utf8_lossy(&bytes[at.saturating_sub(40)..at]).to_lowercase();
        before.contains("create table")
    };
    bytes.starts_with(BEGINS) && places.any(is_made)
}

#[cfg(test)]
mod tests {
    use crate::diagnose::{Case, diagnose};
    use crate::folder::folder;
    use crate::log::Log;
    use crate::project::Project;

    fn told(ignored: &str) -> (&'static str, String) {
        let database = "SQLite format 3\0 tabletides CREATE TABLE tides(height)";
        let code = "import sqlite3\nsqlite3.connect(\"harbour.db\").execute(\"select * from tides\")\n";
        let folder = folder(&[("harbour.db", database), ("main.py", code), (".dockerignore", ignored)]);
        let project = Project::open(folder.path()).unwrap();
        let log = Log::from(
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 2, in <module>\n    sqlite3.connect(\"harbour.db\").execute(\"select * from tides\")\nsqlite3.OperationalError: no such table: tides\n",
        );
        let found = diagnose(&Case { project: Some(&project), ..Case::of_log(&log) }).swap_remove(0);
        (found.rule, found.message)
    }

    #[test]
    fn a_database_that_dockerignore_keeps_out_is_told_in_place_of_migrations() {
        let (rule, message) = told("*.db\n");
        assert_eq!(rule, "missing-data-file");
        assert!(message.contains("harbour.db") && message.contains(".dockerignore:1"), "{message}");
        assert_eq!(told("*.txt\n").0, "db-migration-missing");
    }
}
