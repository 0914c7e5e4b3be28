//! Servers that the platform's edge cannot talk to.

use super::{fires, silent};
use crate::finding::Severity;

const TLS: &str = "serves-tls";
const SOCKET: &str = "listens-on-socket-file";
const WEB: (&str, &str) = ("web.py", "from flask import Flask\n\napp = Flask(__name__)\n");
const PIP: (&str, &str) = ("requirements.txt", "flask==3.1.0\ngunicorn==23.0.0\nuvicorn==0.34.0\npyuwsgi==2.0.30\n");

#[test]
fn a_certificate_in_the_command_is_left_out() {
    for (start, better) in [
        ("gunicorn --certfile tide.pem --keyfile=tide.key web:app", "gunicorn web:app"),
        ("uvicorn web:app --host 0.0.0.0 --ssl-keyfile a.key --ssl-certfile a.pem", "uvicorn web:app --host 0.0.0.0"),
    ] {
        let procfile = format!("web: {start}\n");
        let found = fires(TLS, "Procfile:1", &[WEB, PIP, ("Procfile", &procfile)]);
        let edit = format!("{:?}", found.fixes[0].edits);
        assert!(edit.contains(&format!("text: \"web: {better}\"")), "{edit}");
    }
    silent(TLS, &[WEB, PIP, ("Procfile", "web: gunicorn web:app\n")]);
}

#[test]
fn so_is_one_in_the_code_or_in_gunicorns_file() {
    let run = |arguments: &str| {
        format!(
            "from flask import Flask\n\napp = Flask(__name__)\nif __name__ == \"__main__\":\n    app.run(host=\"0.0.0.0\", port=8080{arguments})\n"
        )
    };
    for arguments in [
        ", ssl_context=\"adhoc\"",
        ", ssl_context=(\"tide.pem\", \"tide.key\")",
        ",\n        ssl_context='adhoc',\n    ",
    ] {
        let found = fires(TLS, "main.py:5", &[PIP, ("main.py", &run(arguments))]);
        assert_eq!(found.severity, Severity::Error, "{arguments}");
    }
    silent(TLS, &[PIP, ("main.py", &run(", ssl_context=None"))]);
    let conf = "bind = \"0.0.0.0:8080\"\ncertfile = \"tide.pem\"\nkeyfile = \"tide.key\"\n";
    let found = fires(
        TLS,
        "gunicorn.conf.py:2",
        &[WEB, PIP, ("Procfile", "web: gunicorn web:app\n"), ("gunicorn.conf.py", conf)],
    );
    assert_eq!(found.fixes[0].edits.len(), 2);
}

#[test]
fn a_socket_file_wants_a_proxy_beside_it() {
    for start in ["gunicorn --bind unix:/tmp/tide.sock web:app", "uvicorn web:app --uds /tmp/tide.sock"] {
        let procfile = format!("web: {start}\n");
        fires(SOCKET, "Procfile:1", &[WEB, PIP, ("Procfile", &procfile)]);
        let proxied = format!("web: nginx && {start}\n");
        silent(SOCKET, &[WEB, PIP, ("Procfile", &proxied)]);
        let planned = ("nixpacks.toml", "[phases.setup]\nnixPkgs = [\"...\", \"nginx\"]\n");
        silent(SOCKET, &[WEB, PIP, ("Procfile", &procfile), planned]);
    }
    let gunicorn = ("Procfile", "web: gunicorn web:app\n");
    fires(SOCKET, "gunicorn.conf.py:1", &[WEB, PIP, gunicorn, ("gunicorn.conf.py", "bind = 'unix:/run/tide.sock'\n")]);
    silent(SOCKET, &[WEB, PIP, gunicorn, ("gunicorn.conf.py", "bind = '0.0.0.0:8080'\n")]);
}

#[test]
fn uwsgi_speaks_http_where_it_is_told_to() {
    let start = ("Procfile", "web: uwsgi --ini uwsgi.ini\n");
    let told = |line: &'static str| [WEB, PIP, start, ("uwsgi.ini", line)];
    for line in ["[uwsgi]\nsocket = 0.0.0.0:$(PORT)\n", "[uwsgi]\nsocket = /tmp/tide.sock\n"] {
        fires(SOCKET, "uwsgi.ini:2", &told(line));
    }
    for line in [
        "[uwsgi]\nhttp-socket = :$(PORT)\n",
        "[uwsgi]\nsocket = :9\nhttp = :$(PORT)\n",
        "[uwsgi]\nsocket = :$(PORT)\nprotocol = http\n",
    ] {
        silent(SOCKET, &told(line));
    }
    silent("start-program-not-found", &told("[uwsgi]\nhttp-socket = :$(PORT)\n"));
}
