use super::{fires, silent};

const ID: &str = "server-detached";
const NEEDS: (&str, &str) = ("requirements.txt", "flask==3.1\ngunicorn==26.0\n");
const APP: (&str, &str) = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");

#[test]
fn gunicorn_stays_in_the_process_that_was_started() {
    for (option, start) in [
        ("--daemon", "web: gunicorn app:app --bind 0.0.0.0:$PORT --daemon\n"),
        ("-D", "web: gunicorn -D app:app --bind 0.0.0.0:$PORT\n"),
    ] {
        let found = fires(ID, "Procfile:1", &[NEEDS, APP, ("Procfile", start)]);
        assert_eq!(found.subject.as_deref(), Some(option));
    }
    let plain = ("Procfile", "web: gunicorn app:app --bind 0.0.0.0:$PORT\n");
    fires(ID, "gunicorn.conf.py:2", &[NEEDS, APP, plain, ("gunicorn.conf.py", "workers = 2\ndaemon = True\n")]);
    silent(ID, &[NEEDS, APP, plain, ("gunicorn.conf.py", "# daemon = True\ndaemon = False\n")]);
}
