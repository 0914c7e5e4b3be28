//! What a healthy app would do: end, stay, or answer. Read from the start command and from what the started file imports.

use super::SmokeKind;
use crate::catalog::modules::{Role, role};
use crate::catalog::servers::{programs, serves_besides};
use crate::check::facts::reached::reached;
use crate::check::facts::supervised;
use crate::log::pattern::Pattern;
use crate::project::{Project, procfile};

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

static PORT: Pattern = Pattern::new(r#"(?:environ(?:\.get)?|getenv)[\[(]\s*["']PORT["']"#);

/// What to expect and, in a few words, why. `None` when nothing tells.
pub fn expectation(project: &Project, hints: &Hints<'_>) -> (Option<SmokeKind>, &'static str) {
    // What a script runs counts as if the start command ran it.
    let scripts = hints.start.split_whitespace().map(|word| word.trim_start_matches("./"));
    let scripts = scripts.filter(|word| word.ends_with(".sh") && !word.starts_with('/') && !word.contains(".."));
    let texts: Vec<String> = scripts.filter_map(|name| project.read_text(name).ok()).collect();
    let commands = texts.iter().flat_map(|text| text.lines()).filter(|line| !line.trim_start().starts_with('#'));
    let supervised = supervised::lines(project, hints.start).into_iter().map(|(command, _)| command);
    let processes: Vec<String> = of_honcho(project, hints.start).into_iter().chain(supervised).collect();
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
    if runs(true) || serves_besides(&words) {
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
    let reached = reached(project, all.into_iter());
    let roles: Vec<Role> = reached.modules.iter().filter_map(|module| role(module)).collect();
    let plays = |role: Role| roles.contains(&role);
    let says = |sign: &dyn Fn(&str) -> bool| reached.statements.iter().any(|text| sign(text));
    if plays(Role::Bot) {
        return (Some(SmokeKind::StaysUp), "it imports a bot library");
    }
    if plays(Role::Web) {
        return (Some(SmokeKind::Answers), "it imports a web framework");
    }
    // A socket of its own, of TCP: one of UDP listens to nothing.
    let has_socket = says(&|text| text.contains(".bind((")) && says(&|text| text.contains(".listen("));
    if plays(Role::Rpc) || has_socket || says(&|text| SERVERS.iter().any(|call| text.contains(call))) {
        return (Some(SmokeKind::Listens), "it makes a server of another protocol than HTTP");
    }
    if plays(Role::Clock) {
        return (Some(SmokeKind::StaysUp), "it imports a library that works by the clock");
    }
    if says(&|text| PORT.is_match(text)) {
        return (Some(SmokeKind::Listens), "it reads PORT");
    }
    (None, "nothing tells what it should do")
}

/// The commands of the Procfile that `honcho start` runs: all, or those that are named.
fn of_honcho(project: &Project, start: &str) -> Vec<String> {
    let Some(found) = procfile::honcho(start) else { return Vec::new() };
    let text = project.read_text(&found.file).unwrap_or_default();
    let processes = procfile::processes(&text);
    processes.into_iter().filter(|process| found.starts(&process.name)).map(|process| process.command).collect()
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
        expectation(&Project::open(project.path()).unwrap(), &Hints { start, ..Hints::default() }).0
    }

    #[test]
    fn a_server_in_the_start_command_answers() {
        assert_eq!(kind("gunicorn app:app", &[]), Some(SmokeKind::Answers));
        assert_eq!(kind("python manage.py migrate && /opt/venv/bin/gunicorn x.wsgi", &[]), Some(SmokeKind::Answers));
        assert_eq!(kind("python -m http.server $PORT", &[]), Some(SmokeKind::Answers));
        assert_eq!(kind("prefect server start", &[]), Some(SmokeKind::Answers));
        assert_eq!(kind("celery -A tides flower --port=$PORT", &[]), Some(SmokeKind::Answers));
        assert_eq!(kind("prefect worker start --pool tides", &[]), Some(SmokeKind::StaysUp));
    }

    #[test]
    fn a_socket_of_its_own_speaks_whatever_it_likes() {
        let of = |code: &str| kind("python main.py", &[("main.py", code)]);
        let made = "import socket\ns = socket.socket()\ns.bind(('0.0.0.0', 9000))\n";
        assert_eq!(of(&format!("{made}s.listen()\n")), Some(SmokeKind::Listens));
        // UDP, and what waits for messages.
        assert_eq!(of(&format!("{made}s.recvfrom(100)\n")), None);
        assert_eq!(of("for message in channel.listen():\n    print(message)\n"), None);
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
    fn supervisord_starts_what_its_file_says() {
        let conf = "[program:web]\ncommand=gunicorn app:app\n";
        assert_eq!(kind("supervisord -n", &[("supervisord.conf", conf)]), Some(SmokeKind::Answers));
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
    fn a_script_in_a_folder_imports_what_is_beside_it() {
        let files = [("src/main.py", "import bot\n"), ("src/bot.py", "import discord\n")];
        assert_eq!(kind("python src/main.py", &files), Some(SmokeKind::StaysUp));
        assert_eq!(kind("cd src && python main.py", &files), Some(SmokeKind::StaysUp));
        assert_eq!(kind("timeout 60 python /app/src/main.py", &files), Some(SmokeKind::StaysUp));
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
        let folder = tempfile::tempdir().unwrap();
        let project = Project::open(folder.path()).unwrap();
        let hints = Hints { start: "celery worker", health_check: true, ..Hints::default() };
        assert_eq!(expectation(&project, &hints).0, Some(SmokeKind::Answers));
        let hints = Hints { start: "gunicorn app", scheduled: true, health_check: true, ..Hints::default() };
        assert_eq!(expectation(&project, &hints).0, Some(SmokeKind::Exits));
    }
}
