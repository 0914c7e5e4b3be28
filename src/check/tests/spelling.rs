use super::{fires, silent};

#[test]
fn a_module_in_another_case() {
    let found = fires(
        "missing-local-module",
        "main.py:1",
        &[("main.py", "from Utils.Tides import table\n"), ("utils/tides.py", "table = 1\n")],
    );
    assert_eq!(found.fixes[0].summary, "import utils.tides");
    let found = fires("missing-local-module", "main.py:1", &[("main.py", "import Config\n"), ("config.py", "")]);
    assert!(found.fixes.is_empty(), "the name is used below");
    silent("missing-local-module", &[("main.py", "import utils.tides\n"), ("utils/tides.py", "")]);
    silent("missing-local-module", &[("main.py", "import json, flask\n"), ("JSON/words.txt", "")]);
    silent("missing-local-module", &[("main.py", "from app.routes import Tides\n"), ("app/routes.py", "Tides = 1\n")]);
}

#[test]
fn a_file_in_another_case() {
    let words = ("data/words.json", "{}");
    let found = fires("missing-data-file", "main.py:1", &[("main.py", "w = open('Data/words.json')\n"), words]);
    assert_eq!(found.fixes[0].summary, "open data/words.json");
    let page = ("templates/index.html", "");
    let main = "from flask import Flask, render_template\n\ndef page():\n    return render_template('Index.html')\n";
    fires("missing-data-file", "main.py:4", &[("main.py", main), page]);
    for listed in ["os.listdir('./Data')", "os.walk('Data/')", "[f for f in Path('Data').glob('*.json')]"] {
        let found = fires("missing-data-file", "main.py:1", &[("main.py", &format!("w = {listed}\n")), words]);
        assert_eq!(found.fixes[0].summary, "open data");
    }
    for made in ["open('Data/words.json', 'w')", "open('Data/words.json', mode='a')", "Path('Data').mkdir()"] {
        silent("missing-data-file", &[("main.py", &format!("w = {made}\n")), words]);
    }
    silent("missing-data-file", &[("main.py", "w = open('data/words.json')\n"), words]);
    silent("missing-data-file", &[("main.py", "w = open('data/more.json')\n"), words]);
}
