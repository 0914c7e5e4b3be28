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
