//! Frameworks, what shows that an app of theirs is made, and how it is really started.

pub(super) struct Framework {
    /// The module that is imported.
    pub(super) module: &'static str,
    /// What shows that an app is made; the import alone where there is none.
    pub(super) made: &'static [&'static str],
    /// What shows that something starts it.
    pub(super) starts: &'static [&'static str],
    /// The command that starts it, `{file}`, `{module}` and `{app}` being the project's.
    pub(super) command: &'static str,
    /// The distribution that brings the command.
    pub(super) needs: &'static str,
    /// What to write instead where no command starts it.
    pub(super) help: &'static str,
    /// Whether its command runs the started file whichever module of it draws the page.
    pub(super) is_drawn: bool,
}

const NONE: Framework =
    Framework { module: "", made: &[], starts: &[], command: "", needs: "", help: "", is_drawn: false };
const UVICORN: &str = "uvicorn {module}:{app} --host 0.0.0.0 --port $PORT";
const ASGI_STARTS: &[&str] = &[".run(", "serve(", "Granian(", "Server(", "hypercorn", "gunicorn", "Mangum("];
const BOT_STARTS: &[&str] = &[".run(", ".start(", "run_forever", "start_polling", "idle("];

pub(super) const FRAMEWORKS: &[Framework] = &[
    Framework {
        module: "streamlit",
        starts: &["streamlit.web", "bootstrap", "stcli", "\"streamlit\"", "'streamlit'", "streamlit run"],
        command: "streamlit run {file} --server.address 0.0.0.0 --server.port $PORT",
        needs: "streamlit",
        is_drawn: true,
        ..NONE
    },
    Framework {
        module: "chainlit",
        made: &["@cl.", "@chainlit."],
        starts: &["run_chainlit", "chainlit.cli", "mount_chainlit", "chainlit run"],
        command: "chainlit run {file} --headless --host 0.0.0.0 --port $PORT",
        needs: "chainlit",
        ..NONE
    },
    Framework {
        module: "fastapi",
        made: &["FastAPI("],
        starts: ASGI_STARTS,
        command: UVICORN,
        needs: "uvicorn",
        ..NONE
    },
    Framework {
        module: "starlette",
        made: &["Starlette("],
        starts: ASGI_STARTS,
        command: UVICORN,
        needs: "uvicorn",
        ..NONE
    },
    Framework {
        module: "litestar",
        made: &["Litestar("],
        starts: ASGI_STARTS,
        command: UVICORN,
        needs: "uvicorn",
        ..NONE
    },
    Framework {
        module: "blacksheep",
        made: &["Application("],
        starts: ASGI_STARTS,
        command: UVICORN,
        needs: "uvicorn",
        ..NONE
    },
    Framework {
        module: "quart",
        made: &["Quart("],
        starts: &[".run(", "run_task(", "serve(", "hypercorn", "uvicorn"],
        command: "hypercorn {module}:{app} --bind 0.0.0.0:$PORT",
        needs: "hypercorn",
        ..NONE
    },
    Framework {
        module: "sanic",
        made: &["Sanic("],
        starts: &[".run(", ".prepare(", "serve(", "create_server("],
        command: "sanic {module}:{app} --host 0.0.0.0 --port $PORT",
        needs: "sanic",
        ..NONE
    },
    Framework {
        module: "flask",
        made: &["Flask("],
        starts: &[
            ".run(",
            "serve(",
            "make_server(",
            "run_simple(",
            "WSGIServer(",
            "gunicorn",
            "uvicorn",
            "serve_forever",
            ".serve",
        ],
        command: "gunicorn {module}:{app} --bind 0.0.0.0:$PORT",
        needs: "gunicorn",
        ..NONE
    },
    Framework {
        module: "dash",
        made: &["Dash("],
        starts: &[".run(", ".run_server(", "serve(", "gunicorn"],
        command: "gunicorn {module}:server --bind 0.0.0.0:$PORT",
        needs: "gunicorn",
        ..NONE
    },
    Framework {
        module: "bottle",
        made: &["@route", "@get", "Bottle("],
        starts: &["run(", "serve(", "WSGIServer("],
        help: "end the file with run(host=\"0.0.0.0\", port=int(os.environ[\"PORT\"]))",
        ..NONE
    },
    Framework {
        module: "gradio",
        made: &["gr.Blocks(", "gr.Interface(", "gr.ChatInterface(", "gr.TabbedInterface(", "gradio."],
        starts: &[".launch(", "mount_gradio_app"],
        help: "end the file with `.launch(server_name=\"0.0.0.0\", server_port=int(os.environ[\"PORT\"]))` of the app",
        ..NONE
    },
    Framework {
        module: "nicegui",
        made: &["ui."],
        starts: &["ui.run(", "ui.run_with("],
        help: "end the file with ui.run(host=\"0.0.0.0\", port=int(os.environ[\"PORT\"]))",
        ..NONE
    },
    Framework {
        module: "panel",
        made: &[".servable("],
        starts: &["pn.serve(", "panel.serve(", ".show("],
        command: "panel serve {file} --address 0.0.0.0 --port $PORT --allow-websocket-origin='*'",
        needs: "panel",
        ..NONE
    },
    Framework {
        module: "bokeh",
        made: &["curdoc("],
        starts: &["Server("],
        command: "bokeh serve {file} --address 0.0.0.0 --port $PORT --allow-websocket-origin='*'",
        needs: "bokeh",
        ..NONE
    },
    Framework {
        module: "solara",
        made: &["@solara.component"],
        starts: &["solara.server", "solara run"],
        command: "solara run {file} --host 0.0.0.0 --port $PORT --production",
        needs: "solara",
        ..NONE
    },
    Framework {
        module: "mesop",
        made: &["@me.page"],
        starts: &["create_wsgi_app", ".run("],
        command: "mesop {file} --port $PORT",
        needs: "mesop",
        ..NONE
    },
    Framework {
        module: "marimo",
        made: &["marimo.App("],
        starts: &["marimo run", "create_asgi_app"],
        command: "marimo run {file} --headless --host 0.0.0.0 --port $PORT",
        needs: "marimo",
        ..NONE
    },
    Framework {
        module: "shiny",
        made: &["App(", "shiny.express"],
        starts: &["run_app(", ".run("],
        command: "shiny run {file} --host 0.0.0.0 --port $PORT",
        needs: "shiny",
        ..NONE
    },
    Framework {
        module: "reflex",
        made: &["rx.App(", "reflex.App("],
        starts: &[".run("],
        command: "reflex run --env prod",
        needs: "reflex",
        ..NONE
    },
    Framework {
        module: "fasthtml",
        made: &["fast_app(", "FastHTML("],
        starts: &["serve(", "uvicorn", ".run("],
        command: UVICORN,
        needs: "python-fasthtml",
        ..NONE
    },
    Framework {
        module: "flet",
        made: &["ft.", "flet."],
        starts: &[".app(", ".run(", ".app_async(", ".run_async(", "export_asgi_app"],
        help: "end the file with ft.run(main, view=ft.AppView.WEB_BROWSER, host=\"0.0.0.0\", port=int(os.environ[\"PORT\"])), and require \
               flet[web]",
        ..NONE
    },
    Framework {
        module: "taipy",
        made: &["Gui("],
        starts: &[".run(", ".get_flask_app("],
        help: "end the file with Gui(page).run(host=\"0.0.0.0\", port=int(os.environ[\"PORT\"]))",
        ..NONE
    },
    Framework {
        module: "rio",
        made: &["rio.App("],
        starts: &["run_as_web_server(", "run_in_window(", "as_fastapi("],
        help: "end the file with app.run_as_web_server(host=\"0.0.0.0\", port=int(os.environ[\"PORT\"]))",
        ..NONE
    },
    Framework {
        module: "mcp",
        made: &["FastMCP(", "MCPServer("],
        starts: &[".run(", "_app(", "run_async", "run_stdio", "run_sse", "run_streamable"],
        help: "end the file with mcp.run(transport=\"streamable-http\"), on 0.0.0.0 and PORT",
        ..NONE
    },
    Framework {
        module: "fastmcp",
        made: &["FastMCP("],
        starts: &[".run(", "http_app(", "run_async", "run_http"],
        help: "end the file with mcp.run(transport=\"http\", host=\"0.0.0.0\", port=int(os.environ[\"PORT\"]))",
        ..NONE
    },
    Framework {
        module: "grpc",
        made: &["grpc.server(", "grpc.aio.server("],
        starts: &[".start("],
        help: "end the file with server.start() and server.wait_for_termination()",
        ..NONE
    },
    Framework {
        module: "falcon",
        made: &["falcon.App(", "asgi.App("],
        starts: &["make_server(", "serve(", ".run(", "gunicorn", "uvicorn", "WSGIServer("],
        help: "start it with gunicorn, or uvicorn where it is falcon.asgi's, on 0.0.0.0:$PORT",
        ..NONE
    },
    Framework {
        module: "connexion",
        made: &["FlaskApp(", "AsyncApp(", "connexion.App("],
        starts: &[".run(", "uvicorn", "gunicorn"],
        help: "start it with gunicorn and uvicorn's worker, on 0.0.0.0:$PORT",
        ..NONE
    },
    Framework {
        module: "litserve",
        made: &["LitServer("],
        starts: &[".run("],
        help: "end the file with LitServer(api).run(port=int(os.environ[\"PORT\"]))",
        ..NONE
    },
    Framework {
        module: "microdot",
        made: &["Microdot("],
        starts: &[".run(", "start_server("],
        help: "end the file with app.run(port=int(os.environ[\"PORT\"]))",
        ..NONE
    },
    Framework {
        module: "robyn",
        made: &["Robyn("],
        starts: &[".start("],
        help: "end the file with app.start(host=\"0.0.0.0\", port=int(os.environ[\"PORT\"]))",
        ..NONE
    },
    Framework {
        module: "aiohttp",
        made: &["web.Application("],
        starts: &["run_app(", "AppRunner(", "start_webhook", "_run_app("],
        help: "end the file with web.run_app(app, port=int(os.environ[\"PORT\"]))",
        ..NONE
    },
    Framework {
        module: "tornado",
        made: &["web.Application("],
        starts: &[".listen(", ".bind(", "HTTPServer("],
        help: "listen on PORT and start the loop: app.listen(int(os.environ[\"PORT\"]))",
        ..NONE
    },
    Framework {
        module: "celery",
        made: &["Celery("],
        starts: &["worker_main(", ".start(", "Worker(", ".delay(", "apply_async(", "send_task("],
        command: "celery -A {module} worker --loglevel=info",
        needs: "celery",
        ..NONE
    },
    Framework {
        module: "dramatiq",
        made: &["dramatiq.actor", "@actor"],
        starts: &[".send(", "send_with_options(", "Worker(", "dramatiq.cli"],
        command: "dramatiq {module}",
        needs: "dramatiq",
        ..NONE
    },
    Framework {
        module: "discord",
        made: &["Bot(", "Client("],
        starts: BOT_STARTS,
        help: "end the file with bot.run(os.environ[\"DISCORD_TOKEN\"])",
        ..NONE
    },
    Framework {
        module: "nextcord",
        made: &["Bot(", "Client("],
        starts: BOT_STARTS,
        help: "end the file with bot.run(os.environ[\"DISCORD_TOKEN\"])",
        ..NONE
    },
    Framework {
        module: "disnake",
        made: &["Bot(", "Client("],
        starts: BOT_STARTS,
        help: "end the file with bot.run(os.environ[\"DISCORD_TOKEN\"])",
        ..NONE
    },
    Framework {
        module: "telegram",
        made: &["ApplicationBuilder(", "Application.builder(", "Updater("],
        starts: &[
            "run_polling(",
            "run_webhook(",
            "start_polling(",
            "start_webhook(",
            "process_update(",
            "update_queue",
        ],
        help: "end the file with application.run_polling()",
        ..NONE
    },
    Framework {
        module: "telebot",
        made: &["TeleBot("],
        starts: &["polling(", "set_webhook(", "run_webhooks(", "process_new_updates("],
        help: "end the file with bot.infinity_polling()",
        ..NONE
    },
    Framework {
        module: "aiogram",
        made: &["Dispatcher("],
        starts: &[
            "start_polling(",
            "run_polling(",
            "start_webhook(",
            "run_app(",
            "feed_update(",
            "feed_raw_update(",
            "executor.",
        ],
        help: "end the file with asyncio.run(dispatcher.start_polling(bot))",
        ..NONE
    },
    Framework {
        module: "pyrogram",
        made: &["Client("],
        starts: &[".run(", ".start(", "idle(", "with "],
        help: "end the file with app.run()",
        ..NONE
    },
    Framework {
        module: "telethon",
        made: &["TelegramClient("],
        starts: &["run_until_disconnected(", "run_until_complete(", "with "],
        help: "end the file with client.run_until_disconnected()",
        ..NONE
    },
];
