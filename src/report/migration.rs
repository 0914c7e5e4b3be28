//! A move to another builder: for people, for a pull request, for programs.

use std::fmt::Write;

use anyhow::Result;
use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;

use super::markdown::{code, escaped};
use super::{Paint, SCHEMA};
use crate::fix::{Proof, Standing, Step};
use crate::migrate::{Change, Migration, Side, is_shown};

/// What `shakedown migrate --format json` prints.
#[derive(Serialize, JsonSchema)]
struct MigrationReport<'a> {
    /// The version of the format.
    schema: u32,
    /// The builder of today.
    from: &'a Side,
    /// The one to come, with the project as it is.
    to: &'a Side,
    /// What is otherwise there.
    changes: &'a [Change],
    /// What is known of the edit; absent where none is needed.
    standing: Option<Standing>,
    /// The fixes that it consists of, in order; none where they change nothing.
    steps: &'a [Step],
    /// The whole edit as a unified diff; empty where there is none.
    diff: String,
    /// How many rehearsals the search took.
    rehearsals: usize,
}

/// The schema of [`migration_json`].
pub fn migration_schema() -> Schema {
    schema_for!(MigrationReport<'static>)
}

/// One object.
pub fn migration_json(migration: &Migration) -> Result<String> {
    let proof = edit(migration);
    let document = MigrationReport {
        schema: SCHEMA,
        from: &migration.from,
        to: &migration.to,
        changes: &migration.changes,
        standing: migration.proof.as_ref().map(|proof| proof.standing),
        steps: proof.map_or(&[], |proof| &proof.steps),
        diff: proof.map_or_else(String::new, |proof| proof.patch.diff()),
        rehearsals: migration.proof.as_ref().map_or(0, |proof| proof.rehearsals),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn edit(migration: &Migration) -> Option<&Proof> {
    migration.proof.as_ref().filter(|proof| is_shown(proof))
}

/// What is said of it all in one sentence.
fn conclusion(migration: &Migration) -> String {
    let (from, to) = (&migration.from, &migration.to);
    let standing = migration.proof.as_ref().map(|proof| proof.standing);
    match (from.verdict, to.verdict, standing) {
        (_, "works", _) if migration.changes.iter().any(Change::loses_release) => format!(
            "works on {}, which runs no release command: run it before the start, or as the platform's pre-deploy command",
            to.builder
        ),
        ("works", "works", _) => "works on both: nothing has to be changed".to_owned(),
        (_, "works", _) => format!("works on {}: nothing has to be changed", to.builder),
        (_, _, Some(Standing::Proven)) => format!("works on {} with this edit, which was tried", to.builder),
        ("fails", "fails", _) if rule(from).is_some() && rule(from) == rule(to) => {
            "fails on both for the same cause, which no builder mends: `shakedown fix` looks for its cure".to_owned()
        }
        ("fails", "fails", _) => format!("fails on both: mend it on {} first", from.builder),
        (_, "cannot-tell", _) => format!("cannot tell whether it works on {}", to.builder),
        (_, _, Some(Standing::NoFix)) | (_, _, None) => {
            format!("fails on {}, and no edit is known that could be tried", to.builder)
        }
        (_, _, Some(_)) if edit(migration).is_some() => {
            format!("fails on {}; whether this edit cures it cannot be told here", to.builder)
        }
        (_, _, Some(_)) => format!("fails on {}, and with every edit that was tried", to.builder),
    }
}

/// The rule of a side's cause.
fn rule(side: &Side) -> Option<&'static str> {
    side.diagnoses.first().map(|found| found.rule)
}

fn cause(side: &Side) -> String {
    let shown = side.diagnoses.first().filter(|_| side.verdict != "works");
    let place = side.failed_phase.as_ref().map(|phase| format!(" at {phase}")).unwrap_or_default();
    let rule = shown.map(|found| format!(": {} ({})", found.message, found.rule)).unwrap_or_default();
    format!("{}{place}{rule}", side.verdict)
}

/// The command that failed and the last that it printed.
fn failed_output(side: &Side) -> impl Iterator<Item = String> {
    let command = side.failed_command.iter().filter(|_| side.verdict != "works").map(|command| format!("$ {command}"));
    command.chain(side.last_lines.iter().filter(|_| side.verdict != "works").cloned())
}

/// For people, at a terminal.
pub fn migration_human(migration: &Migration, paint: Paint) -> String {
    let mut out = String::new();
    for side in [&migration.from, &migration.to] {
        let said = cause(side);
        let said = if side.verdict == "works" { paint.good(said) } else { paint.bad(said) };
        let _ = writeln!(out, "{} {said}", paint.bold(format!("{}:", side.builder)));
        for line in failed_output(side) {
            let _ = writeln!(out, "  {} {line}", paint.dim("│"));
        }
    }
    if !migration.changes.is_empty() {
        let _ = writeln!(out, "\n{}", paint.bold("what is otherwise:"));
    }
    for Change { matter, from, to, note, places } in &migration.changes {
        let _ = writeln!(out, "  {}\n    {from}\n  → {to}", paint.bold(matter));
        if !note.is_empty() {
            let _ = writeln!(out, "    {}", paint.dim(note));
        }
        for place in places {
            let _ = writeln!(out, "    {}", paint.hint(format!("--> {}", place.source)));
        }
    }
    if let Some(proof) = edit(migration) {
        out.push('\n');
        for step in &proof.steps {
            let _ = writeln!(out, "{} {}", paint.hint("edit:"), step.fix.summary);
        }
        let diff = proof.patch.diff();
        if !diff.is_empty() {
            let _ = write!(out, "\n{diff}\n");
        }
    }
    let unverified = super::not_verified(&migration.to.unverified, paint);
    if !unverified.is_empty() {
        let _ = write!(out, "\n{unverified}");
    }
    let _ = writeln!(out, "\n{}", paint.bold(conclusion(migration)));
    out
}

/// One page for a pull request.
pub fn migration_markdown(migration: &Migration) -> String {
    let Migration { from, to, changes, .. } = migration;
    let mut out = format!(
        "### From {} to {}\n\n{}\n\n",
        escaped(&from.builder),
        escaped(&to.builder),
        escaped(&conclusion(migration))
    );
    out += "| builder | result |\n|---|---|\n";
    for side in [from, to] {
        let mark = match side.verdict {
            "works" => "✅",
            "fails" => "❌",
            _ => "⚠️",
        };
        let _ = writeln!(out, "| {} | {mark} {} |", escaped(&side.builder), escaped(&cause(side)));
    }
    for side in [from, to].into_iter().filter(|side| failed_output(side).next().is_some()) {
        let lines = failed_output(side).map(|line| line + "\n").collect::<String>();
        let _ = write!(out, "\n{}:\n\n````text\n{lines}````\n", escaped(&side.builder));
    }
    if !changes.is_empty() {
        let _ = write!(out, "\n| matter | today | then | what it may break |\n|---|---|---|---|\n");
    }
    for change in changes {
        let places = change.places.iter().map(|place| format!(" ({})", code(&place.source.to_string())));
        let row = [&change.from, &change.to].map(|text| escaped(text));
        let _ = writeln!(
            out,
            "| {} | {}{} | {} | {} |",
            change.matter,
            row[0],
            places.collect::<String>(),
            row[1],
            escaped(change.note)
        );
    }
    if let Some(proof) = edit(migration) {
        let _ = write!(out, "\n**The edit**\n\n");
        for step in &proof.steps {
            let _ = writeln!(out, "- {}", escaped(&step.fix.summary));
        }
        let _ = write!(out, "\n````diff\n{}````\n", proof.patch.diff());
    }
    if !to.unverified.is_empty() {
        out += "\n<details><summary>Not verified</summary>\n\n";
        for note in &to.unverified {
            let _ = writeln!(out, "- {}: {}", escaped(&note.what), escaped(&note.why));
        }
        out += "\n</details>\n";
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn side(builder: &str, verdict: &'static str) -> Side {
        Side {
            builder: builder.to_owned(),
            verdict,
            failed_phase: None,
            failed_command: None,
            last_lines: Vec::new(),
            diagnoses: Vec::new(),
            unverified: Vec::new(),
        }
    }

    #[test]
    fn a_page_has_both_sides_and_every_matter() {
        let change =
            Change { matter: "start", from: "a|b".to_owned(), to: "–".to_owned(), note: "", places: Vec::new() };
        let (from, to) = (side("Nixpacks", "works"), side("Railpack 0.37.0", "works"));
        let migration = Migration { from, to, changes: vec![change], proof: None };
        let page = migration_markdown(&migration);
        assert!(page.contains("works on both") && page.contains("| start | a\\|b | – |"), "{page}");
        let told = migration_human(&migration, Paint::PLAIN);
        assert!(told.contains("what is otherwise:"), "{told}");
        assert!(told.ends_with("works on both: nothing has to be changed\n"), "{told}");
        let release =
            Change { matter: "release", from: "a".to_owned(), to: "–".to_owned(), note: "", places: Vec::new() };
        let migration = Migration { changes: vec![release], ..migration };
        assert!(!migration_markdown(&migration).contains("nothing has to be changed"));
        let alike = migration_human(&Migration { changes: Vec::new(), ..migration }, Paint::PLAIN);
        assert!(!alike.contains("what is otherwise"), "{alike}");
    }
}
