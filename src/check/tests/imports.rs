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

#[test]
fn modules_that_calls_and_texts_name_are_reached() {
    let list = ("requirements.txt", "discord.py==2.4.0\n");
    let cog = ("cogs/music.py", "import yt_dlp\n");
    let bot = |load: &str| {
        format!("import os\nfrom discord.ext import commands\nbot = commands.Bot('!')\n\nasync def setup():\n{load}\n")
    };
    for load in [
        "    for name in os.listdir('cogs'):\n        await bot.load_extension(f'cogs.{name[:-3]}')",
        "    for name in NAMES:\n        await bot.load_extension('cogs.' + name)",
        "    for name in ['cogs.music']:\n        await bot.load_extension(name)",
        "    await bot.load_extension('cogs.music')",
    ] {
        let found = fires("import-not-required", "cogs/music.py:1", &[list, cog, ("main.py", &bot(load))]);
        assert_eq!(found.subject.as_deref(), Some("yt-dlp"), "{load}");
    }
    silent("import-not-required", &[list, cog, ("main.py", &bot("    await bot.load_extension(name)"))]);
    let celery = ("requirements.txt", "celery==5.4.0\n");
    let start = ("Procfile", "worker: celery -A shop worker\n");
    let tasks = ("shop/tasks.py", "import pandas\n");
    for names in ["include=['shop.tasks']", "'shop')\napp.autodiscover_tasks(['shop']"] {
        let app = format!("from celery import Celery\napp = Celery({names})\n");
        fires("import-not-required", "shop/tasks.py:1", &[celery, start, tasks, ("shop/__init__.py", &app)]);
    }
}

#[test]
fn an_import_by_a_call_is_one() {
    for call in ["importlib.import_module('markdown')", "__import__('markdown')"] {
        let code = format!("import importlib\nm = {call}\n");
        fires("import-not-required", "main.py:2", &[("requirements.txt", "flask==3.0.0\n"), ("main.py", &code)]);
        let caught = format!("import importlib\ntry:\n    m = {call}\nexcept ImportError:\n    m = None\n");
        silent("import-not-required", &[("requirements.txt", "flask==3.0.0\n"), ("main.py", &caught)]);
    }
    let ends = "try:\n    import markdown\nexcept ImportError:\n    raise SystemExit('no markdown')\n";
    fires("import-not-required", "main.py:2", &[("requirements.txt", "flask==3.0.0\n"), ("main.py", ends)]);
}
