//! Releases that do not fit each other.

use super::{fires, silent};

const ID: &str = "dependency-version-incompatible";
const MAIN: &str = "from flask import Flask\nfrom passlib.context import CryptContext\n\napp = Flask(__name__)\nhashes = CryptContext(schemes=[\"bcrypt\"])\n";

#[test]
fn passlib_wants_bcrypt_before_5() {
    for list in ["flask\npasslib[bcrypt]\n", "flask\npasslib==1.7.4\nbcrypt\n", "flask\npasslib\nbcrypt==5.0.0\n"] {
        let found = fires(ID, "main.py:5", &[("main.py", MAIN), ("requirements.txt", list)]);
        assert_eq!(found.fixes[0].summary, "require bcrypt<5");
    }
    for list in
        ["flask\npasslib[bcrypt]\nbcrypt==4.0.1\n", "flask\npasslib\nbcrypt<5\n", "flask\npasslib\n", "flask\nbcrypt\n"]
    {
        silent(ID, &[("main.py", MAIN), ("requirements.txt", list)]);
    }
    let other = MAIN.replace("\"bcrypt\"", "\"argon2\"");
    silent(ID, &[("main.py", &other), ("requirements.txt", "flask\npasslib[bcrypt]\n")]);
}

/// `app.add_event_handler` was Starlette's, which dropped it with 1.0.0; the router of FastAPI 0.165 keeps it.
#[test]
fn fastapi_lost_its_event_handlers() {
    let app =
        "from fastapi import FastAPI\n\ndef fill(): ...\n\napp = FastAPI()\napp.add_event_handler('startup', fill)\n";
    for list in ["fastapi\nuvicorn\n", "fastapi==0.160.0\nuvicorn\n", "fastapi==0.135.0\nstarlette==1.0.0\nuvicorn\n"] {
        let found = fires(ID, "main.py:6", &[("main.py", app), ("requirements.txt", list)]);
        assert_eq!(found.fixes[0].summary, "add the handlers to the app's router");
    }
    for list in ["fastapi==0.132.0\nuvicorn\n", "fastapi==0.135.0\nstarlette==0.52.1\nuvicorn\n"] {
        silent(ID, &[("main.py", app), ("requirements.txt", list)]);
    }
    for other in [
        "app.on_event('startup')(fill)",
        "app.router.add_event_handler('startup', fill)",
        "app.add_event_handler(fill, 'startup')",
    ] {
        let kept = app.replace("app.add_event_handler('startup', fill)", other);
        silent(ID, &[("main.py", &kept), ("requirements.txt", "fastapi\nuvicorn\n")]);
    }
}
