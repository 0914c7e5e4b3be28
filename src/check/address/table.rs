//! The calls that make a server listen, and how each is told its address.

/// How a call is told where to listen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address {
    /// The keyword for the host.
    pub(super) host: &'static str,
    /// The keyword for the port.
    pub(super) port: &'static str,
    /// The place of the host among the arguments, from 0; none where it has a keyword only.
    pub(super) at: Option<usize>,
    /// The place of the port, where it does not come after the host.
    pub(super) port_at: Option<usize>,
    /// Whether its first argument holds both, `(host, port)`.
    pub(super) is_pair: bool,
    /// Whether the port has to be a number, and no text of one.
    pub(super) wants_number: bool,
    /// Whether it is the loopback where nothing is said.
    pub(super) is_hidden: bool,
    /// The port where nothing is said; empty where that is PORT.
    pub(super) default_port: &'static str,
    /// The variables that say the host and the port as well, or empty.
    pub(super) variables: [&'static str; 2],
    /// Texts of which its arguments hold one where it listens at all; empty where it always does.
    pub(super) over: &'static [&'static str],
}

pub(super) const LOOPBACK: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

/// A function that serves.
pub(super) struct Function {
    pub(super) call: &'static str,
    /// What the file holds where this function is meant.
    pub(super) sign: &'static str,
    pub(super) address: Address,
}

/// A class whose objects serve.
pub(super) struct Class {
    pub(super) name: &'static str,
    pub(super) methods: &'static [&'static str],
    pub(super) address: Address,
    /// What the file that makes it holds where this class is meant; empty where the name says enough.
    pub(super) sign: &'static str,
}

const fn class(name: &'static str, methods: &'static [&'static str], address: Address) -> Class {
    Class { name, methods, address, sign: "" }
}

const BY_KEYWORD: Address = Address {
    host: "host",
    port: "port",
    at: None,
    port_at: None,
    is_pair: false,
    wants_number: false,
    is_hidden: true,
    default_port: "",
    variables: ["", ""],
    over: &[],
};
const FIRST: Address = Address { at: Some(0), ..BY_KEYWORD };
const BOTTLE: Address = Address { at: Some(2), default_port: "8080", ..BY_KEYWORD };
const SHINY: Address = Address { at: Some(1), default_port: "8000", ..BY_KEYWORD };
const UVICORN: Address = Address { default_port: "8000", ..BY_KEYWORD };
const WAITRESS: Address = Address { is_hidden: false, default_port: "8080", ..BY_KEYWORD };
const AIOHTTP: Address = Address { is_hidden: false, default_port: "8080", ..BY_KEYWORD };
const NICEGUI: Address = Address { is_hidden: false, default_port: "8080", ..BY_KEYWORD };
const SOCKETIO: Address = Address { at: Some(1), default_port: "5000", wants_number: true, ..BY_KEYWORD };

/// Gradio's `launch`. It takes the first free port from 7860 on, and never asks PORT.
const GRADIO: Address = Address {
    host: "server_name",
    port: "server_port",
    default_port: "7860",
    variables: ["GRADIO_SERVER_NAME", "GRADIO_SERVER_PORT"],
    ..BY_KEYWORD
};
/// Granian 2.7: its class takes the app first, and reads no variable (its command does).
const GRANIAN: Address = Address { host: "address", at: Some(1), default_port: "8000", ..BY_KEYWORD };
const FLASK: Address = Address { default_port: "5000", ..FIRST };

/// Ways of the Model Context Protocol that need a server.
const OVER_HTTP: &[&str] = &["http", "streamable-http", "sse"];
/// fastmcp 4.2, by its settings.
const FASTMCP: Address =
    Address { default_port: "8000", variables: ["FASTMCP_HOST", "FASTMCP_PORT"], over: OVER_HTTP, ..BY_KEYWORD };
/// Taipy 4.1.
const TAIPY: Address = Address { default_port: "5000", ..BY_KEYWORD };

/// Where python-telegram-bot 13 and 21 wait for Telegram: on the loopback, unless told otherwise.
const TELEGRAM: Address = Address { host: "listen", default_port: "80", ..BY_KEYWORD };

/// Tornado 6.5: `listen` and `bind` take the port first, and every address where none is given.
const TORNADO: Address = Address { host: "address", at: Some(1), port_at: Some(0), is_hidden: false, ..BY_KEYWORD };
/// `make_server` of wsgiref and Werkzeug 3.1: host, port and app.
const WSGIREF: Address = Address { is_hidden: false, ..FIRST };

/// websockets 15 and asyncio: every address where none is given.
const AFTER_HANDLER: Address = Address { at: Some(1), is_hidden: false, ..BY_KEYWORD };

/// aiohttp's runner comes first.
const SITE: Address = Address { at: Some(1), is_hidden: false, ..BY_KEYWORD };

/// The servers of the standard library and of gevent 25, and eventlet's socket. Where the first argument is no pair (Tornado's HTTPServer), they are none of these.
pub(super) const PAIRS: &[&str] = &[
    "HTTPServer(",
    "TCPServer(",
    "ThreadingHTTPServer(",
    "ThreadingTCPServer(",
    "SimpleXMLRPCServer(",
    "WSGIServer(",
    "StreamServer(",
    "eventlet.listen(",
];
pub(super) const PAIR: Address = Address { is_pair: true, is_hidden: false, ..FIRST };

/// A method that serves, whatever the object is called.
pub(super) struct Method {
    pub(super) call: &'static str,
    /// What the file holds where this method is meant.
    pub(super) sign: &'static str,
    /// What the very line makes where this method is meant; empty where the sign says enough.
    pub(super) made: &'static str,
    pub(super) address: Address,
}

const fn method(call: &'static str, sign: &'static str, address: Address) -> Method {
    Method { call, sign, made: "", address }
}

pub(super) const METHODS: &[Method] = &[
    method(".launch(", "import gradio", GRADIO),
    method(".run_http_async(", "fastmcp", Address { over: &[], ..FASTMCP }),
    method(".run_webhook(", "telegram", TELEGRAM),
    method(".start_webhook(", "from telegram", TELEGRAM),
    method(".start_webhook(", "from aiogram", AIOHTTP),
    method(".listen(", "tornado", TORNADO),
    method(".bind(", "tornado.httpserver", TORNADO),
    method("make_server(", "wsgiref", WSGIREF),
    method("make_server(", "werkzeug.serving", WSGIREF),
    Method { made: "Gui(", ..method(").run(", "from taipy", TAIPY) },
];

/// By bottle 0.13, shiny 1.8, waitress 3.0, aiohttp 3.14, nicegui 3.18, uvicorn 0.54 and Flask-SocketIO 5.7.
pub(super) const FUNCTIONS: &[Function] = &[
    Function { call: "uvicorn.run(", sign: "uvicorn", address: UVICORN },
    Function { call: "uvicorn.Config(", sign: "uvicorn", address: UVICORN },
    Function { call: "Config(", sign: "from uvicorn import Config", address: UVICORN },
    Function { call: "Granian(", sign: "from granian", address: GRANIAN },
    Function { call: "granian.Granian(", sign: "import granian", address: GRANIAN },
    Function { call: "web.TCPSite(", sign: "aiohttp", address: SITE },
    Function { call: "TCPSite(", sign: "from aiohttp.web import", address: SITE },
    Function { call: "socketio.run(", sign: "socketio", address: SOCKETIO },
    Function { call: "run(", sign: "from bottle import", address: BOTTLE },
    Function { call: "bottle.run(", sign: "import bottle", address: BOTTLE },
    Function { call: "run_app(", sign: "from shiny import", address: SHINY },
    Function { call: "shiny.run_app(", sign: "import shiny", address: SHINY },
    Function { call: "serve(", sign: "from waitress import", address: WAITRESS },
    Function { call: "waitress.serve(", sign: "import waitress", address: WAITRESS },
    Function { call: "web.run_app(", sign: "aiohttp", address: AIOHTTP },
    Function { call: "run_app(", sign: "from aiohttp.web import", address: AIOHTTP },
    Function { call: "ui.run(", sign: "nicegui", address: NICEGUI },
    Function { call: "websockets.serve(", sign: "websockets", address: AFTER_HANDLER },
    Function { call: "serve(", sign: "from websockets", address: AFTER_HANDLER },
    Function { call: "asyncio.start_server(", sign: "import asyncio", address: AFTER_HANDLER },
];

/// By Flask 3.1, Dash 4.4, which reads HOST and PORT, Quart 0.22, Robyn 0.88, Microdot 2.7, Sanic 25.12, bottle 0.13, fastmcp 4.2 and Taipy 4.1.
pub(super) const CLASSES: &[Class] = &[
    class("Flask", &[".run("], Address { wants_number: true, ..FLASK }),
    class("Dash", &[".run(", ".run_server("], Address { variables: ["HOST", "PORT"], ..FIRST }),
    class("Quart", &[".run("], FLASK),
    class("Robyn", &[".start("], Address { default_port: "8080", variables: ["ROBYN_HOST", "ROBYN_PORT"], ..FIRST }),
    class("Microdot", &[".run("], Address { is_hidden: false, default_port: "5000", ..FIRST }),
    class("Sanic", &[".run("], Address { default_port: "8000", ..FIRST }),
    class("Bottle", &[".run("], Address { default_port: "8080", ..BY_KEYWORD }),
    Class { sign: "from fastmcp", ..class("FastMCP", &[".run(", ".run_async("], FASTMCP) },
    // mcp 2.3.
    class("MCPServer", &[".run("], Address { default_port: "8000", over: OVER_HTTP, ..BY_KEYWORD }),
    Class { sign: "taipy", ..class("Gui", &[".run("], TAIPY) },
];

/// Arguments by which a call listens on something else than its default port: a socket, TLS, a window of its own.
pub(super) const ELSEWHERE: &[&str] = &[
    "uds",
    "fd",
    "sock",
    "sockets",
    "path",
    "unix",
    "unix_socket",
    "listen",
    "native",
    "ssl",
    "ssl_context",
    "auto_tls",
    "version",
];
