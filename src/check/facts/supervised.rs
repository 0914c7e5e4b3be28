//! The programs of a file of supervisord.

use std::path::{Path, PathBuf};

use super::command::{Invocation, invocations};
use crate::project::{Project, Source};

/// The commands of the programs that a command's supervisord starts, with their places; empty where it starts none. supervisor 4.3.0 takes
/// what stands behind ` ;` for a remark, and a line that begins with blanks for more of the one before.
pub(crate) fn lines(app: &Project, start: &str) -> Vec<(String, Source)> {
    let all = invocations(start);
    let Some((path, text)) = all.iter().find_map(|invocation| file(app, invocation)) else { return Vec::new() };
    programs(&text).into_iter().map(|(command, number)| (command, app.line(&path, Some(number)))).collect()
}

/// The file that an invocation of supervisord reads, and its text.
pub(in crate::check) fn file(app: &Project, invocation: &Invocation<'_>) -> Option<(PathBuf, String)> {
    let name = invocation.option(&["-c", "--configuration"]).unwrap_or("supervisord.conf");
    let name = name.strip_prefix("/app/").unwrap_or(name).trim_start_matches("./");
    let is_ours = invocation.program == "supervisord" && !name.starts_with('/') && !name.contains("..");
    let path = Path::new(invocation.folder).join(name);
    let text = (is_ours && app.has_file(&path)).then(|| app.read_text(&path).ok()).flatten()?;
    Some((path, text))
}

/// What a program's section says of it.
#[derive(Default)]
struct Section {
    command: Option<(String, usize)>,
    folder: Option<String>,
    is_off: bool,
}

impl Section {
    /// The command as a shell would be told it.
    fn command_line(self) -> Option<(String, usize)> {
        let (command, number) = self.command.filter(|_| !self.is_off)?;
        let folder = self.folder.unwrap_or_default();
        match folder.trim_start_matches("/app").trim_matches('/') {
            "" | "." => Some((command, number)),
            folder => Some((format!("cd {folder} && {command}"), number)),
        }
    }
}

/// The commands of all programs that are started by themselves, each with the number of its line.
fn programs(text: &str) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    let mut section: Option<Section> = None;
    for (index, line) in text.lines().enumerate() {
        let is_more = line.starts_with([' ', '\t']);
        let line = line.split(" ;").next().unwrap_or_default().trim();
        if line.starts_with([';', '#']) || line.is_empty() {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            found.extend(section.take().and_then(Section::command_line));
            section = name.starts_with("program:").then(Section::default);
            continue;
        }
        let Some(section) = &mut section else { continue };
        if is_more {
            continue;
        }
        let Some((key, value)) = line.split_once(['=', ':']) else { continue };
        let value = value.trim();
        match key.trim() {
            "command" => section.command = Some((value.to_owned(), index + 1)),
            "directory" => section.folder = Some(value.to_owned()),
            "autostart" => section.is_off = matches!(value.to_lowercase().as_str(), "false" | "0" | "no" | "off"),
            _ => {}
        }
    }
    found.extend(section.and_then(Section::command_line));
    found
}

#[cfg(test)]
mod tests {
    use super::programs;

    #[test]
    fn every_program_that_starts_by_itself_is_read() {
        let text = "[supervisord]\nnodaemon=true\ncommand=none\n\n[program:web]\ncommand = gunicorn web:app ; the page\n\n; [program:old]\n[program:bot]\ncommand=python bot.py\ndirectory=/app/bots\n\
                    [program:seed]\ncommand=python seed.py\nautostart=false\n[eventlistener:end]\ncommand=python end.py\n";
        let found = [("gunicorn web:app".to_owned(), 6), ("cd bots && python bot.py".to_owned(), 10)];
        assert_eq!(programs(text), found);
    }
}
