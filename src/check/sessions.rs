//! Sessions that one process keeps, and several processes that answer.

use super::facts::Facts;
use super::facts::start::Start;
use super::finding::{Check, Findings, error};
use super::repeated::processes;

const SESSIONS: Check = error(
    "sessions-in-several-processes",
    "Socket.IO begins by polling, and its session is kept by the process that began it. gunicorn, uvicorn and the platform give each request to any process or replica, and another one answers 400, \
     Invalid session (python-engineio 4.12). A message queue does not cure that; one process with many threads does.",
)
.decides_or_doubts();

pub(super) const CHECKS: &[Check] = &[SESSIONS];

/// What makes such a server.
const MAKES: &[&str] = &["SocketIO(", "socketio.Server(", "socketio.AsyncServer("];

pub(super) fn check(facts: &Facts<'_>, findings: &mut Findings) {
    let made = facts.reached().iter().find_map(|module| {
        let mut statements = module.code.statements.iter();
        let statement = statements.find(|statement| MAKES.iter().any(|call| statement.text.contains(call)))?;
        Some((facts.app.line(&module.path, Some(statement.line)), statement.text.as_str()))
    });
    let Some((place, text)) = made else { return };
    let starts = Start::all(facts);
    for (several, source, shown) in processes(facts) {
        let finding = SESSIONS
            .found(format!("Socket.IO's sessions are one process's, and {several} answer"))
            .about("Socket.IO")
            .at(source.clone(), &shown)
            .at(place.clone(), text)
            .help("one worker with many threads (`gunicorn -w 1 --threads 100`), and one replica; or have every client begin by WebSocket (`transports: [\"websocket\"]`)")
            .likely();
        let edits = starts.iter().find(|start| *start.source == source && start.command == shown).map(|start| {
            let one = one_worker(start.command);
            if one == start.command { Vec::new() } else { start.replaced_with(facts, &one) }
        });
        findings.push(finding.fix("answer by one process", edits.unwrap_or_default()));
    }
}

/// The command with one worker.
fn one_worker(command: &str) -> String {
    let mut words: Vec<String> = command.split(' ').map(str::to_owned).collect();
    for at in 0..words.len() {
        if matches!(&*words[at], "-w" | "--workers") && at + 1 < words.len() {
            words[at + 1] = "1".to_owned();
        } else if words[at].starts_with("--workers=") {
            words[at] = "--workers=1".to_owned();
        }
    }
    words.join(" ")
}
