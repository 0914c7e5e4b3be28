use super::{fires, silent};

const LIST: (&str, &str) = ("requirements.txt", "fastapi\nuvicorn\ncelery\n");
const PRICES: (&str, &str) = ("src/shop/prices.py", "P = {}\n");
const INIT: (&str, &str) = ("src/shop/__init__.py", "");
const MAIN: (&str, &str) = ("src/shop/main.py", "from shop.prices import P\napp = P\n");

fn edited(found: &crate::finding::Diagnosis) -> String {
    format!("{:?}", found.fixes[0].edits)
}

#[test]
fn a_module_that_is_started_by_its_whole_path_and_imports_by_a_part_of_it() {
    let web = ("Procfile", "web: uvicorn src.shop.main:app --host 0.0.0.0 --port $PORT\n");
    let found = fires("missing-local-module", "src/shop/main.py:1", &[LIST, INIT, PRICES, MAIN, web]);
    assert!(edited(&found).contains("uvicorn shop.main:app --host 0.0.0.0 --port $PORT --app-dir src"), "{found:#?}");
    let gunicorn = ("Procfile", "web: gunicorn backend.app:app\n");
    let app = ("backend/app.py", "import config\nfrom backend import other\n\napp = config\n");
    let config = ("backend/config.py", "X = 1\n");
    let found =
        fires("missing-local-module", "backend/app.py:1", &[LIST, app, config, ("backend/other.py", ""), gunicorn]);
    // Another import goes by the whole path.
    assert!(edited(&found).contains("env PYTHONPATH=backend gunicorn backend.app:app"), "{found:#?}");
}

#[test]
fn a_path_that_is_known_and_names_that_others_bring() {
    let web = ("Procfile", "web: uvicorn src.shop.main:app --host 0.0.0.0 --port $PORT\n");
    silent("missing-local-module", &[("requirements.txt", "-e .\n"), INIT, PRICES, MAIN, web]);
    silent("missing-local-module", &[("requirements.txt", "shop\n"), INIT, PRICES, MAIN, web]);
    let inside = ("Procfile", "web: cd src && uvicorn shop.main:app --host 0.0.0.0 --port $PORT\n");
    silent("missing-local-module", &[LIST, INIT, PRICES, MAIN, inside]);
    let by_option = ("Procfile", "web: uvicorn --app-dir src shop.main:app --host 0.0.0.0 --port $PORT\n");
    silent("missing-local-module", &[LIST, INIT, PRICES, MAIN, by_option]);
    let by_hand = ("src/shop/main.py", "import sys\nsys.path.insert(0, 'src')\nfrom shop.prices import P\napp = P\n");
    silent("missing-local-module", &[LIST, INIT, PRICES, by_hand, web]);
}

#[test]
fn a_worker_whose_module_only_a_folder_has() {
    let tasks = ("src/orders/tasks.py", "app = 1\n");
    let worker = ("Procfile", "worker: celery -A orders.tasks worker\n");
    let found = fires("wrong-start-module", "Procfile:1", &[LIST, tasks, worker]);
    assert!(edited(&found).contains("env PYTHONPATH=src celery -A orders.tasks worker"), "{found:#?}");
    silent("wrong-start-module", &[LIST, tasks, ("Procfile", "worker: celery --workdir src -A orders.tasks worker\n")]);
    silent("wrong-start-module", &[LIST, tasks, ("Procfile", "worker: cd src && celery -A orders.tasks worker\n")]);
    silent("wrong-start-module", &[LIST, ("orders/tasks.py", "app = 1\n"), worker]);
}
