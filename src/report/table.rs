//! The phase table, in the manner of the Nixpacks box.

use super::{Paint, shown, words};
use crate::plan::{SETUP, Step};
use crate::rehearse::Rehearsal;
use crate::run::{CmdOutcome, START, Status};
use crate::sandbox::Origin;

/// As wide as Nixpacks draws its box.
const WIDTH: usize = 80;
/// Room for the name, the mark and the time.
const NAME: usize = 10;
const TIME: usize = 6;
const TEXT: usize = WIDTH - NAME - TIME - 12;

struct Row {
    name: String,
    mark: Mark,
    took: Option<String>,
    text: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Good,
    Bad,
    None,
}

pub(super) fn render(rehearsal: &Rehearsal, paint: Paint) -> String {
    let title = format!(" rehearsal{} ", words::on(&rehearsal.backend));
    let side = (WIDTH - 2).saturating_sub(title.chars().count());
    let (left, right) = ("═".repeat(side / 2), "═".repeat(side - side / 2));
    let mut drawn = format!("╔{left}{title}{right}╗\n");
    let rows = rows(rehearsal);
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            drawn += &format!("║{}║\n", "─".repeat(WIDTH - 2));
        }
        drawn += &draw(row, paint);
    }
    drawn + &format!("╚{}╝\n", "═".repeat(WIDTH - 2))
}

fn draw(row: &Row, paint: Paint) -> String {
    let mark = match row.mark {
        Mark::Good => paint.good("✔"),
        Mark::Bad => paint.bad("✘"),
        Mark::None => paint.dim("–"),
    };
    let mut drawn = String::new();
    for (index, text) in wrapped(&shown(&row.text)).into_iter().enumerate() {
        let pad = " ".repeat(TEXT.saturating_sub(console::measure_text_width(&text)));
        drawn += &match index {
            0 => {
                let took = row.took.as_deref().unwrap_or_default();
                let name = shown(&row.name);
                let name = console::truncate_str(&name, NAME, "…");
                format!("║ {name:<NAME$} │ {mark} {took:>TIME$} │ {text}{pad} ║\n")
            }
            _ => format!("║ {:NAME$} │   {:TIME$} │ {text}{pad} ║\n", "", ""),
        };
    }
    drawn
}

fn rows(rehearsal: &Rehearsal) -> Vec<Row> {
    let mark = |status| match status {
        Status::Passed => Mark::Good,
        Status::Skipped => Mark::None,
        _ => Mark::Bad,
    };
    let outcome = &rehearsal.outcome;
    let mut rows: Vec<Row> = outcome
        .phases
        .iter()
        .map(|phase| {
            let took = phase.cmds.iter().map(|cmd| cmd.took).sum();
            let cmds = || phase.cmds.iter().map(command).collect::<Vec<_>>().join("\n");
            let text = match (phase.name == SETUP, phase.cmds.is_empty()) {
                (true, _) => packages(rehearsal),
                (false, true) => "nothing to do".to_owned(),
                (false, false) => cmds(),
            };
            let took = (phase.status != Status::Skipped && !phase.cmds.is_empty()).then(|| words::took(took));
            Row { name: phase.name.clone(), mark: mark(phase.status), took, text }
        })
        .collect();
    let start = rehearsal.plan.start_command().map(str::to_owned);
    rows.push(match (&outcome.smoke, start) {
        (Some(smoke), _) => Row {
            name: START.into(),
            mark: if smoke.result.is_good() { Mark::Good } else { Mark::Bad },
            took: Some(words::took(smoke.took)),
            text: format!("{}\n→ {}", smoke.cmd, words::found(&smoke.result)),
        },
        (None, Some(cmd)) => Row { name: START.into(), mark: Mark::None, took: None, text: cmd },
        (None, None) => Row { name: START.into(), mark: Mark::None, took: None, text: "no start command".into() },
    });
    rows
}

/// A command, and what it has to do with earlier and later runs.
pub(super) fn command(cmd: &CmdOutcome) -> String {
    std::iter::once(cmd.cmd.clone()).chain(origin(cmd)).collect::<Vec<_>>().join("\n")
}

/// Where a command's work is from, a line for each thing to be said.
fn origin(cmd: &CmdOutcome) -> Vec<String> {
    let told = match &cmd.origin {
        Some(Origin::Reused { age_seconds, index }) => vec![words::reused(*age_seconds, *index)],
        Some(Origin::Anew { because, changed, not_kept }) => {
            let again = changed.then(|| words::again(because));
            again.into_iter().chain(not_kept.as_deref().map(words::not_kept)).collect()
        }
        None => Vec::new(),
    };
    told.into_iter().map(|line| format!("→ {line}")).collect()
}

/// What the setup phase installs, which says more than the command that does it.
pub(super) fn packages(rehearsal: &Rehearsal) -> String {
    let setup = || rehearsal.plan.steps.iter().filter(|step| step.name == SETUP);
    let packages = setup().flat_map(|step| step.packages.names()).collect::<Vec<_>>().join(", ");
    let commands: Vec<String> = setup().flat_map(Step::commands).map(|command| command.shown.clone()).collect();
    let ran = rehearsal.outcome.phases.iter().filter(|phase| phase.name == SETUP).flat_map(|phase| &phase.cmds);
    let installed = ran.filter(|cmd| !commands.contains(&cmd.cmd)).flat_map(origin).next();
    std::iter::once(packages).chain(installed).chain(commands).collect::<Vec<_>>().join("\n")
}

/// Wraps at spaces; a word longer than a line is broken.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let mut word: Vec<char> = word.chars().collect();
            let room = TEXT.saturating_sub(line.chars().count() + 1);
            if !line.is_empty() && word.len() > room {
                lines.push(std::mem::take(&mut line));
            }
            while word.len() > TEXT {
                lines.push(word.drain(..TEXT).collect());
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word);
        }
        lines.push(line);
    }
    if lines.is_empty() {
        lines.push(String::new());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_at_spaces_and_long_words_are_broken() {
        let long = "x".repeat(TEXT + 3);
        assert_eq!(wrapped(&format!("a {long} b")), ["a".to_owned(), "x".repeat(TEXT), "xxx b".to_owned()]);
        assert_eq!(wrapped(""), [""]);
    }

    #[test]
    fn a_row_is_as_wide_as_the_box() {
        let row =
            Row { name: "install".into(), mark: Mark::Bad, took: Some("3.2s".into()), text: "pip install".into() };
        assert_eq!(draw(&row, Paint::PLAIN).trim_end().chars().count(), WIDTH);
    }
}
