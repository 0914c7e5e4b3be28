//! The Procfile, which Railpack read as YAML 1.1 before it took each line as it is: `web`, else `worker`, else any process starts
//! the app.

use crate::project::{Project, Source, Sourced};

use super::messages::Log;
use super::version::Rules;
use super::yaml;

const FILE: &str = "Procfile";

/// The command that starts the app.
///
/// # Errors
/// The file is no mapping of strings: in Railpack's own words.
pub(super) fn start(
    project: &Project,
    text: Option<&[u8]>,
    rules: Rules,
    log: &mut Log,
) -> Result<Option<Sourced<String>>, String> {
    let Some(text) = text else { return Ok(None) };
    let processes = match rules >= Rules::V0_43 {
        true => lines(&String::from_utf8_lossy(text)),
        false => yaml::strings(text).map_err(|fault| format!("error reading {FILE} as YAML: {fault}"))?,
    };
    let process = |wanted: &str| processes.iter().find(|(name, command, _)| name == wanted && !command.is_empty());
    let chosen = process("web").or_else(|| process("worker"));
    let Some((name, command, line)) = chosen.or_else(|| processes.iter().find(|(_, command, _)| !command.is_empty()))
    else {
        return Ok(None);
    };
    log.info(format!("Found {name} command in {FILE}"));
    let source = Source::File { path: project.place(FILE), line: Some(*line) };
    Ok(Some(Sourced { value: command.clone(), source }))
}

/// What each line names, the command as it is, and the line. Of a name that is given twice the last counts, but among others
/// the first.
fn lines(text: &str) -> Vec<(String, String, usize)> {
    let mut found: Vec<(String, String, usize)> = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let Some((name, command)) = line.trim().split_once(':') else { continue };
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        if name.is_empty() || !name.chars().all(is_name) {
            continue;
        }
        if matches!(name, "web" | "worker") {
            found.retain(|(earlier, ..)| earlier != name);
        }
        found.push((name.to_owned(), command.trim().to_owned(), index + 1));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_name_a_colon_and_a_command_as_it_is() {
        let text = "# web: no\n\n web:  \"a\" b: c # d \nno name: x\nclock:\nalone\n";
        let wanted = [("web", "\"a\" b: c # d", 3), ("clock", "", 5)];
        let wanted = wanted.map(|(name, command, line)| (name.to_owned(), command.to_owned(), line));
        assert_eq!(lines(text), wanted);
    }

    #[test]
    fn the_last_web_counts() {
        let read = lines("web: a\nother: b\nweb: c\n");
        let commands: Vec<&str> = read.iter().map(|(_, command, _)| command.as_str()).collect();
        assert_eq!(commands, ["b", "c"]);
    }
}
