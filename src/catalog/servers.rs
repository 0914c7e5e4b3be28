//! Programs that serve an app, or work for it, until they are told to end.

/// A server or worker program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Server {
    /// As start commands name it.
    pub program: &'static str,
    /// Whether it listens on a port; the others take their work from a queue.
    pub listens: bool,
    /// Whether its first word is the app, as `module:attribute`.
    pub takes_target: bool,
    /// The words by which a program that takes its work from a queue serves pages or an API in its place.
    pub serves_by: &'static [&'static str],
    /// Folder of its package.
    pub package: &'static str,
    /// Its files, or folders of them, that import what a start command names.
    pub loaders: &'static [&'static str],
}

const fn server(program: &'static str) -> Server {
    Server { program, listens: true, takes_target: false, serves_by: &[], package: program, loaders: &[] }
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
    server("dagster-webserver"),
    server("fastapi"),
    server("datasette"),
    server("emmett"),
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
        serves_by: &["flower"],
        loaders: &["celery/bin/", "celery/app/utils.py", "celery/utils/imports.py", "kombu/utils/imports.py"],
        ..worker("celery")
    },
    Server { loaders: &["arq/utils.py"], ..worker("arq") },
    Server { loaders: &["dramatiq/cli.py"], ..worker("dramatiq") },
    worker("faust"),
    Server { package: "huey", loaders: &["huey/utils.py", "huey/bin/"], ..worker("huey_consumer") },
    Server { serves_by: &["server"], ..worker("prefect") },
    Server { serves_by: &["run", "x"], ..worker("rasa") },
    Server { loaders: &["rq/cli/helpers.py"], ..worker("rq") },
    Server { loaders: &["saq/worker.py"], ..worker("saq") },
    Server { loaders: &["taskiq/cli/utils.py"], ..worker("taskiq") },
];

/// A program that serves a file of the project's, named behind a word of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Runner {
    /// As start commands name it.
    pub program: &'static str,
    /// The word before the file; empty where there is none.
    pub verb: &'static str,
    /// When the file runs.
    pub runs: Runs,
}

/// When the file that a program serves is run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Runs {
    /// As the program starts.
    AtStart,
    /// For each GET of the page. The server answers it with 200 whatever becomes of that, and prints one of these words where it failed.
    ForPage(&'static [&'static str]),
    /// For each session of a visitor, over a WebSocket of the page.
    ForSession(&'static Session),
    /// For each visitor, in a way that only a browser knows.
    ForBrowser,
}

/// How a visitor's session is begun, and how it ends.
#[derive(Debug, PartialEq, Eq)]
pub struct Session {
    /// The WebSocket's path.
    pub path: &'static str,
    /// The message that wants the file run.
    pub asks: &'static [u8],
    /// The number of the field, in the server's Protocol Buffers, that says that the file has run.
    pub done: u64,
    /// What the server prints where the file failed.
    pub complains: &'static [&'static str],
}

/// Streamlit 1.12 to 1.67: a `BackMsg` with an empty `rerun_script`, and `script_finished` of a `ForwardMsg`.
/// Source: <https://github.com/streamlit/streamlit/tree/develop/proto/streamlit/proto>.
static STREAMLIT: Session = Session {
    path: "/_stcore/stream",
    asks: &[0x5a, 0x00],
    done: 6,
    complains: &["Uncaught app execution", "Uncaught app exception"],
};

/// Bokeh 3.9, and Panel 1.9 above it.
/// Source: <https://github.com/bokeh/bokeh/blob/branch-3.9/src/bokeh/application/handlers/code_runner.py>.
const BOKEH: Runs = Runs::ForPage(&["Error running application handler"]);

impl Runner {
    /// Whether the file runs only for a visitor.
    pub fn is_for_visitors(&self) -> bool {
        self.runs != Runs::AtStart
    }
}

const fn runner(program: &'static str, verb: &'static str) -> Runner {
    Runner { program, verb, runs: Runs::AtStart }
}

/// Every one that is known.
/// Source: <https://docs.streamlit.io/develop/concepts/architecture/run-your-app>, <https://panel.holoviz.org/how_to/server/index.html>.
pub const RUNNERS: &[Runner] = &[
    Runner { runs: Runs::ForSession(&STREAMLIT), ..runner("streamlit", "run") },
    Runner { runs: BOKEH, ..runner("panel", "serve") },
    Runner { runs: BOKEH, ..runner("bokeh", "serve") },
    Runner { runs: Runs::ForBrowser, ..runner("marimo", "run") },
    runner("chainlit", "run"),
    runner("fastapi", "run"),
    runner("fastapi", "dev"),
    runner("solara", "run"),
    runner("shiny", "run"),
    runner("mesop", ""),
    runner("robyn", ""),
];

/// The program of a start command that runs its file for a visitor alone.
pub fn visited(start: &str) -> Option<&'static Runner> {
    let words: Vec<&str> = start.split([' ', '\t', '/', ';', '&', '|', '(', ')', '"', '\'']).collect();
    let runs = |runner: &&Runner| words.windows(2).any(|pair| pair == [runner.program, runner.verb]);
    RUNNERS.iter().filter(|runner| runner.is_for_visitors()).find(runs)
}

/// A program that its package brings under another name since some release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Renamed {
    /// As start commands name it.
    pub program: &'static str,
    /// Its name now.
    pub now: &'static str,
    /// The distribution.
    pub package: &'static str,
    /// The first release without the old name.
    pub first: [u64; 2],
    /// The minor version of the oldest Python 3 that this release names.
    pub python: u32,
}

/// Every one that is known. Source: what the wheels of 2.6.0 and 3.0.0 install.
const RENAMED: &[Renamed] =
    &[Renamed { program: "huey_consumer.py", now: "huey_consumer", package: "huey", first: [3, 0], python: 0 }];

/// The program's name now, where it has another one.
///
/// ```
/// assert_eq!(shakedown::catalog::servers::renamed("huey_consumer.py").unwrap().now, "huey_consumer");
/// ```
pub fn renamed(program: &str) -> Option<&'static Renamed> {
    RENAMED.iter().find(|renamed| renamed.program == program)
}

/// The programs that listen, or those that do not.
pub fn programs(listening: bool) -> impl Iterator<Item = &'static str> {
    SERVERS.iter().filter(move |server| server.listens == listening).map(|server| server.program)
}

/// Whether words of a command run a program that takes its work from a queue, and have it serve in its place.
///
/// ```
/// use shakedown::catalog::servers::serves_besides;
/// assert!(serves_besides(&["prefect", "server", "start"]) && !serves_besides(&["prefect", "worker", "start"]));
/// ```
pub fn serves_besides(words: &[&str]) -> bool {
    let has = |word: &&str| words.contains(word);
    SERVERS.iter().any(|server| has(&server.program) && server.serves_by.iter().any(&has))
}

/// Whether a command runs a program that takes its work from a queue.
///
/// ```
/// use shakedown::catalog::servers::is_worker;
/// assert!(is_worker("exec celery -A shop worker") && is_worker("/opt/venv/bin/rq worker"));
/// assert!(!is_worker("gunicorn celery:app") && !is_worker("celery -A shop flower"));
/// ```
pub fn is_worker(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().map(|word| word.rsplit('/').next().unwrap_or(word)).collect();
    words.iter().any(|word| programs(false).any(|program| program == *word)) && !serves_besides(&words)
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
    fn servers_that_run_a_page_for_its_visitor_are_known_by_their_words() {
        let named = |start| visited(start).map(|runner| runner.program);
        for start in
            ["streamlit run app.py", "cd web && /opt/venv/bin/streamlit run app.py", "python -m streamlit run app.py"]
        {
            assert_eq!(named(start), Some("streamlit"), "{start}");
        }
        assert_eq!(named("exec panel serve main.py --port $PORT"), Some("panel"));
        for start in ["python main.py", "streamlit hello", "chainlit run app.py", "gunicorn app:app"] {
            assert_eq!(named(start), None, "{start}");
        }
    }

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
