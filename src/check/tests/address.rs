use super::{fires, silent};
use crate::finding::Severity;

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
        ("aiohttp", "from aiohttp import web\nweb.run_app(app, host='localhost')"),
    ];
    for (package, text) in hidden {
        fires("wrong-bind-host", "main.py:2", &[("requirements.txt", package), ("main.py", text)]);
    }
    let open = [
        ("waitress", "from waitress import serve\nserve(app, port=8080)"),
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
    assert!(text.ends_with("launch(server_name=\"0.0.0.0\", server_port=int(os.environ[\"PORT\"]))\n"), "{text}");
    let finding = fires("hard-coded-port", "main.py:3", &[FLASK, ("main.py", &app("app.run('0.0.0.0', 5000)"))]);
    let crate::finding::Edit::WriteFile { text, .. } = &finding.fixes[0].edits[0] else { panic!("{finding:#?}") };
    assert!(text.ends_with("app.run('0.0.0.0', int(os.environ[\"PORT\"]))\n"), "{text}");
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
