#!/usr/bin/env python3
"""Holds what the rules say of servers, installers and frameworks against their newest releases.

Usage: newest.py BINARY [NAME ...], for example `just newest uvicorn`. Every row is a project in its documented form: its newest
release is installed, the app is started with PORT set, and where it listens is compared with what `shakedown check` says:
wrong-bind-host exactly where only the loopback is listened on, hard-coded-port exactly where another port than PORT is. The claims
below the rows are sentences of rules, one function each. Needs the network; exits 0 where everything holds.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

BINARY = pathlib.Path(sys.argv[1]).resolve()
NAMES = sys.argv[2:]

ASGI = "async def app(scope, receive, send):\n    pass\n"
WSGI = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'up']\n"
FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI()\n"
FLASK = "from flask import Flask\n\napp = Flask(__name__)\n"

# name: requirements, main.py, start command
ROWS = {
    "gunicorn": ("gunicorn", WSGI, "gunicorn main:app"),
    "uvicorn": ("uvicorn", ASGI, "uvicorn main:app"),
    "hypercorn": ("hypercorn", ASGI, "hypercorn main:app"),
    "daphne": ("daphne", ASGI, "daphne main:app"),
    "granian": ("granian", ASGI, "granian --interface asgi main:app"),
    "waitress": ("waitress", WSGI, "waitress-serve main:app"),
    "flask run": ("flask", FLASK, "flask --app main run"),
    "fastapi run": ("fastapi[standard]", FASTAPI, "fastapi run main.py"),
    "quart": ("quart", "from quart import Quart\n\napp = Quart(__name__)\n", "quart --app main run"),
    "sanic": ("sanic", "from sanic import Sanic\n\napp = Sanic('tides')\n\n@app.get('/')\nasync def index(request):\n    pass\n", "sanic main:app"),
    "litestar": ("litestar[standard]", "from litestar import Litestar\n\napp = Litestar([])\n", "litestar --app main:app run"),
    "streamlit": ("streamlit", "import streamlit as st\n\nst.title('tides')\n", "streamlit run main.py"),
    "chainlit": ("chainlit", "import chainlit as cl\n", "chainlit run main.py --headless"),
    "panel": ("panel", "import panel as pn\n\npn.panel('tides').servable()\n", "panel serve main.py"),
    "bokeh": ("bokeh", "from bokeh.plotting import curdoc\n\ncurdoc()\n", "bokeh serve main.py"),
    "marimo": ("marimo", "import marimo\n\napp = marimo.App()\n", "marimo run main.py --headless"),
    "shiny": ("shiny", "from shiny import App, ui\n\napp = App(ui.page_fluid('tides'), None)\n", "shiny run main.py"),
    "solara": ("solara", "import solara\n\n@solara.component\ndef Page():\n    solara.Text('tides')\n", "solara run main.py --no-open"),
    "flask in code": ("flask", FLASK + "app.run()\n", "python main.py"),
    "bottle in code": ("bottle", "from bottle import run\n\nrun()\n", "python main.py"),
    "dash in code": ("dash", "from dash import Dash, html\n\napp = Dash(__name__)\napp.layout = html.Div()\napp.run()\n", "python main.py"),
    "gradio in code": ("gradio", "import gradio as gr\n\ndemo = gr.Interface(str, 'text', 'text')\ndemo.launch()\n", "python main.py"),
    "nicegui in code": ("nicegui", "from nicegui import ui\n\nui.label('tides')\nui.run(reload=False, show=False)\n", "python main.py"),
    "quart in code": ("quart", "from quart import Quart\n\napp = Quart(__name__)\napp.run()\n", "python main.py"),
    "uvicorn in code": ("uvicorn", "import uvicorn\n\n" + ASGI + "\nuvicorn.run(app)\n", "python main.py"),
    "aiohttp in code": ("aiohttp", "from aiohttp import web\n\nweb.run_app(web.Application())\n", "python main.py"),
    "robyn in code": ("robyn", "from robyn import Robyn\n\napp = Robyn(__file__)\n\n@app.get('/')\nasync def index():\n    return 'up'\n\napp.start()\n", "python main.py"),
    "tornado in code": ("tornado", "import asyncio\nimport tornado.web\n\nasync def main():\n    tornado.web.Application().listen(int(__import__('os').environ['PORT']))\n    await asyncio.Event().wait()\n\nasyncio.run(main())\n", "python main.py"),
}
LOOPBACK = {"0100007F", "00000000000000000000000001000000"}


def environment(folder, *packages):
    """A virtual environment with the newest releases, and the versions that it got."""
    venv = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    pip = [venv / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--upgrade", "pip", *packages], check=True, stdout=subprocess.DEVNULL)
    listed = json.loads(subprocess.run([*pip, "list", "--format", "json"], check=True, capture_output=True, text=True).stdout)
    return venv, {package["name"].lower(): package["version"] for package in listed}


def children(pid):
    found = [pid]
    for task in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(task.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if parent == pid:
            found += children(int(task.parent.name))
    return found


def listening(pid):
    """The addresses, as the kernel writes them, and ports on which a process or a child of it listens."""
    inodes = set()
    for one in children(pid):
        for link in pathlib.Path(f"/proc/{one}/fd").glob("*"):
            try:
                inodes.add(re.sub(r"\D", "", os.readlink(link)) if "socket" in os.readlink(link) else "")
            except OSError:
                continue
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in pathlib.Path(table).read_text().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A" and words[9] in inodes:
                address, port = words[1].split(":")
                found.add((address, int(port, 16)))
    return found


def end(process):
    """Ends a server and its children; one that ended by itself leaves perhaps none."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def row(name):
    requirements, code, start = ROWS[name]
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        app = folder / "app"
        app.mkdir()
        (app / "requirements.txt").write_text(requirements + "\n")
        (app / "main.py").write_text(code)
        (app / "Procfile").write_text(f"web: {start}\n")
        said = subprocess.run([BINARY, "check", "--format", "json", app], capture_output=True, text=True).stdout
        rules = {rule for rule in ("wrong-bind-host", "hard-coded-port") if f'"{rule}"' in said}
        venv, versions = environment(folder, requirements)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        kept = {key: value for key, value in os.environ.items() if key not in ("HOST", "PORT")}
        variables = {**kept, "PORT": str(port), "PATH": f"{venv}/bin:{os.environ['PATH']}", "HOME": scratch}
        log = folder / "log"
        with log.open("w") as out:
            process = subprocess.Popen(start.split(), cwd=app, env=variables, stdout=out, stderr=out, stdin=subprocess.DEVNULL, start_new_session=True)
        found = set()
        try:
            for _ in range(240):
                found = listening(process.pid)
                if found or process.poll() is not None:
                    break
                time.sleep(0.5)
            time.sleep(1)
            found = listening(process.pid) or found
        finally:
            end(process)
        package = re.split(r"[\[=<>]", requirements)[0]
        release = f"{package} {versions.get(package, '?')}"
        if not found:
            return release, [f"listens nowhere: {log.read_text()[-400:]!r}"]
        # Helpers of a server listen on ports of their own; the app's is PORT, or the lowest.
        main = {pair for pair in found if pair[1] == port} or {min(found, key=lambda pair: pair[1])}
        true = {
            "wrong-bind-host": all(address in LOOPBACK for address, _ in main),
            "hard-coded-port": all(number != port for _, number in main),
        }
        faults = [f"{rule}: check says {rule in rules}, it is {it_is} ({sorted(main)})" for rule, it_is in true.items() if it_is != (rule in rules)]
        return release, faults


def run(folder, *command, **more):
    done = subprocess.run([str(part) for part in command], cwd=folder, capture_output=True, text=True, **more)
    return done.returncode, done.stdout + done.stderr


def poetry_has_no_no_dev(folder):
    """poetry-option-removed: Poetry 2 has no --no-dev."""
    venv, versions = environment(folder, "poetry")
    (folder / "pyproject.toml").write_text('[project]\nname = "tides"\nversion = "1"\n')
    _, said = run(folder, venv / "bin" / "poetry", "install", "--no-dev")
    return f"poetry {versions['poetry']}", "--no-dev" in said and "does not exist" in said, said


def pip_installs_from_a_pylock(folder):
    """requirements-file advice: pip installs from pylock.toml since 26.1."""
    venv, versions = environment(folder)
    (folder / "pylock.toml").write_text('lock-version = "1.0"\ncreated-by = "tides"\npackages = []\n')
    code, said = run(folder, venv / "bin" / "pip", "install", "-r", "pylock.toml")
    return f"pip {versions['pip']}", code == 0, said


def django_refuses_origins_without_scheme(folder):
    """django-csrf-origin: check 4_0.E001."""
    venv, versions = environment(folder, "django")
    (folder / "settings.py").write_text("SECRET_KEY = 'a'\nCSRF_TRUSTED_ORIGINS = ['tides.example']\n")
    variables = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(folder)}
    code, said = run(folder, venv / "bin" / "django-admin", "check", env=variables)
    return f"django {versions['django']}", code != 0 and "4_0.E001" in said, said


def nicegui_wants_its_second_process(folder):
    """nicegui-guard: behind `if __name__ == "__main__"` nothing listens."""
    venv, versions = environment(folder, "nicegui")
    (folder / "main.py").write_text("from nicegui import ui\n\nif __name__ == '__main__':\n    ui.run(show=False)\n")
    process = subprocess.Popen([venv / "bin" / "python", "main.py"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        time.sleep(30)
        found = listening(process.pid)
    finally:
        end(process)
    return f"nicegui {versions['nicegui']}", not found, str(found)


def opencv_needs_what_the_table_says(folder):
    """missing-shared-library: what the newest opencv-python loads from the system, by DT_NEEDED."""
    venv, versions = environment(folder, "opencv-python")
    needed, brought = set(), set()
    for file in venv.glob("lib/python3*/site-packages/**/*.so*"):
        brought.add(file.name)
        _, said = run(folder, "readelf", "-d", file)
        needed |= set(re.findall(r"NEEDED.*\[(.+?)\]", said))
    system = {"libGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0", "libxcb.so.1"}
    found = (needed - brought) & system
    table = (pathlib.Path(__file__).parent.parent / "src/check/system_needs.txt").read_text()
    listed = re.search(r"^opencv-python >=\S+ lib (\S+)", table, re.M)
    attributes = {"libGL.so.1": "libGL", "libglib-2.0.so.0": "glib", "libgthread-2.0.so.0": "glib", "libxcb.so.1": "xorg.libxcb"}
    wanted = {attributes[name] for name in found}
    return f"opencv-python {versions['opencv-python']}", wanted == set(listed[1].split(",")), f"needs {sorted(wanted)}"


def pages_run_for_their_visitors(folder, requirement, start):
    """page-failed: a run opens the page as a visitor does, and hears of its code's error."""
    app = folder / "app"
    app.mkdir()
    (app / "requirements.txt").write_text(requirement + "\n")
    (app / "Procfile").write_text(f"web: {start}\n")
    said = ""
    for code, result in (("tides['low']", "page-failed"), ("tides['high']", "answered")):
        (app / "main.py").write_text(f"tides = {{'high': 3}}\nprint({code})\n")
        _, said = run(folder, BINARY, "run", "--backend", "host", "--format", "json", app)
        if f'"result": "{result}"' not in said and f'"result":"{result}"' not in said:
            return requirement, False, said
    return requirement, True, said


def streamlit_runs_a_page_for_its_visitor(folder):
    """A session of Streamlit is begun, ends and fails as the table of servers says."""
    return pages_run_for_their_visitors(folder, "streamlit", "streamlit run main.py --server.address 0.0.0.0 --server.port $PORT")


def bokeh_runs_a_page_for_its_visitor(folder):
    """A page of Bokeh fails as the table of servers says."""
    return pages_run_for_their_visitors(folder, "bokeh", "bokeh serve main.py --address 0.0.0.0 --port $PORT")


CLAIMS = [
    streamlit_runs_a_page_for_its_visitor,
    bokeh_runs_a_page_for_its_visitor,
    poetry_has_no_no_dev,
    pip_installs_from_a_pylock,
    django_refuses_origins_without_scheme,
    nicegui_wants_its_second_process,
    opencv_needs_what_the_table_says,
]


def claim(hold):
    with tempfile.TemporaryDirectory() as scratch:
        release, holds, said = hold(pathlib.Path(scratch))
    return release, [] if holds else [f"{hold.__doc__} It says: {said[-400:]!r}"]


def held(name, work):
    try:
        release, faults = work()
    except Exception as error:  # One that cannot be installed is told, and the others go on.
        release, faults = "?", [f"could not be held: {error}"]
    print(f"{'ok  ' if not faults else 'FAIL'} {name} ({release}) {'; '.join(faults)}", flush=True)
    return not faults


def main():
    if shutil.which("readelf") is None:
        print("readelf is missing: install binutils")
        return 1
    chosen = [(name, lambda name=name: row(name)) for name in ROWS] + [(hold.__name__, lambda hold=hold: claim(hold)) for hold in CLAIMS]
    chosen = [(name, work) for name, work in chosen if not NAMES or any(asked in name for asked in NAMES)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda one: held(*one), chosen))
    print(f"{sum(results)} hold, {len(results) - sum(results)} do not")
    return 0 if all(results) else 1


sys.exit(main())
