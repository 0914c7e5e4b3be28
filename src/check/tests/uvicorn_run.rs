use super::{fires, fires_with, silent, silent_with};

const ID: &str = "uvicorn-wants-import-string";
const ALL: (&str, &str) = ("requirements.txt", "uvicorn==0.54.0\nfastapi==0.165.0\n");

fn main(run: &str) -> String {
    format!("import uvicorn\nfrom fastapi import FastAPI\napp = FastAPI()\nif __name__ == '__main__':\n    {run}\n")
}

/// `Config` takes the variable for `workers`, and `run` ends with 3 where the app is no text: uvicorn/config.py and uvicorn/main.py of 0.54.0.
#[test]
fn several_processes_want_the_apps_name() {
    let plain = main("uvicorn.run(app, host='0.0.0.0', port=8000)");
    fires_with(ID, "main.py:5", &[ALL, ("main.py", &plain)], &["WEB_CONCURRENCY=2"]);
    silent(ID, &[ALL, ("main.py", &plain)]);
    silent_with(ID, &[ALL, ("main.py", &plain)], &["WEB_CONCURRENCY=1"]);
    fires(ID, "main.py:5", &[ALL, ("main.py", &main("uvicorn.run(app, workers=4)"))]);
    let made = main("uvicorn.run(make(), reload=True)").replace("app = FastAPI()", "from harbour import make");
    fires(ID, "main.py:5", &[ALL, ("harbour.py", "make = None\n"), ("main.py", &made)]);
}

#[test]
fn a_text_and_a_number_of_ones_own_are_let_be() {
    for run in [
        "uvicorn.run('main:app')",
        "uvicorn.run(app, workers=1)",
        "uvicorn.run(app, **options)",
        "uvicorn.run(app, workers=n)",
    ] {
        silent_with(ID, &[ALL, ("main.py", &main(run))], &["WEB_CONCURRENCY=2"]);
    }
    let named = main("uvicorn.run(NAME)").replace("import uvicorn\n", "import uvicorn\nNAME = 'main:app'\n");
    silent_with(ID, &[ALL, ("main.py", &named)], &["WEB_CONCURRENCY=2"]);
    // What a function is told may be a text, and so may a constant of another module.
    let told = "import uvicorn\ndef serve(where):\n    uvicorn.run(where, workers=4)\nserve('main:app')\n";
    silent(ID, &[ALL, ("main.py", told)]);
    let constant = "import uvicorn\nfrom harbour import WHERE\nuvicorn.run(WHERE, workers=4)\n";
    silent(ID, &[ALL, ("harbour.py", "WHERE = 'main:app'\n"), ("main.py", constant)]);
}

/// `ui.run` makes uvicorn's Config of its own app and ends where that has workers: nicegui/ui_run.py of 3.18.0.
#[test]
fn nicegui_has_one_process() {
    let needs = ("requirements.txt", "nicegui==3.18.0\n");
    let page = |run: &str| format!("from nicegui import ui\nui.label('Tides')\n{run}\n");
    let plain = page("ui.run(host='0.0.0.0', port=8080, reload=False)");
    fires_with(ID, "main.py:3", &[needs, ("main.py", &plain)], &["WEB_CONCURRENCY=2"]);
    silent(ID, &[needs, ("main.py", &plain)]);
    for run in ["ui.run(reload=False, workers=1)", "ui.run()", "ui.run(reload=False, **options)"] {
        silent_with(ID, &[needs, ("main.py", &page(run))], &["WEB_CONCURRENCY=2"]);
    }
}
