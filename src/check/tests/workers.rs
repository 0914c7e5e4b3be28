use super::{fires, silent};

const ID: &str = "worker-class-unknown";
const APP: (&str, &str) = ("app.py", "import flask\napp = flask.Flask('tides')\n");
const EVENTLET: (&str, &str) = ("Procfile", "web: gunicorn -k eventlet -w 1 app:app\n");

/// gunicorn/workers/geventlet.py went with 26.0.0.
#[test]
fn eventlet_wants_a_gunicorn_that_has_it() {
    for gunicorn in ["gunicorn", "gunicorn==26.0.0", "gunicorn>=20", "gunicorn>=27"] {
        let needs = format!("flask==3.1.3\neventlet==0.41.3\n{gunicorn}\n");
        fires(ID, "Procfile:1", &[APP, EVENTLET, ("requirements.txt", &needs)]);
    }
    let needs = ("requirements.txt", "flask==3.1.3\ngunicorn==27.0.1\n");
    fires(
        ID,
        "gunicorn.conf.py:1",
        &[APP, needs, ("Procfile", "web: gunicorn app:app\n"), ("gunicorn.conf.py", "worker_class = 'eventlet'\n")],
    );
    // That eventlet is not installed is not what is amiss.
    silent("import-not-required", &[APP, EVENTLET, needs]);
}

#[test]
fn an_older_gunicorn_has_it() {
    for gunicorn in ["gunicorn==25.3.0", "gunicorn<26", "gunicorn~=25.0"] {
        let needs = format!("flask==3.1.3\neventlet==0.41.3\n{gunicorn}\n");
        silent(ID, &[APP, EVENTLET, ("requirements.txt", &needs)]);
    }
    let needs = ("requirements.txt", "flask==3.1.3\ngunicorn<26\n");
    fires("import-not-required", "Procfile:1", &[APP, EVENTLET, needs]);
}

#[test]
fn workers_by_the_cores_of_the_machine_are_worth_knowing() {
    let needs = ("requirements.txt", "flask==3.1.3\ngunicorn==25.3.0\n");
    let start = ("Procfile", "web: gunicorn app:app\n");
    let conf = "import multiprocessing\n\nworkers = multiprocessing.cpu_count() * 2 + 1\n";
    fires("workers-by-cores", "gunicorn.conf.py:3", &[APP, needs, start, ("gunicorn.conf.py", conf)]);
    silent("workers-by-cores", &[APP, needs, start, ("gunicorn.conf.py", "workers = 3\n")]);
}
