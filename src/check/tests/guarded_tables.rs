use super::{fires, silent};

const ID: &str = "tables-behind-guard";
const LIST: (&str, &str) = ("requirements.txt", "flask-sqlalchemy\ngunicorn\n");
const SERVED: (&str, &str) = ("Procfile", "web: gunicorn main:app\n");
const HEAD: &str =
    "from flask import Flask\nfrom flask_sqlalchemy import SQLAlchemy\napp = Flask(__name__)\ndb = SQLAlchemy(app)\n";

#[test]
fn a_server_passes_the_guard_by() {
    let guarded = format!(
        "{HEAD}if __name__ == '__main__':\n    with app.app_context():\n        db.create_all()\n    app.run()\n"
    );
    fires(ID, "main.py:7", &[LIST, SERVED, ("main.py", &guarded)]);
    let by_function =
        format!("{HEAD}def init():\n    db.create_all()\nif __name__ == '__main__':\n    init()\n    app.run()\n");
    fires(ID, "main.py:8", &[LIST, SERVED, ("main.py", &by_function)]);
    // Python runs the file itself.
    for start in ["web: python main.py\n", "web: python -m main\n", "web: streamlit run main.py\n"] {
        silent(ID, &[LIST, ("Procfile", start), ("main.py", &guarded)]);
    }
}

#[test]
fn tables_that_are_made_otherwise() {
    let margin =
        format!("{HEAD}with app.app_context():\n    db.create_all()\nif __name__ == '__main__':\n    app.run()\n");
    silent(ID, &[LIST, SERVED, ("main.py", &margin)]);
    let both = format!("{margin}    db.create_all()\n");
    silent(ID, &[LIST, SERVED, ("main.py", &both)]);
    let told = format!(
        "{HEAD}@app.before_request\ndef init():\n    db.create_all()\nif __name__ == '__main__':\n    app.run()\n"
    );
    silent(ID, &[LIST, SERVED, ("main.py", &told)]);
    let guarded = format!("{HEAD}if __name__ == '__main__':\n    db.create_all()\n");
    silent(ID, &[LIST, SERVED, ("main.py", &guarded), ("tides.db", "x")]);
    silent(ID, &[LIST, SERVED, ("main.py", &guarded), ("alembic.ini", "[alembic]\n")]);
    silent(ID, &[LIST, SERVED, ("main.py", HEAD)]);
}
