use super::{fires, silent};
use crate::finding::Severity;

const ALL: (&str, &str) = ("requirements.txt", "celery==5.4.0\nrequests==2.32.3\n");

#[test]
fn a_file_with_the_name_of_a_module_of_the_standard_library() {
    let found = fires("module-shadowed", "email.py", &[ALL, ("main.py", "import requests\n"), ("email.py", "")]);
    assert!(found.message.contains("standard library's email"), "{found:#?}");
    fires("module-shadowed", "random/__init__.py", &[("main.py", "print(1)\n"), ("random/__init__.py", "")]);
    let start = ("Procfile", "web: uvicorn app:app --app-dir src\n");
    fires("module-shadowed", "src/logging.py", &[ALL, start, ("src/app.py", "import json\n"), ("src/logging.py", "")]);
}

#[test]
fn a_file_with_the_name_of_the_package_that_it_imports() {
    let start = ("Procfile", "worker: celery -A celery worker\n");
    let found = fires("module-shadowed", "celery.py", &[ALL, start, ("celery.py", "from celery import Celery\n")]);
    assert_eq!(found.severity, Severity::Error);
}

#[test]
fn a_name_that_nothing_else_takes() {
    // Below the folder of the start, the module has another name.
    silent(
        "module-shadowed",
        &[ALL, ("main.py", "import shop.celery\n"), ("shop/celery.py", "from celery import Celery\n")],
    );
    silent("module-shadowed", &[("main.py", "import shop.email\n"), ("shop/email.py", "")]);
    // Python has loaded these before it looks at the folder.
    silent("module-shadowed", &[("main.py", "import time\n"), ("time.py", ""), ("os.py", ""), ("test.py", "")]);
    // A folder without __init__.py comes last.
    silent("module-shadowed", &[("main.py", "import json\n"), ("json/words.json", "{}")]);
}
