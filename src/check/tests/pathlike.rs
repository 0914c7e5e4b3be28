//! Targets that are written as paths.

use super::{fires, silent};

const ID: &str = "wrong-start-module";
const APP: &str = "from fastapi import FastAPI\n\napp = FastAPI()\n";
const PIP: (&str, &str) = ("requirements.txt", "fastapi==0.115.6\nuvicorn==0.34.0\ngunicorn==23.0.0\n");

#[test]
fn a_server_takes_a_module_and_no_path() {
    for target in ["src/main:app", "./src/main:app", "src/main.py:app"] {
        for program in ["uvicorn", "gunicorn -k uvicorn.workers.UvicornWorker"] {
            let procfile = format!("web: {program} {target}\n");
            let found = fires(ID, "Procfile:1", &[("src/main.py", APP), PIP, ("Procfile", &procfile)]);
            assert_eq!(found.fixes[0].summary, "start src.main:app", "{procfile}");
        }
    }
    let found = fires(ID, "Procfile:1", &[("main.py", APP), PIP, ("Procfile", "web: uvicorn main.py:app\n")]);
    assert_eq!(found.fixes[0].summary, "start main:app");
    for start in
        ["uvicorn src.main:app", "uvicorn main:app --app-dir src", "uvicorn src.main:app --log-config conf/log.ini"]
    {
        let procfile = format!("web: {start}\n");
        silent(ID, &[("src/main.py", APP), PIP, ("Procfile", &procfile)]);
    }
}
