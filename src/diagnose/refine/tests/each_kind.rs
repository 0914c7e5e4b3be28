//! Kinds of failure that once were told as nothing, as another, or with a second cause beside them.

use super::words;
use crate::diagnose::{Case, diagnose};
use crate::log::Log;

#[test]
fn each_cause_has_words_of_its_own() {
    for (log, expected) in [
        // A worker that is killed again and again, though the log goes on with the next one.
        (
            "[INFO] Booting worker with pid: 7\n[ERROR] Worker (pid:7) was sent SIGKILL! Perhaps out of memory?\n[INFO] Booting worker with pid: 9\n",
            "killed for want of memory",
        ),
        (
            "RuntimeError: Your system has an unsupported version of sqlite3. The store requires sqlite3 >= 3.35.0.\n",
            "the interpreter's SQLite is older",
        ),
        (
            "django.core.exceptions.ImproperlyConfigured: SQLite 3.31 or later is required (found 3.26.0).\n",
            "the interpreter's SQLite is older",
        ),
        (
            "prisma.engine.errors.BinaryNotFoundError: Expected /app/query-engine, /root/.cache/query-engine but neither were found.\n",
            "the query engine of Prisma",
        ),
        ("RuntimeError:\n\nKaleido requires Google Chrome to be installed.\n", "Kaleido draws with Chrome"),
        ("PermissionError: [Errno 13] Permission denied: ('0.0.0.0', 80)\n", "`0.0.0.0:80` may be opened by root only"),
        ("ValueError: No support for ''. We support: postgres, postgresql, sqlite\n", "the database URL is empty"),
        ("error: berth39 has been removed since it reached end of life\n", "nixpkgs has no `berth39`"),
        (
            "Running command git checkout -q v9.9\nerror: pathspec 'v9.9' did not match any file(s) known to git\n",
            "no branch, tag or commit `v9.9`",
        ),
        (
            "Forbidden (Origin checking failed - https://quay.example does not match any trusted origins.): /login/\n",
            "CSRF_TRUSTED_ORIGINS does not have `https://quay.example`",
        ),
        (
            "  File \"/app/main.py\", line 4, in <module>\n    app = Flask(__name__)\ndecouple.UndefinedValueError: SECRET_KEY not found. Declare it as envvar or define a default value.\n",
            "`SECRET_KEY` is not set",
        ),
        (
            "  File \"/app/quay/settings.py\", line 3, in <module>\n  File \"/app/manage.py\", line 9, in main\ndecouple.UndefinedValueError: SECRET_KEY not found. Declare it as envvar or define a default value.\n",
            "Django's SECRET_KEY",
        ),
    ] {
        let words = words(log);
        assert!(words.contains(expected), "{expected}: {words}");
    }
}

/// What a cause explains is not told beside it.
#[test]
fn one_line_is_one_cause() {
    for log in [
        "psycopg2.OperationalError: could not translate host name \"db.internal\" to address: Name or service not known\n",
        "Error: Invalid value for '--server.port' (env var: 'STREAMLIT_SERVER_PORT'): '$PORT' is not a valid integer.\n",
        "error: Git operation failed\n  Caused by: failed to clone into: /root/.cache/uv/git-v0/db/abc\n  Caused by: Git executable not found. Ensure that Git is installed and available.\n",
        "sqlite3.OperationalError: attempt to write a readonly database\n",
    ] {
        let found = diagnose(&Case::of_log(&Log::from(log)));
        assert_eq!(found.len(), 1, "{found:#?}");
    }
}

#[test]
fn two_glibcs_are_no_missing_library() {
    let words = words(
        "apt-get: /nix/store/x-glibc-2.37/lib/libc.so.6: version `GLIBC_2.38' not found (required by /usr/lib/libapt-pkg.so.6.0)\n",
    );
    assert!(words.contains("GLIBC_2.38") && !words.contains("nixLibs"), "{words}");
}
