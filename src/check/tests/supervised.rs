use super::*;

const START: (&str, &str) = ("Procfile", "web: supervisord -n -c conf/tides.conf\n");
const PIP: (&str, &str) = ("requirements.txt", "flask==3.1.0\ngunicorn==23.0.0\nsupervisor==4.3.0\n");
const WEB: (&str, &str) = ("web.py", "from flask import Flask\n\napp = Flask(__name__)\n");

fn conf(web: &str) -> String {
    format!("[supervisord]\nnodaemon=true\n\n[program:web]\ncommand={web}\n\n[program:bot]\ncommand=python bot.py\n")
}

#[test]
fn what_supervisord_starts_is_held_to_the_same_rules() {
    let bot = ("bot.py", "import anthropic\n");
    let healthy = conf("gunicorn web:app -b 0.0.0.0:%(ENV_PORT)s");
    fires("import-not-required", "bot.py:1", &[START, PIP, WEB, bot, ("conf/tides.conf", &healthy)]);
    let bot = ("bot.py", "print('tides')\n");
    let at =
        |web: &str, id: &str| fires(id, "conf/tides.conf:5", &[START, PIP, WEB, bot, ("conf/tides.conf", &conf(web))]);
    at("gunicorn web:app -b 127.0.0.1:%(ENV_PORT)s", "wrong-bind-host");
    let fixed = at("gunicorn web:app -b 0.0.0.0:5000", "hard-coded-port");
    let edit = format!("{:?}", fixed.fixes[0].edits);
    assert!(edit.contains("0.0.0.0:%(ENV_PORT)s"), "{edit}");
    at("gunicorn web:app -b 0.0.0.0:$PORT", "port-variable-not-expanded");
    for id in ["wrong-bind-host", "hard-coded-port", "port-variable-not-expanded", "import-not-required"] {
        silent(id, &[START, PIP, WEB, bot, ("conf/tides.conf", &healthy)]);
    }
}
