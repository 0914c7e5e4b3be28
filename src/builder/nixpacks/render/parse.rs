//! Reading the box back out of a build log.

/// What a log's box says of the plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BoxPlan {
    /// Of Nixpacks, for example `1.41.0`.
    pub version: String,
    /// Names and contents (packages, or commands a line each) of the phases, in the order they run.
    pub phases: Vec<(String, String)>,
    /// The start command.
    pub start: Option<String>,
}

/// Finds the first complete box of a log. Anything may stand before and behind its lines; a broken box is passed over.
/// Line breaks that the box made are undone as well as can be told from its width.
pub fn parse_box(log: &str) -> Option<BoxPlan> {
    let mut open: Option<OpenBox> = None;
    for line in log.lines() {
        if let Some(version) = top(line) {
            open = Some(OpenBox { version, rows: vec![Row::default()] });
        } else if line.contains('╚') {
            if let Some(plan) = open.take().and_then(OpenBox::finish) {
                return Some(plan);
            }
        } else if let (Some(reading), Some(inside)) = (&mut open, inside(line)) {
            reading.line(inside);
        }
    }
    None
}

fn top(line: &str) -> Option<String> {
    let (_, title) = line.split_once('╔')?;
    let (_, version) = title.split_once("Nixpacks v")?;
    Some(version.split([' ', '═']).next().unwrap_or_default().to_owned())
}

fn inside(line: &str) -> Option<&str> {
    let (start, end) = (line.find('║')?, line.rfind('║')?);
    line.get(start + '║'.len_utf8()..end)
}

struct OpenBox {
    version: String,
    rows: Vec<Row>,
}

#[derive(Default)]
struct Row {
    name: String,
    parts: Vec<String>,
    width: usize,
}

impl OpenBox {
    fn line(&mut self, inside: &str) {
        let Some((name, part)) = inside.split_once('│') else {
            if inside.starts_with('─') {
                self.rows.push(Row::default());
            }
            return;
        };
        if let Some(row) = self.rows.last_mut() {
            row.name.push_str(name.trim());
            row.width = part.chars().count().saturating_sub(2);
            row.parts.push(part.strip_prefix(' ').unwrap_or(part).trim_end().to_owned());
        }
    }

    fn finish(self) -> Option<BoxPlan> {
        let mut rows: Vec<(String, String)> = self.rows.iter().map(|row| (row.name.clone(), row.text())).collect();
        let (name, start) = rows.pop()?;
        if name != "start" {
            return None;
        }
        rows.retain(|(name, _)| !name.is_empty());
        Some(BoxPlan { version: self.version, phases: rows, start: Some(start).filter(|cmd| !cmd.is_empty()) })
    }
}

impl Row {
    fn text(&self) -> String {
        let mut text = String::new();
        let mut last: Option<&str> = None;
        for part in &self.parts {
            text.push_str(last.map_or("", |last| between(last, part, self.width)));
            text.push_str(part);
            last = Some(part);
        }
        text
    }
}

/// What stood between two lines: a space or nothing if the box broke the line there, else a line end.
fn between(last: &str, next: &str, width: usize) -> &'static str {
    let used = last.chars().count();
    let word = next.split(' ').next().unwrap_or_default();
    let head = word.split_inclusive('-').next().unwrap_or_default().chars().count();
    let tail = last.rsplit(' ').next().unwrap_or_default().chars().count();
    if used == width && tail + word.chars().count() > width {
        return "";
    }
    let inner_hyphen = last.ends_with('-') && last.chars().rev().nth(1).is_some_and(char::is_alphanumeric);
    if inner_hyphen && word.starts_with(char::is_alphanumeric) && used + head > width {
        return "";
    }
    if used + 1 + head > width { " " } else { "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builder::nixpacks::{Plan, render::nixpacks_box};

    fn plan() -> Plan {
        Plan::from_json(
            r#"{"phases":{"setup":{"nixPkgs":["python311","gcc"],"aptPkgs":["libfoo"],"cmds":["one","two"]},
                "install":{"dependsOn":["setup"],"cmds":["python -m venv --copies /opt/venv && . /opt/venv/bin/activate && pip install -r requirements.txt"]}},
                "start":{"cmd":"gunicorn --bind 0.0.0.0:8000 --workers 4 --access-logfile - config.wsgi-file:application"}}"#,
        )
        .unwrap()
    }

    #[test]
    fn a_box_in_a_log_is_read_back() {
        let log: String = nixpacks_box(&plan())
            .unwrap()
            .lines()
            .map(|line| format!("2025-01-01T00:00:00Z [inf]  {line}\n"))
            .collect();
        let read = parse_box(&format!("noise ║ more\n{log}after")).unwrap();
        let install =
            "python -m venv --copies /opt/venv && . /opt/venv/bin/activate && pip install -r requirements.txt";
        assert_eq!(read.version, "1.41.0");
        assert_eq!(read.phases[0], ("setup".to_owned(), "pkgs: python311, gcc, libfoo\ncmds: one\ntwo".to_owned()));
        assert_eq!(read.phases[1], ("install".to_owned(), install.to_owned()));
        assert_eq!(read.start.as_deref(), plan().start_cmd());
    }

    #[test]
    fn half_a_box_is_no_box() {
        let text = nixpacks_box(&plan()).unwrap();
        assert_eq!(parse_box(text.split_once("║ start").unwrap().0), None);
        assert_eq!(parse_box("║║\n╚"), None);
        assert_eq!(parse_box("╔ Nixpacks v1 ╗\n║\n╚"), None);
    }
}
