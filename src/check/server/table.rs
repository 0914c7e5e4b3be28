//! Servers and programs that start commands call.

/// How a server is told where to listen.
pub(super) struct Server {
    pub(super) program: &'static str,
    /// The word after the program that makes it one.
    pub(super) verb: &'static str,
    pub(super) host: &'static [&'static str],
    pub(super) port: &'static [&'static str],
    /// Options that take both as `host:port`.
    pub(super) bind: &'static [&'static str],
    pub(super) default_host: &'static str,
    /// Empty where it reads PORT by itself.
    pub(super) default_port: &'static str,
    /// Variables that say it as well.
    pub(super) variables: [&'static str; 2],
}

const BLANK: Server = Server {
    program: "",
    verb: "",
    host: &["--host"],
    port: &["--port"],
    bind: &[],
    default_host: "127.0.0.1",
    default_port: "8000",
    variables: ["", ""],
};

const MLFLOW: Server = Server {
    program: "mlflow",
    host: &["-h", "--host"],
    port: &["-p", "--port"],
    default_port: "5000",
    variables: ["MLFLOW_HOST", "MLFLOW_PORT"],
    ..BLANK
};
const JUPYTER: Server = Server {
    program: "jupyter",
    host: &["--ServerApp.ip", "--ip"],
    port: &["--ServerApp.port", "--port"],
    default_host: "localhost",
    default_port: "8888",
    ..BLANK
};

pub(super) const SERVERS: &[Server] = &[
    Server {
        program: "gunicorn",
        host: &[],
        port: &[],
        bind: &["-b", "--bind"],
        default_host: "0.0.0.0",
        default_port: "",
        ..BLANK
    },
    Server { program: "uvicorn", variables: ["UVICORN_HOST", "UVICORN_PORT"], ..BLANK },
    Server { program: "hypercorn", host: &[], port: &[], bind: &["-b", "--bind"], ..BLANK },
    Server { program: "daphne", host: &["-b", "--bind"], port: &["-p", "--port"], ..BLANK },
    Server {
        program: "flask",
        verb: "run",
        host: &["-h", "--host"],
        port: &["-p", "--port"],
        default_port: "5000",
        variables: ["FLASK_RUN_HOST", "FLASK_RUN_PORT"],
        ..BLANK
    },
    // Since fastapi-cli 0.0.12 `run` reads PORT.
    Server { program: "fastapi", verb: "run", default_host: "0.0.0.0", ..BLANK },
    Server { program: "granian", variables: ["GRANIAN_HOST", "GRANIAN_PORT"], ..BLANK },
    Server { program: "sanic", host: &["-H", "--host"], port: &["-p", "--port"], ..BLANK },
    Server {
        program: "litestar",
        verb: "run",
        host: &["-H", "--host"],
        port: &["-p", "--port"],
        variables: ["LITESTAR_HOST", "LITESTAR_PORT"],
        ..BLANK
    },
    Server {
        program: "quart",
        verb: "run",
        host: &["-h", "--host"],
        port: &["-p", "--port"],
        default_port: "5000",
        ..BLANK
    },
    // emmett 2.8 and prefect 3.9.
    Server {
        program: "emmett",
        verb: "serve",
        host: &["-h", "--host"],
        port: &["-p", "--port"],
        default_host: "0.0.0.0",
        ..BLANK
    },
    Server { program: "emmett", verb: "develop", host: &["-h", "--host"], port: &["-p", "--port"], ..BLANK },
    Server {
        program: "prefect",
        verb: "server",
        default_port: "4200",
        variables: ["PREFECT_SERVER_API_HOST", "PREFECT_SERVER_API_PORT"],
        ..BLANK
    },
    Server { program: "chainlit", verb: "run", variables: ["CHAINLIT_HOST", "CHAINLIT_PORT"], ..BLANK },
    Server {
        program: "panel",
        verb: "serve",
        host: &["--address"],
        default_host: "0.0.0.0",
        default_port: "5006",
        ..BLANK
    },
    Server {
        program: "bokeh",
        verb: "serve",
        host: &["--address"],
        default_host: "0.0.0.0",
        default_port: "5006",
        ..BLANK
    },
    Server { program: "marimo", verb: "run", port: &["-p", "--port"], default_port: "2718", ..BLANK },
    Server { program: "shiny", verb: "run", host: &["-h", "--host"], port: &["-p", "--port"], ..BLANK },
    // It reads PORT (solara 1.64.1).
    Server { program: "solara", verb: "run", default_host: "localhost", default_port: "", ..BLANK },
    Server {
        program: "reflex",
        verb: "run",
        host: &["--backend-host"],
        port: &["--backend-port"],
        default_host: "0.0.0.0",
        ..BLANK
    },
    Server { program: "fastapi", verb: "dev", ..BLANK },
    Server {
        program: "streamlit",
        verb: "run",
        host: &["--server.address"],
        port: &["--server.port"],
        default_host: "0.0.0.0",
        default_port: "8501",
        variables: ["STREAMLIT_SERVER_ADDRESS", "STREAMLIT_SERVER_PORT"],
        ..BLANK
    },
    // It opens no port of HTTP where it is told none.
    Server {
        program: "uwsgi",
        host: &[],
        port: &[],
        bind: &["--http-socket", "--http"],
        default_host: "0.0.0.0",
        default_port: "",
        ..BLANK
    },
    // mlflow 3.18, datasette 0.65, dagster-webserver 1.13, google-adk 2.13, langgraph-cli 0.4, MkDocs 1.6, voila 0.5 and Jupyter Server 2: each one's options.
    Server { verb: "server", ..MLFLOW },
    Server { verb: "ui", ..MLFLOW },
    Server {
        program: "datasette",
        verb: "serve",
        host: &["-h", "--host"],
        port: &["-p", "--port"],
        default_port: "8001",
        ..BLANK
    },
    Server {
        program: "dagster-webserver",
        host: &["-h", "--host"],
        port: &["-p", "--port"],
        default_port: "3000",
        ..BLANK
    },
    Server { program: "adk", verb: "web", ..BLANK },
    Server { program: "adk", verb: "api_server", ..BLANK },
    Server { program: "langgraph", verb: "dev", default_port: "2024", ..BLANK },
    Server { program: "mkdocs", verb: "serve", host: &[], port: &[], bind: &["-a", "--dev-addr"], ..BLANK },
    Server {
        program: "voila",
        host: &["--Voila.ip"],
        port: &["--port", "--Voila.port"],
        default_host: "localhost",
        default_port: "8866",
        ..BLANK
    },
    Server { verb: "lab", ..JUPYTER },
    Server { verb: "notebook", ..JUPYTER },
    Server { program: "waitress-serve", bind: &["--listen"], default_host: "0.0.0.0", default_port: "8080", ..BLANK },
];

/// Programs and the packages that bring them, the first one being the one to install.
pub(super) const PROGRAMS: &[(&str, &[&str])] = &[
    ("gunicorn", &["gunicorn", "uvicorn-worker", "mlflow", "apache-airflow", "apache-superset"]),
    (
        "uvicorn",
        &[
            "uvicorn",
            "fastapi-cli",
            "uvicorn-worker",
            "gradio",
            "nicegui",
            "chainlit",
            "mcp",
            "fastmcp",
            "chromadb",
            "prefect",
            "reflex",
            "langserve",
            "litellm",
            "mlflow",
            "starlette-admin",
        ],
    ),
    ("hypercorn", &["hypercorn"]),
    ("daphne", &["daphne", "channels"]),
    ("waitress-serve", &["waitress", "pyramid"]),
    ("streamlit", &["streamlit"]),
    ("celery", &["celery", "django-celery-beat", "apache-airflow", "flower"]),
    (
        "flask",
        &[
            "flask",
            "flask-restful",
            "flask-restx",
            "dash",
            "connexion",
            "flask-socketio",
            "flask-cors",
            "flask-sqlalchemy",
            "flask-login",
        ],
    ),
    ("fastapi", &["fastapi-cli", "fastapi"]),
    ("alembic", &["alembic", "flask-migrate"]),
    ("rq", &["rq", "django-rq"]),
    ("uwsgi", &["uwsgi", "pyuwsgi"]),
    ("chainlit", &["chainlit"]),
    ("scrapy", &["scrapy"]),
];
