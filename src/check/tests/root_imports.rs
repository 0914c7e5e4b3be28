use super::{fires, silent};

const ID: &str = "missing-local-module";
const LIST: (&str, &str) = ("requirements.txt", "");
const TIDES: (&str, &str) = ("harbour/tides.py", "HIGH = 4\n");
const MAIN: (&str, &str) = ("src/main.py", "import os\nfrom harbour.tides import HIGH\n");
const START: (&str, &str) = ("Procfile", "web: python src/main.py\n");

#[test]
fn a_script_of_a_folder_that_imports_from_the_root() {
    let found = fires(ID, "src/main.py:2", &[LIST, TIDES, MAIN, START]);
    assert_eq!(found.subject.as_deref(), Some("harbour"));
    assert_eq!(found.fixes[0].summary, "start it with `python -m src.main`");
    // Its own package is such a one, too.
    let own = ("harbour/main.py", "from harbour.tides import HIGH\n");
    fires(ID, "harbour/main.py:1", &[LIST, TIDES, own, ("Procfile", "web: python harbour/main.py\n")]);
    // As a module it would not find what lies beside it.
    let both = ("src/main.py", "import berths\nimport harbour.tides\n");
    let found = fires(ID, "src/main.py:2", &[LIST, TIDES, both, ("src/berths.py", "X = 1\n"), START]);
    assert_eq!(found.fixes[0].summary, "set PYTHONPATH to the root in the start command");
}

#[test]
fn a_root_that_is_looked_in() {
    let as_module = ("Procfile", "web: python -m src.main\n");
    silent(ID, &[LIST, TIDES, MAIN, as_module]);
    let installed = ("requirements.txt", "-e .\n");
    silent(ID, &[installed, TIDES, MAIN, START]);
    let by_hand = ("src/main.py", "import sys\nsys.path.append('.')\nfrom harbour.tides import HIGH\n");
    silent(ID, &[LIST, TIDES, by_hand, START]);
    let beside = ("src/harbour/tides.py", "HIGH = 4\n");
    silent(ID, &[LIST, TIDES, beside, MAIN, START]);
    let variable = ("nixpacks.toml", "[variables]\nPYTHONPATH = '/app'\n");
    silent(ID, &[LIST, TIDES, MAIN, START, variable]);
}
