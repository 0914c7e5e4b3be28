use super::{fires, silent};

const ALL: (&str, &str) = ("requirements.txt", "flask==3.0.0\ngunicorn==23.0.0\n");

#[test]
fn a_function_that_makes_the_app_must_be_called() {
    let app =
        ("shop/__init__.py", "from flask import Flask\n\n\ndef create_app(config=None):\n    return Flask('shop')\n");
    let finding = fires(
        "app-factory-not-called",
        "Procfile:1",
        &[ALL, app, ("Procfile", "web: gunicorn shop:create_app -w 2\n")],
    );
    assert_eq!(finding.evidence[1].source.to_string(), "shop/__init__.py:4");
    fires(
        "app-factory-not-called",
        "nixpacks.toml:2",
        &[ALL, app, ("nixpacks.toml", "[start]\ncmd = \"gunicorn 'shop:create_app'\"\n")],
    );
    silent("app-factory-not-called", &[ALL, app, ("Procfile", "web: gunicorn 'shop:create_app()'\n")]);
    silent(
        "app-factory-not-called",
        &[ALL, app, ("Procfile", "web: gunicorn -k uvicorn.workers.UvicornWorker shop:create_app\n")],
    );
}

#[test]
fn a_function_may_be_the_app() {
    let start = ("Procfile", "web: gunicorn app:application\n");
    let plain = "def application(environ, start_response):\n    return []\n";
    silent("app-factory-not-called", &[ALL, ("app.py", plain), start]);
    silent("app-factory-not-called", &[ALL, ("app.py", "@wsgi\ndef application(request):\n    return []\n"), start]);
    silent("app-factory-not-called", &[ALL, ("app.py", "def application(*arguments):\n    return []\n"), start]);
}

#[test]
fn a_name_that_is_bound_again_is_no_function_any_more() {
    let start = ("Procfile", "web: gunicorn app:app\n");
    let app = "from flask import Flask\ndef app():\n    return Flask(__name__)\napp = app()\n";
    silent("app-factory-not-called", &[ALL, ("app.py", app), start]);
    let quoted = "\"\"\"\ndef app():\n    return 1\n\"\"\"\nfrom flask import Flask\napp: Flask = Flask(__name__)\n";
    silent("app-factory-not-called", &[ALL, ("app.py", quoted), start]);
}
