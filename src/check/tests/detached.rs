//! Starts that leave the foreground.

use super::{fires, silent};

const ID: &str = "start-goes-to-background";
const WEB: (&str, &str) = ("web.py", "from flask import Flask\n\napp = Flask(__name__)\n");
const PIP: (&str, &str) = ("requirements.txt", "flask==3.1.0\ngunicorn==23.0.0\nsupervisor==4.3.0\n");
const CONF: &str = "[supervisord]\nlogfile=/tmp/tides.log\n\n[program:web]\ncommand=gunicorn web:app\n";

fn project<'p>(procfile: &'p str, conf: &'p str) -> [(&'p str, &'p str); 4] {
    [WEB, PIP, ("Procfile", procfile), ("supervisord.conf", conf)]
}

#[test]
fn an_option_or_an_ampersand_leaves_nothing_in_the_foreground() {
    for (start, better) in [
        ("gunicorn --daemon web:app", "gunicorn web:app"),
        ("gunicorn web:app -D", "gunicorn web:app"),
        ("celery -A tides worker --detach", "celery -A tides worker"),
        ("nohup python web.py &", "python web.py"),
        ("python seed.py && python web.py &", "python seed.py && python web.py"),
        ("supervisord -c supervisord.conf", "supervisord -n -c supervisord.conf"),
    ] {
        let procfile = format!("web: {start}\n");
        let found = fires(ID, "Procfile:1", &project(&procfile, CONF));
        assert_eq!(found.fixes[0].summary, format!("start it by `{better}`"));
    }
}

#[test]
fn so_does_the_last_line_of_a_script() {
    let script = |text| [WEB, PIP, ("Procfile", "web: bash start.sh\n"), ("start.sh", text)];
    fires(ID, "start.sh:3", &script("#!/bin/bash\npython bot.py &\npython web.py &\n"));
    silent(ID, &script("#!/bin/bash\npython bot.py &\npython web.py &\nwait -n\n"));
    silent(ID, &script("#!/bin/bash\npython bot.py &\npython web.py\n"));
}

#[test]
fn what_stays_in_the_foreground_is_none() {
    for start in [
        "gunicorn web:app",
        "gunicorn --daemon web:app && python bot.py",
        "python bot.py & gunicorn web:app",
        "python bot.py & python web.py & wait",
        "gunicorn web:app 2>&1",
        "supervisord -n -c supervisord.conf",
    ] {
        silent(ID, &project(&format!("web: {start}\n"), CONF));
    }
    let kept = CONF.replace("logfile", "nodaemon = true ; the container's\nlogfile");
    silent(ID, &project("web: supervisord -c supervisord.conf\n", &kept));
}

#[test]
fn so_does_a_line_of_gunicorns_own_file() {
    let conf = |text| [WEB, PIP, ("Procfile", "web: gunicorn web:app\n"), ("gunicorn.conf.py", text)];
    fires(ID, "gunicorn.conf.py:2", &conf("workers = 2\ndaemon = True\n"));
    silent(ID, &conf("workers = 2\n# daemon = True\ndaemon = False\n"));
}
