use super::{fires, silent, silent_with};
use crate::finding::{Edit, Severity};

const FLASK: (&str, &str) = ("requirements.txt", "flask==3.0.0\n");

fn app(run: &str) -> String {
    format!("from flask import Flask\napp = Flask(__name__)\n{run}\n")
}

#[test]
fn a_host_in_any_place_of_the_call() {
    for run in [
        "app.run(host=\"localhost\", port=5000)  # for now",
        "app.run('localhost', 5000)",
        "app.run()",
        "app.run(debug=True,)",
        "app.run(debug=bool(os.environ.get('DEBUG', '')))",
    ] {
        fires("wrong-bind-host", "main.py:3", &[FLASK, ("main.py", &app(run))]);
    }
    for run in [
        "app.run(HOST, PORT)",
        "app.run(os.environ.get('HOST', '0.0.0.0'), int(os.environ['PORT']))",
        "app.run('::', 8080)",
        "app.run(**settings)",
        "app.run(host=HOST)",
    ] {
        silent("wrong-bind-host", &[FLASK, ("main.py", &app(run))]);
    }
    fires("hard-coded-port", "main.py:3", &[FLASK, ("main.py", &app("app.run('0.0.0.0', 5000)"))]);
}

#[test]
fn a_host_that_an_object_of_settings_gives() {
    let list = ("requirements.txt", "uvicorn\n");
    let main = (
        "main.py",
        "import uvicorn\nfrom conf import settings\nuvicorn.run('web:app', host=settings.host, port=settings.port)\n",
    );
    let conf = |host: &str| {
        format!(
            "class Settings(BaseSettings):\n    host: str = '{host}'\n    port: int = 8000\nsettings = Settings()\n"
        )
    };
    let loopback = conf("127.0.0.1");
    let found = fires("wrong-bind-host", "conf.py:2", &[list, main, ("conf.py", &loopback)]);
    assert_eq!(found.evidence[1].source.to_string(), "main.py:3");
    silent("wrong-bind-host", &[list, main, ("conf.py", &conf("0.0.0.0"))]);
    silent_with("wrong-bind-host", &[list, main, ("conf.py", &loopback)], &["HOST=0.0.0.0"]);
    // Which of two is meant is not known.
    let two = format!("{loopback}class Other:\n    host = 'db'\n");
    silent("wrong-bind-host", &[list, main, ("conf.py", &two)]);
}

#[test]
fn a_text_of_several_lines_is_no_code() {
    let text = format!("\"\"\"\nuvicorn.run(app, host=\"localhost\")\n\"\"\"\n{}", app("app.run(host='0.0.0.0')"));
    silent("wrong-bind-host", &[FLASK, ("main.py", &text)]);
}

#[test]
fn a_call_that_may_be_passed_over() {
    let both = "if LOCAL:\n    app.run(host='127.0.0.1')\nelse:\n    app.run(host='0.0.0.0')";
    silent("wrong-bind-host", &[FLASK, ("main.py", &app(both))]);
    let one = "if LOCAL:\n    app.run(host='127.0.0.1')";
    let finding = fires("wrong-bind-host", "main.py:4", &[FLASK, ("main.py", &app(one))]);
    assert_eq!(finding.severity, Severity::Warning);
    let inline = "if __name__ == '__main__': app.run()";
    fires("wrong-bind-host", "main.py:3", &[FLASK, ("main.py", &app(inline))]);
    let main = "if __name__ == '__main__':\n    app.run()";
    let finding = fires("wrong-bind-host", "main.py:4", &[FLASK, ("main.py", &app(main))]);
    assert_eq!(finding.severity, Severity::Error);
}

#[test]
fn gradio_hides_as_well() {
    let text = "import gradio as gr\ndemo = gr.Interface(len, 'text', 'text')\ndemo.launch()\n";
    let gradio = ("requirements.txt", "gradio==4.0.0\n");
    fires("wrong-bind-host", "main.py:3", &[gradio, ("main.py", text)]);
    silent("wrong-bind-host", &[gradio, ("main.py", &text.replace("launch()", "launch(server_name=\"0.0.0.0\")"))]);
}

#[test]
fn functions_that_serve() {
    let hidden = [
        ("bottle", "from bottle import route, run\nrun()"),
        ("bottle", "from bottle import route, run\nrun(host='localhost', port=8080)"),
        ("shiny", "from shiny import App, run_app\nrun_app(App(None, None))"),
        ("waitress", "from waitress import serve\nserve(app, host='127.0.0.1', port=8080)"),
        ("aiohttp", "from aiohttp import web\nHOST = '127.0.0.1'\nweb.run_app(app, host=HOST)"),
        (
            "aiohttp",
            "import os\nfrom aiohttp import web\nHOST: str = os.getenv('WEB_HOST', '127.0.0.1')\nweb.run_app(app, host=HOST)",
        ),
        (
            "python-telegram-bot",
            "from telegram.ext import Application\napp = Application.builder().build()\napp.run_webhook(port=PORT)",
        ),
        (
            "python-telegram-bot",
            "from telegram.ext import Updater\nupdater = Updater(T)\nupdater.start_webhook(listen='127.0.0.1', port=PORT)",
        ),
        (
            "aiogram",
            "from aiogram.utils import executor\nexecutor.start_webhook(dispatcher=dp, webhook_path='/h', host='localhost', port=PORT)",
        ),
        ("aiohttp", "from aiohttp import web\nweb.run_app(app, host='localhost')"),
    ];
    for (package, text) in hidden {
        let place = format!("main.py:{}", text.lines().count());
        fires("wrong-bind-host", &place, &[("requirements.txt", package), ("main.py", text)]);
    }
    let open = [
        ("waitress", "from waitress import serve\nserve(app, port=8080)"),
        ("aiohttp", "from aiohttp import web\nHOST = '0.0.0.0'\nweb.run_app(app, host=HOST)"),
        ("aiohttp", "from aiohttp import web\nHOST = '127.0.0.1'\nHOST = choose()\nweb.run_app(app, host=HOST)"),
        ("python-telegram-bot", "from telegram.ext import Application\napp.run_webhook(listen='0.0.0.0', port=PORT)"),
        (
            "aiogram",
            "from aiogram.utils import executor\nexecutor.start_webhook(dispatcher=dp, webhook_path='/h', port=PORT)",
        ),
        ("aiohttp", "from aiohttp import web\nweb.run_app(app)"),
        ("microdot", "from microdot import Microdot\napp = Microdot()\napp.run()"),
        ("invoke", "from invoke import run\nrun()"),
    ];
    for (package, text) in open {
        silent("wrong-bind-host", &[("requirements.txt", package), ("main.py", text)]);
    }
}

#[test]
fn a_port_that_the_framework_chooses_is_the_second_half_of_the_edit() {
    let gradio = ("requirements.txt", "gradio==6.0.0\n");
    let text = "import gradio as gr\ndemo = gr.Interface(len, 'text', 'text')\ndemo.launch(server_name=\"0.0.0.0\")\n";
    let finding = fires("hard-coded-port", "main.py:3", &[gradio, ("main.py", text)]);
    let crate::finding::Edit::WriteFile { text, .. } = &finding.fixes[0].edits[0] else { panic!("{finding:#?}") };
    assert!(text.starts_with("import os\nimport gradio as gr\n"), "{text}");
    assert!(
        text.ends_with("launch(server_name=\"0.0.0.0\", server_port=int(os.environ.get(\"PORT\", 7860)))\n"),
        "{text}"
    );
    let finding = fires("hard-coded-port", "main.py:3", &[FLASK, ("main.py", &app("app.run('0.0.0.0', 5000)"))]);
    let crate::finding::Edit::WriteFile { text, .. } = &finding.fixes[0].edits[0] else { panic!("{finding:#?}") };
    assert!(text.ends_with("app.run('0.0.0.0', int(os.environ.get(\"PORT\", 5000)))\n"), "{text}");
    silent("hard-coded-port", &[gradio, ("main.py", "import gradio as gr\ndemo.launch(**settings)\n")]);
}

#[test]
fn a_host_that_is_the_loopback_unless_a_variable_says_otherwise() {
    let code = "import os\nimport uvicorn\n\nuvicorn.run('main:app', host=os.getenv('HOST', '127.0.0.1'), port=int(os.environ['PORT']))\n";
    super::fires("wrong-bind-host", "main.py:4", &[("main.py", code)]);
    super::silent_with("wrong-bind-host", &[("main.py", code)], &["HOST=0.0.0.0"]);
    let open = code.replace("127.0.0.1", "0.0.0.0");
    super::silent("wrong-bind-host", &[("main.py", &open)]);
}

#[test]
fn a_server_that_is_told_no_port_takes_its_own() {
    let of_their_own = [
        ("flask", "from flask import Flask\napp = Flask(__name__)\napp.run(host='0.0.0.0')", "5000"),
        ("quart", "from quart import Quart\napp = Quart(__name__)\napp.run(host='0.0.0.0')", "5000"),
        ("bottle", "from bottle import run\n\nrun(host='0.0.0.0')", "8080"),
        ("bottle", "import bottle\napp = bottle.Bottle()\napp.run(host='0.0.0.0')", "8080"),
        ("nicegui", "from nicegui import ui\nui.label('tides')\nui.run()", "8080"),
        ("uvicorn", "import uvicorn\n\nuvicorn.run('tides:app', host='0.0.0.0')", "8000"),
        ("aiohttp", "from aiohttp import web\n\nweb.run_app(web.Application())", "8080"),
        ("robyn", "from robyn import Robyn\napp = Robyn(__file__)\napp.start(host='0.0.0.0')", "8080"),
        ("sanic", "from sanic import Sanic\napp = Sanic('tides')\napp.run(host='0.0.0.0')", "8000"),
        ("microdot", "from microdot import Microdot\napp = Microdot()\napp.run()", "5000"),
        ("waitress", "from waitress import serve\n\nserve(app)", "8080"),
        ("shiny", "from shiny import run_app\n\nrun_app('tides:app', '0.0.0.0')", "8000"),
        (
            "flask-socketio",
            "from flask_socketio import SocketIO\nsocketio = SocketIO(app)\nsocketio.run(app, '0.0.0.0')",
            "5000",
        ),
    ];
    for (package, text, port) in of_their_own {
        let finding = fires("hard-coded-port", "main.py:3", &[("requirements.txt", package), ("main.py", text)]);
        assert_eq!(finding.message, format!("the server listens on port {port}, whatever PORT says"));
        super::silent_with(
            "hard-coded-port",
            &[("requirements.txt", package), ("main.py", text)],
            &[&format!("PORT={port}")],
        );
    }
    let told = [
        ("dash", "from dash import Dash\napp = Dash()\napp.run()"),
        ("flask", "from flask import Flask\napp = Flask(__name__)\napp.config['SERVER_NAME'] = NAME\napp.run()"),
        ("flask", "from flask import Flask\napp = Flask(__name__)\napp.run(**settings)"),
        ("uvicorn", "import uvicorn\nuvicorn.run('tides:app', uds='/tmp/tides')"),
        ("aiohttp", "from aiohttp import web\nweb.run_app(app, sock=sock)"),
        ("aiohttp", "from aiohttp import web\nweb.run_app(app, port=int(os.getenv('PORT', '8080')))"),
        ("waitress", "from waitress import serve\nserve(app, listen=LISTEN)"),
    ];
    for (package, text) in told {
        silent("hard-coded-port", &[("requirements.txt", package), ("main.py", text)]);
    }
    let robyn = "from robyn import Robyn\napp = Robyn(__file__)\napp.start()";
    super::silent_with("hard-coded-port", &[("main.py", robyn)], &["ROBYN_PORT=8080"]);
}

#[test]
fn a_call_over_several_lines_is_read_to_its_end() {
    let text = "import uvicorn\n\nuvicorn.run(\n    'tides:app',  # (the app\n    host='127.0.0.1',\n    port=8000,  # for now\n)\n";
    let finding = fires("wrong-bind-host", "main.py:3", &[("requirements.txt", "uvicorn"), ("main.py", text)]);
    let Edit::ReplaceLine { line, text: better, .. } = &finding.fixes[0].edits[0] else { panic!("{finding:#?}") };
    assert_eq!((*line, better.as_str()), (5, "    host=\"0.0.0.0\","));
    let finding = fires("hard-coded-port", "main.py:3", &[("requirements.txt", "uvicorn"), ("main.py", text)]);
    let Edit::WriteFile { text: better, .. } = &finding.fixes[0].edits[0] else { panic!("{finding:#?}") };
    assert!(better.contains("    port=int(os.environ.get(\"PORT\", 8000)),  # for now\n)\n"), "{better}");
    let bare = "import uvicorn\n\nuvicorn.run(\n    'tides:app',  # the app\n)\n";
    let finding = fires("hard-coded-port", "main.py:3", &[("requirements.txt", "uvicorn"), ("main.py", bare)]);
    let Edit::WriteFile { text: better, .. } = &finding.fixes[0].edits[0] else { panic!("{finding:#?}") };
    assert!(better.contains("    'tides:app', port=int(os.environ.get(\"PORT\", 8000))  # the app\n)\n"), "{better}");
}

#[test]
fn an_app_that_another_module_makes_is_run_like_one_made_here() {
    let made = (
        "tides/__init__.py",
        "from flask import Flask\n\ndef create_app():\n    return Flask(__name__)\n\napp = create_app()\n",
    );
    for text in [
        "from tides import app\n\napp.run(host='0.0.0.0')\n",
        "from tides import create_app\napp = create_app()\napp.run(host='0.0.0.0')\n",
    ] {
        fires("hard-coded-port", "main.py:3", &[FLASK, made, ("main.py", text)]);
    }
    silent(
        "hard-coded-port",
        &[FLASK, made, ("main.py", "from tides import app\nfrom crane import crew\ncrew.start()\n")],
    );
}

#[test]
fn a_port_that_is_the_first_argument_or_stands_in_a_with() {
    let tornado = |listens: &str| {
        format!(
            "import tornado.web\n\napp = tornado.web.Application([])\n{listens}\ntornado.ioloop.IOLoop.current().start()\n"
        )
    };
    let list = ("requirements.txt", "tornado\n");
    for listens in ["app.listen(8888)", "app.listen(8888, address=\"0.0.0.0\")", "app.listen(port=8888)"] {
        fires("hard-coded-port", "main.py:4", &[list, ("main.py", &tornado(listens))]);
        silent("wrong-bind-host", &[list, ("main.py", &tornado(listens))]);
    }
    fires(
        "wrong-bind-host",
        "main.py:4",
        &[list, ("main.py", &tornado("app.listen(os.environ['PORT'], '127.0.0.1')"))],
    );
    silent("hard-coded-port", &[list, ("main.py", &tornado("app.listen(int(os.environ['PORT']))"))]);
    let wsgiref = |serves: &str| {
        format!(
            "from wsgiref.simple_server import make_server\nfrom tides import app\n{serves}\n    server.serve_forever()\n"
        )
    };
    let tides = ("tides.py", "def app(environ, start_response):\n    return []\n");
    let list = ("requirements.txt", "");
    for serves in
        ["with make_server(\"\", 8000, app) as server:", "server = make_server('0.0.0.0', 8000, app)\nif server:"]
    {
        fires("hard-coded-port", "main.py:3", &[list, tides, ("main.py", &wsgiref(serves))]);
    }
    let loopback = wsgiref("with make_server(\"localhost\", int(os.environ['PORT']), app) as server:");
    fires("wrong-bind-host", "main.py:3", &[list, tides, ("main.py", &loopback)]);
}

#[test]
fn a_call_in_the_middle_of_a_line() {
    for (list, text, line) in [
        (
            "websockets",
            "import asyncio, os, websockets\nasync def main():\n    async with websockets.serve(echo, 'localhost', int(os.environ['PORT'])):\n        await asyncio.Future()\nasyncio.run(main())\n",
            3,
        ),
        (
            "",
            "import asyncio, os\nasync def main():\n    server = await asyncio.start_server(talk, '127.0.0.1', os.environ['PORT'])\nasyncio.run(main())\n",
            3,
        ),
        ("uvicorn", "import uvicorn\nserver = uvicorn.Server(uvicorn.Config(app, port=PORT))\n", 2),
        ("aiohttp", "from aiohttp import web\nsite = web.TCPSite(runner, 'localhost', PORT)\n", 2),
        (
            "flask",
            "from flask import Flask\nimport threading\napp = Flask(__name__)\nthreading.Thread(target=lambda: app.run('127.0.0.1', PORT)).start()\n",
            4,
        ),
    ] {
        let files = |text: &str| text.to_owned();
        fires("wrong-bind-host", &format!("main.py:{line}"), &[("requirements.txt", list), ("main.py", &files(text))]);
        let everywhere = text
            .replace("localhost", "0.0.0.0")
            .replace("127.0.0.1", "0.0.0.0")
            .replace("app, port", "app, host='0.0.0.0', port");
        silent("wrong-bind-host", &[("requirements.txt", list), ("main.py", &files(&everywhere))]);
    }
    // A function of that name, and a text that speaks of the call.
    let named =
        "import websockets\ndef serve(a, b='localhost'):\n    print('websockets.serve(a, \"localhost\", 80)')\n";
    silent("wrong-bind-host", &[("requirements.txt", "websockets"), ("main.py", named)]);
}

#[test]
fn a_host_and_a_port_in_one_argument() {
    for text in [
        "import os\nfrom http.server import HTTPServer\nHTTPServer(('localhost', int(os.environ['PORT'])), Page).serve_forever()\n",
        "import os, socketserver\nserver = socketserver.TCPServer((\"127.0.0.1\", 8000), Page)\n",
        "from gevent.pywsgi import WSGIServer\nhttp_server = WSGIServer(('127.0.0.1', PORT), app)\n",
        "import eventlet\nsock = eventlet.listen(('localhost', 5000))\n",
    ] {
        let line = text.lines().count();
        fires("wrong-bind-host", &format!("main.py:{line}"), &[("requirements.txt", ""), ("main.py", text)]);
        for everywhere in ["''", "'0.0.0.0'"] {
            let open = text
                .replace("\"127.0.0.1\"", everywhere)
                .replace("'127.0.0.1'", everywhere)
                .replace("'localhost'", everywhere);
            silent("wrong-bind-host", &[("requirements.txt", ""), ("main.py", &open)]);
        }
    }
    let tornado = "from tornado.httpserver import HTTPServer\nHTTPServer(app).listen(8888, '0.0.0.0')\n";
    silent("wrong-bind-host", &[("requirements.txt", "tornado"), ("main.py", tornado)]);
}

#[test]
fn an_address_in_one_text() {
    for (list, text) in [
        ("grpcio", "import grpc\nserver = grpc.server(pool)\nserver.add_insecure_port('localhost:50051')\n"),
        ("grpcio", "import grpc\nserver = grpc.server(pool)\nserver.add_insecure_port(f\"127.0.0.1:{port}\")\n"),
        ("hypercorn", "from hypercorn.config import Config\nconfig = Config()\nconfig.bind = ['localhost:8000']\n"),
        ("waitress", "from waitress import serve\nfrom web import app\nserve(app, listen='127.0.0.1:8080')\n"),
        (
            "cherrypy",
            "import cherrypy\nfrom web import Page\ncherrypy.config.update({'server.socket_host': '127.0.0.1'})\n",
        ),
    ] {
        fires("wrong-bind-host", "main.py:3", &[("requirements.txt", list), ("main.py", text)]);
        let open = text.replace("localhost", "0.0.0.0").replace("127.0.0.1", "0.0.0.0");
        silent("wrong-bind-host", &[("requirements.txt", list), ("main.py", &open)]);
    }
    let both = "import grpc\nserver = grpc.server(pool)\nserver.add_insecure_port('localhost:50051')\nserver.add_insecure_port('[::]:8080')\n";
    silent("wrong-bind-host", &[("requirements.txt", "grpcio"), ("main.py", both)]);
}

#[test]
fn a_port_that_is_a_text() {
    for run in [
        "app.run(host='0.0.0.0', port=os.environ.get('PORT', 5000))",
        "app.run('0.0.0.0', os.environ['PORT'])",
        "PORT = os.getenv('PORT')\napp.run(host='0.0.0.0', port=PORT)",
    ] {
        let text = app(run);
        fires("port-not-a-number", &format!("main.py:{}", text.lines().count()), &[FLASK, ("main.py", &text)]);
    }
    for run in ["app.run(port=int(os.environ['PORT']))", "app.run(port=PORT)", "app.run()", "app.run(port=8080)"] {
        silent("port-not-a-number", &[FLASK, ("main.py", &app(run))]);
    }
}

#[test]
fn variables_that_the_start_or_the_code_sets_before_it_serves() {
    let list = ("requirements.txt", "gradio==5.0.0\n");
    let code = "import gradio as gr\ndemo = gr.Blocks()\ndemo.launch()\n";
    let start = ("Procfile", "web: GRADIO_SERVER_NAME=0.0.0.0 GRADIO_SERVER_PORT=$PORT python main.py\n");
    let set = "import os\nos.environ['GRADIO_SERVER_NAME'] = '0.0.0.0'\nos.environ.setdefault('GRADIO_SERVER_PORT', os.environ['PORT'])\n";
    for id in ["wrong-bind-host", "hard-coded-port"] {
        fires(id, "main.py:3", &[list, ("main.py", code)]);
        silent(id, &[list, start, ("main.py", code)]);
        silent(id, &[list, ("main.py", &format!("{set}{code}"))]);
    }
}

#[test]
fn granian_by_its_class() {
    let list = ("requirements.txt", "granian==2.5.0\n");
    let code = |call: &str| format!("from granian import Granian\n\n{call}\n");
    for call in ["Granian('web:app', interface='asgi').serve()", "Granian('web:app', 'localhost', 8000).serve()"] {
        fires("wrong-bind-host", "main.py:3", &[list, ("main.py", &code(call))]);
        fires("hard-coded-port", "main.py:3", &[list, ("main.py", &code(call))]);
    }
    silent("wrong-bind-host", &[list, ("main.py", &code("Granian('web:app', address='0.0.0.0', port=PORT).serve()"))]);
}
