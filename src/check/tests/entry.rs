use super::{fires, silent};

const ALL: (&str, &str) = ("requirements.txt", "flask==3.0.0\ngunicorn==23.0.0\nuvicorn==0.30.0\n");

fn starts(command: &str) -> (&'static str, String) {
    ("Procfile", format!("web: {command}\n"))
}

#[test]
fn files_that_are_not_there() {
    let (name, text) = starts("python Bot.py");
    let finding = fires("start-file-missing", "Procfile:1", &[ALL, ("bot.py", ""), (name, &text)]);
    assert_eq!(finding.fixes[0].summary, "start bot.py");
    let (name, text) = starts("cd src && python -u app.py --debug");
    fires("start-file-missing", "Procfile:1", &[ALL, ("src/other/x.py", ""), (name, &text)]);
    silent("start-file-missing", &[ALL, ("src/app.py", ""), (name, &text)]);
    let (name, text) = starts("python -c 'print(1)' && bash run.sh x.py");
    silent("start-file-missing", &[ALL, ("run.sh", ""), (name, &text)]);
    let config =
        ("nixpacks.toml", "[phases.build]\ncmds = [\"python make.py > made.py\"]\n[start]\ncmd = \"python made.py\"\n");
    silent("start-file-missing", &[ALL, config]);
}

#[test]
fn modules_that_are_not_there() {
    let app = ("app.py", "from flask import Flask\napp = Flask(__name__)\n");
    let (name, text) = starts("gunicorn main:app --workers 2");
    let finding = fires("wrong-start-module", "Procfile:1", &[ALL, app, (name, &text)]);
    assert_eq!(finding.fixes[0].summary, "start app:app");
    let (name, text) = starts("gunicorn -k uvicorn.workers.UvicornWorker -w 4 app:app");
    silent("wrong-start-module", &[ALL, app, (name, &text)]);
    let (name, text) = starts("uvicorn --app-dir backend api.main:app --host 0.0.0.0 --port $PORT");
    silent("wrong-start-module", &[ALL, ("backend/api/main.py", "app = 1\n"), (name, &text)]);
    let (name, text) = starts("gunicorn flask.app:Flask");
    silent("wrong-start-module", &[ALL, (name, &text)]);
}

#[test]
fn a_search_path_that_cannot_be_followed_says_nothing() {
    let shop = ("src/shop/web.py", "app = 1\n");
    for command in [
        "PYTHONPATH=src gunicorn shop.web:app",
        "export PYTHONPATH=/app/src && gunicorn shop.web:app",
        "(cd src && gunicorn shop.web:app)",
        "pushd src && gunicorn shop.web:app",
        "sh -c \"cd src && gunicorn shop.web:app\"",
        "cd backend; gunicorn shop.web:app",
    ] {
        let (name, text) = starts(command);
        silent("wrong-start-module", &[ALL, shop, (name, &text)]);
    }
    let (name, text) = starts("gunicorn shop.web:app");
    fires("wrong-start-module", "Procfile:1", &[ALL, shop, (name, &text)]);
    silent("wrong-start-module", &[ALL, shop, (name, &text), ("gunicorn.conf.py", "pythonpath = 'src'\n")]);
    let config = ("nixpacks.toml", "[variables]\nGUNICORN_CMD_ARGS = \"--chdir src\"\n");
    silent("wrong-start-module", &[ALL, shop, (name, &text), config]);
    let written = ("nixpacks.toml", "[phases.build]\ncmds = [\"python write.py\"]\n");
    let finding = fires("wrong-start-module", "Procfile:1", &[ALL, shop, (name, &text), written]);
    assert_eq!(finding.severity, crate::finding::Severity::Warning);
}

#[test]
fn a_folder_to_change_to_that_is_not_there() {
    let (name, text) = starts("cd backend && gunicorn app:app");
    fires("start-file-missing", "Procfile:1", &[ALL, ("app.py", "app = 1\n"), (name, &text)]);
}

#[test]
fn a_project_name_is_no_module() {
    let project = ("pyproject.toml", "[project]\nname = \"my-app\"\nversion = \"1\"\n");
    let finding = fires("wrong-start-module", "pyproject.toml:2", &[project, ("my_app/__main__.py", "")]);
    assert_eq!(finding.fixes[0].summary, "start it with `python -m my_app`");
    silent(
        "wrong-start-module",
        &[("pyproject.toml", "[project]\nname = \"tool\"\nversion = \"1\"\n"), ("tool/__main__.py", "")],
    );
    silent("wrong-start-module", &[project, ("main.py", "")]);
}

#[test]
fn names_that_a_module_does_not_have() {
    let app = ("app.py", "from flask import Flask\nserver = Flask(__name__)\n");
    let (name, text) = starts("gunicorn app:app");
    let finding = fires("wrong-app-attribute", "Procfile:1", &[ALL, app, (name, &text)]);
    assert_eq!(finding.fixes[0].summary, "start app:server");
    silent("wrong-app-attribute", &[ALL, ("app.py", "from shop import app\n"), (name, &text)]);
    silent("wrong-app-attribute", &[ALL, ("app.py", "from shop import *\n"), (name, &text)]);
    let (name, text) = starts("gunicorn site.wsgi");
    silent("wrong-app-attribute", &[ALL, ("site/wsgi.py", "application = 1\n"), (name, &text)]);
    let (name, text) = starts("gunicorn 'shop:create()'");
    silent("wrong-app-attribute", &[ALL, ("shop/__init__.py", "def create():\n    pass\n"), (name, &text)]);
}

#[test]
fn scripts_without_the_executable_bit() {
    let (name, text) = starts("./start.sh");
    fires(
        "start-script-not-executable",
        "Procfile:1",
        &[ALL, ("main.py", ""), ("start.sh", "python main.py\n"), (name, &text)],
    );
    let (name, text) = starts("bash ./start.sh");
    silent("start-script-not-executable", &[ALL, ("main.py", ""), ("start.sh", "python main.py\n"), (name, &text)]);
}

#[test]
fn an_app_that_only_a_script_makes() {
    let guarded =
        ("main.py", "from flask import Flask\nif __name__ == '__main__':\n    app = Flask(__name__)\n    app.run()\n");
    let (name, text) = starts("gunicorn main:app");
    fires("wrong-app-attribute", "Procfile:1", &[ALL, guarded, (name, &text)]);
    let both =
        ("main.py", "from flask import Flask\napp = Flask(__name__)\nif __name__ == '__main__':\n    app.run()\n");
    silent("wrong-app-attribute", &[ALL, both, (name, &text)]);
    let made = ("main.py", "def make():\n    return 1\nif True:\n    app = make()\n");
    silent("wrong-app-attribute", &[ALL, made, (name, &text)]);
}

#[test]
fn a_module_in_src_is_looked_for_there() {
    let shop = ("src/shop/web.py", "app = 1\n");
    let (name, text) = starts("uvicorn shop.web:app --host 0.0.0.0 --port $PORT");
    let found = fires("wrong-start-module", "Procfile:1", &[ALL, shop, (name, &text)]);
    assert_eq!(found.fixes[0].summary, "look in src");
    let in_backend = ("backend/shop/web.py", "app = 1\n");
    let (name, text) = starts("gunicorn shop.web:app");
    let found = fires("wrong-start-module", "Procfile:1", &[ALL, in_backend, (name, &text)]);
    assert_eq!(found.fixes[0].summary, "look in backend");
}

/// A distribution's name need not be its package's: Nixpacks starts it by `python -m NAME` all the same.
#[test]
fn the_only_package_that_python_can_run_is_what_was_meant() {
    let project = ("pyproject.toml", "[project]\nname = \"harbour\"\nversion = \"1\"\n");
    let finding = fires("wrong-start-module", "pyproject.toml:2", &[project, ("src/tide_box/__main__.py", "")]);
    assert_eq!(finding.fixes[0].summary, "start it with `env PYTHONPATH=src python -m tide_box`");
    let dashed = ("pyproject.toml", "[project]\nname = \"tide-box\"\nversion = \"1\"\n");
    let finding = fires("wrong-start-module", "pyproject.toml:2", &[dashed, ("src/tide_box/__main__.py", "")]);
    assert_eq!(finding.fixes[0].summary, "start it with `env PYTHONPATH=src python -m tide_box`");
    let two = [project, ("ebb/__main__.py", ""), ("flow/__main__.py", "")];
    assert!(fires("wrong-start-module", "pyproject.toml:2", &two).fixes.is_empty());
}

/// uv 0.4.30 and 0.13.9: without a build-system the project is no package, and its scripts are not installed.
#[test]
fn a_console_script_of_a_project_that_is_no_package() {
    let text = "[project]\nname = \"buoy\"\nversion = \"1\"\n[project.scripts]\nbuoy = \"buoy:main\"\n";
    let (lock, procfile) = (("uv.lock", "version = 1\n"), ("Procfile", "worker: buoy\n"));
    let code = ("buoy.py", "def main():\n    pass\n");
    let finding = fires("start-program-not-found", "Procfile:1", &[("pyproject.toml", text), lock, procfile, code]);
    // `python -m buoy` would define the function and end.
    assert_eq!(finding.fixes[0].summary, "start it with `python -c 'from buoy import main; main()'`");
    let guarded = ("buoy.py", "def main():\n    pass\nif __name__ == '__main__':\n    main()\n");
    let finding = fires("start-program-not-found", "Procfile:1", &[("pyproject.toml", text), lock, procfile, guarded]);
    assert_eq!(finding.fixes[0].summary, "start it with `python -m buoy`");
    for more in ["[build-system]\nrequires = [\"hatchling\"]\n", "[tool.uv]\npackage = true\n"] {
        let package = format!("{text}{more}");
        silent("start-program-not-found", &[("pyproject.toml", &package), lock, procfile, code]);
    }
}

#[test]
fn a_package_hides_the_module_of_its_name() {
    let list = ("requirements.txt", "flask\ngunicorn\n");
    let start = ("Procfile", "web: gunicorn tides:app\n");
    let module = ("tides.py", "from flask import Flask\napp = Flask(__name__)\n");
    let finding = fires("wrong-app-attribute", "Procfile:1", &[list, start, module, ("tides/__init__.py", "")]);
    assert_eq!(finding.message, "Python takes the folder tides for tides, and not tides.py, which has app");
    silent("wrong-app-attribute", &[list, start, module, ("tides/data.txt", "")]);
    silent("wrong-app-attribute", &[list, start, module, ("tides/__init__.py", "from tides.web import app\n")]);
}

#[test]
fn a_functions_own_app_is_none_of_the_module() {
    let start = ("Procfile", "web: uvicorn harbour:app --host 0.0.0.0 --port $PORT\n");
    let code = "from fastapi import FastAPI\n\ndef build():\n    app = FastAPI()\n    return app\n\nif __name__ == '__main__':\n    app = build()\n";
    let finding = fires("wrong-app-attribute", "Procfile:1", &[ALL, start, ("harbour.py", code)]);
    assert!(finding.message.contains("only under `if __name__"), "{}", finding.message);
    let shared = code.replace("    app = FastAPI()", "    global app\n    app = FastAPI()");
    silent("wrong-app-attribute", &[ALL, start, ("harbour.py", &shared)]);
}
