//! Programs that serve an app, or work for it, until they are told to end.

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Server {
    /// As start commands name it.
    pub program: &'static str,
    /// Whether it listens on a port; the others take their work from a queue.
    pub listens: bool,
    /// Whether its first word is the app, as `module:attribute`.
    pub takes_target: bool,
    /// Folder of its package.
    pub package: &'static str,
    /// Its files, or folders of them, that import what a start command names.
    pub loaders: &'static [&'static str],
}

const fn server(program: &'static str) -> Server {
    Server { program, listens: true, takes_target: false, package: program, loaders: &[] }
}

const fn worker(program: &'static str) -> Server {
    Server { listens: false, ..server(program) }
}

/// Every one that is known.
pub const SERVERS: &[Server] = &[
    Server {
        takes_target: true,
        loaders: &["gunicorn/util.py", "gunicorn/app/", "gunicorn/arbiter.py", "gunicorn/workers/"],
        ..server("gunicorn")
    },
    Server { takes_target: true, loaders: &["uvicorn/importer.py", "uvicorn/config.py"], ..server("uvicorn") },
    Server { takes_target: true, loaders: &["hypercorn/"], ..server("hypercorn") },
    Server { takes_target: true, loaders: &["daphne/"], ..server("daphne") },
    Server { package: "waitress", ..server("waitress-serve") },
    Server { loaders: &["waitress/runner.py"], ..server("waitress") },
    Server { loaders: &["flask/cli.py"], ..server("flask") },
    Server { loaders: &["granian/"], ..server("granian") },
    Server { loaders: &["uwsgi"], ..server("uwsgi") },
    server("bentoml"),
    server("bokeh"),
    server("chainlit"),
    server("fastapi"),
    server("datasette"),
    server("gradio"),
    server("http.server"),
    server("litestar"),
    server("marimo"),
    server("mesop"),
    server("mkdocs"),
    server("panel"),
    server("quart"),
    server("reflex"),
    server("robyn"),
    server("runserver"),
    server("sanic"),
    server("shiny"),
    server("solara"),
    server("streamlit"),
    server("voila"),
    Server {
        loaders: &["celery/bin/", "celery/app/utils.py", "celery/utils/imports.py", "kombu/utils/imports.py"],
        ..worker("celery")
    },
    worker("arq"),
    worker("dramatiq"),
    worker("faust"),
    worker("huey_consumer"),
    worker("prefect"),
    worker("rasa"),
    worker("rq"),
    worker("taskiq"),
];

/// A program that serves a file of the project's, named behind a word of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runner {
    /// As start commands name it.
    pub program: &'static str,
    /// The word before the file; empty where there is none.
    pub verb: &'static str,
    /// Whether the file runs only when somebody opens the page.
    /// Source: <https://docs.streamlit.io/develop/concepts/architecture/run-your-app>, <https://panel.holoviz.org/how_to/server/index.html>.
    pub for_visitors: bool,
}

const fn runner(program: &'static str, verb: &'static str) -> Runner {
    Runner { program, verb, for_visitors: false }
}

const fn visited(program: &'static str, verb: &'static str) -> Runner {
    Runner { program, verb, for_visitors: true }
}

/// Every one that is known.
pub const RUNNERS: &[Runner] = &[
    visited("streamlit", "run"),
    visited("panel", "serve"),
    visited("bokeh", "serve"),
    visited("marimo", "run"),
    runner("chainlit", "run"),
    runner("fastapi", "run"),
    runner("fastapi", "dev"),
    runner("solara", "run"),
    runner("shiny", "run"),
    runner("mesop", ""),
    runner("robyn", ""),
];

/// The programs that listen, or those that do not.
pub fn programs(listening: bool) -> impl Iterator<Item = &'static str> {
    SERVERS.iter().filter(move |server| server.listens == listening).map(|server| server.program)
}

/// Whether a program's first word is the app, as `module:attribute`.
pub fn takes_target(program: &str) -> bool {
    SERVERS.iter().any(|server| server.takes_target && server.program == program)
}

/// Files and folders of servers that import what a start command names.
pub fn loaders() -> impl Iterator<Item = &'static str> {
    SERVERS.iter().flat_map(|server| server.loaders).copied()
}

/// Whether a file belongs to a server that imports what a start command names.
pub fn is_of_a_loader(file: &str) -> bool {
    SERVERS.iter().any(|server| !server.loaders.is_empty() && file.contains(&format!("{}/", server.package)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_stands_once() {
        let mut programs: Vec<&str> = SERVERS.iter().map(|server| server.program).collect();
        programs.sort_unstable();
        assert!(programs.windows(2).all(|pair| pair[0] != pair[1]), "{programs:?}");
    }

    #[test]
    fn what_takes_an_app_also_loads_it() {
        assert!(SERVERS.iter().all(|server| !server.takes_target || !server.loaders.is_empty()));
        assert!(is_of_a_loader("/opt/venv/lib/python3.12/site-packages/gunicorn/util.py"));
    }
}
