//! A Procfile line by line, and what honcho does with it.

use std::path::PathBuf;

/// A line of a Procfile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) name: String,
    /// Without the quotes around the whole of it.
    pub(crate) command: String,
    /// From 1.
    pub(crate) number: usize,
    /// As it stands there.
    pub(crate) line: String,
}

/// The processes of a Procfile's text, in the order of its lines; what names none is left out.
pub(crate) fn processes(text: &str) -> Vec<Process> {
    let read = |(index, line): (usize, &str)| {
        let (name, command) = line.split_once(':')?;
        let name = name.trim();
        let named = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        let command = command.trim().trim_matches(['"', '\'']).to_owned();
        named.then(|| Process { name: name.to_owned(), command, number: index + 1, line: line.to_owned() })
    };
    text.lines().enumerate().filter_map(read).collect()
}

/// How a command line calls honcho's `start`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Honcho {
    /// The Procfile that it reads.
    pub(crate) file: PathBuf,
    /// The processes that it names; none is all.
    pub(crate) named: Vec<String>,
}

impl Honcho {
    /// Whether it starts a process of this name.
    pub(crate) fn starts(&self, name: &str) -> bool {
        self.named.is_empty() || self.named.iter().any(|named| named == name)
    }
}

/// What honcho is told to start, by the options of honcho 2.0.0; none where the command line does not call it.
pub(crate) fn honcho(command: &str) -> Option<Honcho> {
    const VALUED: &[&str] =
        &["-e", "--env", "-d", "--app-root", "-c", "--concurrency", "-q", "--quiet", "-p", "--port"];
    let separators = |c: char| matches!(c, ';' | '&' | '|' | '\n');
    command.split(separators).find_map(|part| {
        let mut words = part.split_whitespace().map(|word| word.trim_matches(['"', '\'']));
        words.find(|word| word.rsplit('/').next() == Some("honcho"))?;
        let mut found = Honcho { file: PathBuf::from("Procfile"), named: Vec::new() };
        let mut is_start = false;
        while let Some(word) = words.next() {
            match word.split_once('=').unwrap_or((word, "")) {
                ("-f" | "--procfile", "") => found.file = words.next()?.into(),
                ("--procfile", file) => found.file = file.into(),
                (option, "") if VALUED.contains(&option) => drop(words.next()),
                (option, _) if option.starts_with('-') => {}
                ("start", _) if !is_start => is_start = true,
                (name, _) if is_start => found.named.push(name.to_owned()),
                _ => return None,
            }
        }
        is_start.then_some(found)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_process() {
        let found = processes("# tides\nweb: gunicorn app:app\n\nworker: \"python work.py\"\n");
        let all: Vec<_> =
            found.iter().map(|found| (found.number, found.name.as_str(), found.command.as_str())).collect();
        assert_eq!(all, [(2, "web", "gunicorn app:app"), (4, "worker", "python work.py")]);
    }

    #[test]
    fn honcho_is_told_what_to_start() {
        let told = |command| honcho(command).map(|found| (found.file.display().to_string(), found.named));
        let plain = |file: &str, named: &[&str]| {
            Some((file.to_owned(), named.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()))
        };
        assert_eq!(told("honcho start"), plain("Procfile", &[]));
        assert_eq!(
            told("alembic upgrade head && honcho -f Procfile.all start web beat"),
            plain("Procfile.all", &["web", "beat"])
        );
        assert_eq!(told("poetry run honcho start --procfile=p -p 8000"), plain("p", &[]));
        assert_eq!(told("honcho -e .env,.env.live start"), plain("Procfile", &[]));
        assert_eq!(told("honcho run python main.py"), None);
        assert_eq!(told("gunicorn honcho:app"), None);
    }
}
