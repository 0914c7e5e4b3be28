use super::{fires, silent};

const NEEDS: (&str, &str) = ("requirements.txt", "fastapi==0.136.0\ndaphne==4.2.3\nuvicorn==0.54.0\n");
const DAPHNE: (&str, &str) = ("Procfile", "web: daphne -b 0.0.0.0 -p $PORT main:app\n");

#[test]
fn daphne_runs_no_start_up() {
    for (place, text) in [
        ("main.py:2", "from fastapi import FastAPI\napp = FastAPI(\n    lifespan=fill,\n)\n"),
        ("main.py:3", "from fastapi import FastAPI\napp = FastAPI()\n@app.on_event(\"startup\")\ndef fill(): pass\n"),
        ("main.py:3", "from quart import Quart\napp = Quart('tides')\n@app.before_serving\nasync def fill(): pass\n"),
    ] {
        fires("lifespan-not-run", place, &[NEEDS, DAPHNE, ("main.py", text)]);
        let uvicorn = ("Procfile", "web: uvicorn main:app --host 0.0.0.0 --port $PORT\n");
        silent("lifespan-not-run", &[NEEDS, uvicorn, ("main.py", text)]);
    }
    silent("lifespan-not-run", &[NEEDS, DAPHNE, ("main.py", "from fastapi import FastAPI\napp = FastAPI()\n")]);
}
