use super::{fires, silent};

const FLASK: (&str, &str) = ("requirements.txt", "flask==3.0.0\n");

#[test]
fn modules_that_python_has_dropped() {
    fires(
        "removed-stdlib-module",
        "main.py:2",
        &[FLASK, ("main.py", "import os\nfrom distutils.util import strtobool\n")],
    );
    silent("removed-stdlib-module", &[FLASK, (".python-version", "3.11\n"), ("main.py", "import distutils\n")]);
    silent(
        "removed-stdlib-module",
        &[FLASK, ("main.py", "import cgi\ntry:\n    import imp\nexcept ImportError:\n    pass\n")],
    );
    silent("removed-stdlib-module", &[("requirements.txt", "setuptools==75.0\n"), ("main.py", "import distutils\n")]);
}

#[test]
fn servers_that_the_file_starts_itself() {
    let app =
        |run: &str| format!("from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    {run}\n");
    for run in ["app.run()", "app.run(debug=True)", "app.run(host='127.0.0.1', port=5000)"] {
        fires("wrong-bind-host", "main.py:4", &[FLASK, ("main.py", &app(run))]);
    }
    for run in ["app.run(host='0.0.0.0', port=8000)", "app.run(host=HOST)", "app.run(**options)", "client.run()"] {
        silent("wrong-bind-host", &[FLASK, ("main.py", &app(run))]);
    }
    silent(
        "wrong-bind-host",
        &[
            ("requirements.txt", "flask==3.0.0\ngunicorn==23.0.0\n"),
            ("main.py", &app("app.run()")),
            ("Procfile", "web: gunicorn main:app\n"),
        ],
    );
    fires("wrong-bind-host", "main.py:2", &[("main.py", "import uvicorn\nuvicorn.run(\"main:app\", port=8000)\n")]);
}
