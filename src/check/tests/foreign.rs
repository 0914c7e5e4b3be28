//! Commands that were written for another place.

use super::{fires, silent};

const ID: &str = "start-program-not-found";
const BOT: (&str, &str) = ("bot.py", "print('tide')\n");
const WEB: (&str, &str) = ("web.py", "from flask import Flask\n\napp = Flask(__name__)\n");
const PIP: (&str, &str) = ("requirements.txt", "flask==3.1.0\ngunicorn==23.0.0\n");

#[test]
fn a_start_command_is_no_line_of_a_procfile() {
    let railway = ("railway.json", r#"{"deploy": {"startCommand": "web: gunicorn web:app"}}"#);
    let found = fires(ID, "railway.json:1", &[WEB, PIP, railway]);
    assert_eq!(found.fixes[0].summary, "leave `web:` out");
    let own = ("nixpacks.toml", "[start]\ncmd = \"web: gunicorn web:app\"\n");
    fires(ID, "nixpacks.toml:2", &[WEB, PIP, own]);
    silent(ID, &[WEB, PIP, ("Procfile", "web: gunicorn web:app\n")]);
}

#[test]
fn windows_has_a_launcher_of_its_own() {
    for (start, better) in
        [("py bot.py", "python bot.py"), ("py -3.11 bot.py", "python bot.py"), ("python.exe bot.py", "python bot.py")]
    {
        let procfile = format!("worker: {start}\n");
        let found = fires(ID, "Procfile:1", &[BOT, PIP, ("Procfile", &procfile)]);
        let edit = format!("{:?}", found.fixes[0].edits);
        assert!(edit.contains(&format!("text: \"worker: {better}\"")), "{edit}");
    }
    silent(ID, &[BOT, PIP, ("Procfile", "worker: python bot.py\n")]);
}
