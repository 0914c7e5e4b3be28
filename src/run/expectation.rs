//! What a healthy app would do: end, stay, or answer. Read from the start command and from what the started file imports.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use super::SmokeKind;
use crate::catalog::modules::{Role, role};
use crate::catalog::servers::programs;
use crate::log::pattern::Pattern;
use crate::project::procfile;

/// What is known besides the project's files.
#[derive(Debug, Clone, Default)]
pub struct Hints<'a> {
    /// The start command.
    pub start: &'a str,
    /// The Procfile's process type, when it gave the start command.
    pub process: Option<&'a str>,
    /// Whether the platform has a health check to make.
    pub health_check: bool,
    /// Whether the platform starts the app on a schedule.
    pub scheduled: bool,
}

/// Calls that make a server whose module makes clients as well.
const SERVERS: &[&str] =
    &["grpc.server(", "grpc.aio.server(", "asyncio.start_server(", "websockets.serve(", "ThreadedServer("];
/// How many of the project's own files are looked through.
const MOST_FILES: usize = 40;
/// Longer files are data.
const MOST_BYTES: u64 = 1 << 20;

static PORT: Pattern = Pattern::new(r#"^[^#]*(?:environ(?:\.get)?|getenv)[\[(]\s*["']PORT["']"#);
static IMPORT: Pattern =
    Pattern::new(r"(?m)^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import[ \t]+([\w, ]+)|import[ \t]+([\w., ]+))");

/// What to expect and, in a few words, why. `None` when nothing tells.
pub fn expectation(root: &Path, hints: &Hints<'_>) -> (Option<SmokeKind>, &'static str) {
    // What a script runs counts as if the start command ran it.
    let scripts = hints.start.split_whitespace().map(|word| word.trim_start_matches("./"));
    let scripts = scripts.filter(|word| word.ends_with(".sh") && !word.starts_with('/') && !word.contains(".."));
    let texts: Vec<String> = scripts.filter_map(|name| read(&root.join(name))).collect();
    let commands = texts.iter().flat_map(|text| text.lines()).filter(|line| !line.trim_start().starts_with('#'));
    let processes = of_honcho(root, hints.start);
    let all: Vec<&str> =
        std::iter::once(hints.start).chain(commands).chain(processes.iter().map(String::as_str)).collect();
    let parts = all.iter().flat_map(|command| command.split([' ', '\t', '/', ';', '&', '|', '(', ')', '"', '\'']));
    let words: Vec<&str> = parts.collect();
    let runs = |listening: bool| programs(listening).any(|program| words.contains(&program));
    if hints.scheduled {
        return (Some(SmokeKind::Exits), "the platform runs it on a schedule");
    }
    if hints.health_check {
        return (Some(SmokeKind::Answers), "the platform has a health check");
    }
    if runs(true) {
        return (Some(SmokeKind::Answers), "the start command runs a web server");
    }
    if runs(false) {
        return (Some(SmokeKind::StaysUp), "the start command runs a worker");
    }
    match hints.process {
        Some("web") => return (Some(SmokeKind::Answers), "the Procfile calls it web"),
        Some(_) => return (Some(SmokeKind::StaysUp), "the Procfile calls it a worker"),
        None => {}
    }
    let reached = reached(root, &words);
    let roles: Vec<Role> = reached.modules.iter().filter_map(|module| role(module)).collect();
    let plays = |role: Role| roles.contains(&role);
    if plays(Role::Bot) {
        return (Some(SmokeKind::StaysUp), "it imports a bot library");
    }
    if plays(Role::Web) {
        return (Some(SmokeKind::Answers), "it imports a web framework");
    }
    if plays(Role::Rpc) || reached.makes_server {
        return (Some(SmokeKind::Listens), "it makes a server of another protocol than HTTP");
    }
    if plays(Role::Clock) {
        return (Some(SmokeKind::StaysUp), "it imports a library that works by the clock");
    }
    if reached.reads_port {
        return (Some(SmokeKind::Listens), "it reads PORT");
    }
    (None, "nothing tells what it should do")
}

/// The commands of the Procfile that `honcho start` runs: all, or those that are named.
fn of_honcho(root: &Path, start: &str) -> Vec<String> {
    let Some(found) = procfile::honcho(start) else { return Vec::new() };
    let text = read(&root.join(&found.file)).unwrap_or_default();
    let processes = procfile::processes(&text);
    processes.into_iter().filter(|process| found.starts(&process.name)).map(|process| process.command).collect()
}

/// What the started file comes to, by way of the project's own modules too.
struct Reached {
    modules: BTreeSet<String>,
    reads_port: bool,
    /// Whether a server of another protocol than HTTP is made.
    makes_server: bool,
}

fn reached(root: &Path, words: &[&str]) -> Reached {
    let named = words.iter().filter_map(|word| match word.ends_with(".py") {
        true => Some(PathBuf::from(word)),
        false => None,
    });
    let by_module = words.windows(2).filter(|pair| pair[0] == "-m").flat_map(|pair| files_of(pair[1]));
    let mut queue: VecDeque<PathBuf> = named.chain(by_module).collect();
    let (mut seen, mut modules) = (BTreeSet::new(), BTreeSet::new());
    let (mut reads_port, mut makes_server) = (false, false);
    while let Some(file) = queue.pop_front() {
        if seen.len() >= MOST_FILES || !seen.insert(file.clone()) {
            continue;
        }
        let Some(text) = read(&root.join(file)) else { continue };
        reads_port |= text.lines().any(|line| PORT.is_match(line));
        makes_server |= SERVERS.iter().any(|sign| text.contains(sign));
        for module in imports(&text) {
            queue.extend(files_of(&module));
            modules.insert(module);
        }
    }
    Reached { modules, reads_port, makes_server }
}

fn read(path: &Path) -> Option<String> {
    let small = std::fs::metadata(path).is_ok_and(|data| data.is_file() && data.len() <= MOST_BYTES);
    small.then(|| std::fs::read_to_string(path).ok()).flatten()
}

fn files_of(module: &str) -> Vec<PathBuf> {
    let path = module.replace('.', "/");
    ["", "/__init__", "/__main__"].map(|end| PathBuf::from(format!("{path}{end}.py"))).to_vec()
}

/// `from a import b, c` may import the modules `a.b` and `a.c`, so both forms count.
fn imports(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for import in IMPORT.regex().into_iter().flat_map(|import| import.captures_iter(text)) {
        let names = |group: usize| {
            let list = import.get(group).map_or("", |list| list.as_str());
            list.split(',').filter_map(|name| name.split_whitespace().next()).map(str::to_owned).collect::<Vec<_>>()
        };
        match import.get(1) {
            Some(package) => {
                found.push(package.as_str().to_owned());
                found.extend(names(2).iter().map(|name| format!("{}.{name}", package.as_str())));
            }
            None => found.extend(names(3)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(start: &str, files: &[(&str, &str)]) -> Option<SmokeKind> {
        let project = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = project.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        expectation(project.path(), &Hints { start, ..Hints::default() }).0
    }

    #[test]
    fn a_server_in_the_start_command_answers() {
        assert_eq!(kind("gunicorn app:app", &[]), Some(SmokeKind::Answers));
        assert_eq!(kind("python manage.py migrate && /opt/venv/bin/gunicorn x.wsgi", &[]), Some(SmokeKind::Answers));
        assert_eq!(kind("python -m http.server $PORT", &[]), Some(SmokeKind::Answers));
    }

    #[test]
    fn honcho_starts_what_the_procfile_says() {
        let files = [("Procfile", "worker: python work.py\nweb: gunicorn app:app\n")];
        assert_eq!(kind("honcho start", &files), Some(SmokeKind::Answers));
        assert_eq!(kind("honcho -f Procfile start web", &files), Some(SmokeKind::Answers));
        assert_eq!(kind("honcho start worker", &files), None);
        assert_eq!(kind("honcho check", &files), None);
    }

    #[test]
    fn the_started_file_tells_by_its_imports() {
        let main = |text| kind("python main.py", &[("main.py", text)]);
        assert_eq!(main("import discord\n"), Some(SmokeKind::StaysUp));
        assert_eq!(main("import os, flask\n"), Some(SmokeKind::Answers));
        assert_eq!(main("from aiohttp import web\n"), Some(SmokeKind::Answers));
        assert_eq!(main("from aiohttp import ClientSession\n"), None);
        assert_eq!(main("# import flask\nprint('import flask')\n"), None);
    }

    #[test]
    fn imports_are_followed_through_the_projects_own_modules() {
        let files = [("main.py", "from core import run\n"), ("core/run.py", "import telegram.ext\n")];
        assert_eq!(kind("python main.py", &files), Some(SmokeKind::StaysUp));
        assert_eq!(kind("python -m core.run", &files), Some(SmokeKind::StaysUp));
    }

    #[test]
    fn a_bot_that_keeps_a_web_page_is_still_a_bot() {
        assert_eq!(kind("python bot.py", &[("bot.py", "import flask\nimport discord\n")]), Some(SmokeKind::StaysUp));
    }

    #[test]
    fn what_works_by_the_clock_beside_a_web_framework_is_a_web_app() {
        let main = |text| kind("python main.py", &[("main.py", text)]);
        assert_eq!(main("import schedule\n"), Some(SmokeKind::StaysUp));
        assert_eq!(main("import schedule\nfrom fastapi import FastAPI\n"), Some(SmokeKind::Answers));
    }

    #[test]
    fn a_server_of_another_protocol_has_to_listen() {
        let main = |text| kind("python main.py", &[("main.py", text)]);
        assert_eq!(main("import grpc\nserver = grpc.server(pool)\n"), Some(SmokeKind::Listens));
        assert_eq!(main("import grpc\nchannel = grpc.insecure_channel(address)\n"), None);
        assert_eq!(main("import asyncio, os\nport = int(os.environ['PORT'])\n"), Some(SmokeKind::Listens));
        assert_eq!(main("import os\nport = os.getenv(\"PORT\", 8000)\n"), Some(SmokeKind::Listens));
        assert_eq!(main("import os\nport = os.environ['REPORT']\n# os.environ['PORT']\n"), None);
    }

    #[test]
    fn the_platform_has_the_first_word() {
        let hints = Hints { start: "celery worker", health_check: true, ..Hints::default() };
        assert_eq!(expectation(Path::new("/nowhere"), &hints).0, Some(SmokeKind::Answers));
        let hints = Hints { start: "gunicorn app", scheduled: true, health_check: true, ..Hints::default() };
        assert_eq!(expectation(Path::new("/nowhere"), &hints).0, Some(SmokeKind::Exits));
    }
}
