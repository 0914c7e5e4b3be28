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
    let told = fires("wrong-bind-host", "main.py:4", &[FLASK, ("main.py", &app(one))]);
    assert_eq!(told.severity, Severity::Warning);
    let main = "if __name__ == '__main__':\n    app.run()";
    let told = fires("wrong-bind-host", "main.py:4", &[FLASK, ("main.py", &app(main))]);
    assert_eq!(told.severity, Severity::Error);
}

#[test]
fn gradio_hides_as_well() {
    let text = "import gradio as gr\ndemo = gr.Interface(len, 'text', 'text')\ndemo.launch()\n";
    let gradio = ("requirements.txt", "gradio==4.0.0\n");
    fires("wrong-bind-host", "main.py:3", &[gradio, ("main.py", text)]);
    silent("wrong-bind-host", &[gradio, ("main.py", &text.replace("launch()", "launch(server_name=\"0.0.0.0\")"))]);
}
