//! What is said of services, programs, builds and files that are there and refuse.

use super::words;

#[test]
fn an_exception_is_told_by_what_its_place_shows() {
    let raised = |code: &str, inner: &str, said: &str| {
        words(&format!(
            "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    {code}\n{inner}{said}\n"
        ))
    };
    let above = raised("ROOT = Path(__file__).resolve().parents[4]", "", "IndexError: 4");
    assert!(above.contains("fewer folders above it"), "{above}");
    let pickled = raised(
        "model = pickle.load(file)",
        "",
        "AttributeError: Can't get attribute 'Tides' on <module '__main__' from '/opt/venv/bin/gunicorn'>",
    );
    assert!(pickled.contains("pickle again"), "{pickled}");
    let package =
        "  File \"/opt/venv/lib/python3.12/site-packages/quay/moor.py\", line 8, in moor\n    raise ValueError(why)\n";
    let refused = raised("quay.moor(BERTH)", package, "ValueError: name a berth first");
    assert!(refused.contains("do what the message says"), "{refused}");
    let own = raised("raise ValueError('ebb')", "", "ValueError: ebb");
    assert!(own.contains("correct the code"), "{own}");
}
#[test]
fn a_database_that_answers_and_refuses_is_told_so() {
    let refused = |said: &str| {
        words(&format!(
            "psycopg2.OperationalError: connection to server at \"quay.internal\" (10.1.2.3), port 5432 failed: {said}\n"
        ))
    };
    for (said, told) in [
        ("FATAL:  password authentication failed for user \"tide\"", "refuses the user or the password"),
        ("FATAL:  sorry, too many clients already", "no connection left"),
        ("FATAL:  database \"tides\" does not exist", "no database `tides`"),
        ("FATAL:  Tenant or user not found", "Supabase's pooler"),
    ] {
        let words = refused(said);
        assert!(words.contains(told) && !words.contains("does not answer"), "{words}");
    }
    assert!(refused("Connection refused").contains("does not answer"));
    let atlas = words(
        "pymongo.errors.ServerSelectionTimeoutError: SSL handshake failed: quay-00.x.mongodb.net:27017: [SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error (_ssl.c:1006), Timeout: 30s\n",
    );
    assert!(atlas.contains("Network Access"), "{atlas}");
    let supabase = words(
        "psycopg2.OperationalError: connection to server at \"db.quay.supabase.co\" (2a05:d018::1), port 5432 failed: Network is unreachable\n",
    );
    assert!(supabase.contains("session pooler"), "{supabase}");
    let privilege = words(
        "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    Base.metadata.create_all(engine)\npsycopg2.errors.InsufficientPrivilege: permission denied for schema public\n",
    );
    assert!(!privilege.contains("a path may not"), "{privilege}");
}

#[test]
fn apt_without_its_lists_knows_no_package() {
    let own = words(
        "#11 [stage-0 4/9] RUN apt-get install -y ffmpeg\n#11 0.412 Reading package lists...\n#11 0.430 E: Unable to locate package ffmpeg\n#11 ERROR: process \"/bin/bash -ol pipefail -c apt-get install -y ffmpeg\" did not complete successfully: exit code: 100\n",
    );
    assert!(own.contains("apt-get update"), "{own}");
    let planned = words(
        "#9 [stage-0 4/9] RUN sudo apt-get update && sudo apt-get install -y --no-install-recommends libtide1\n#9 1.2 Get:1 http://archive.ubuntu.com/ubuntu noble InRelease [256 kB]\n#9 4.430 E: Unable to locate package libtide1\n",
    );
    assert!(planned.contains("out of aptPkgs"), "{planned}");
}

#[test]
fn what_is_there_and_does_not_start_is_no_missing_program() {
    let chrome = words(
        "selenium.common.exceptions.SessionNotCreatedException: Message: session not created: Chrome failed to start: exited normally. (session not created: DevToolsActivePort file doesn't exist)\n",
    );
    assert!(chrome.contains("--no-sandbox") && !chrome.contains("nixPkgs"), "{chrome}");
    let driver = words(
        "Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\n    pyodbc.connect(DSN)\npyodbc.Error: ('01000', \"[01000] [unixODBC][Driver Manager]Can't open lib 'ODBC Driver 18 for SQL Server' : file not found (0) (SQLDriverConnect)\")\n",
    );
    assert!(driver.contains("pymssql") && !driver.contains("nixLibs"), "{driver}");
    let again =
        words("Running migrations:\n  No migrations to apply.\nCommandError: Error: That username is already taken.\n");
    assert!(again.contains("|| true"), "{again}");
}
#[test]
fn a_command_for_another_place_is_no_missing_package() {
    let process = words("/bin/bash: line 1: web:: command not found\n");
    assert!(process.contains("a line of a Procfile") && process.contains("leave `web:` out"), "{process}");
    let launcher = words("/bin/bash: line 1: py: command not found\n");
    assert!(launcher.contains("with `python`"), "{launcher}");
}

#[test]
fn a_database_that_refuses_was_reached() {
    for (log, told) in [
        (
            "asyncpg.exceptions.InvalidPasswordError: password authentication failed for user \"tides\"\n",
            "refuses the user or the password",
        ),
        (
            "pymysql.err.OperationalError: (1045, \"Access denied for user 'tides'@'10.0.0.9' (using password: YES)\")\n",
            "refuses the user or the password",
        ),
        (
            "psycopg.OperationalError: connection failed: FATAL:  sorry, too many clients already\n",
            "no connection left",
        ),
        ("psycopg2.OperationalError: FATAL:  database \"harbour\" does not exist\n", "has no database `harbour`"),
        (
            "pymongo.errors.ServerSelectionTimeoutError: ac-x.mongodb.example:27017: [SSL: TLSV1_ALERT_INTERNAL_ERROR] tlsv1 alert internal error\n",
            "Network Access",
        ),
        (
            "psycopg2.OperationalError: connection to server at \"db\" (10.0.0.4), port 5432 failed: Connection refused\n",
            "does not answer from here",
        ),
    ] {
        let words = words(log);
        assert!(words.contains(told), "{log}{words}");
    }
}

#[test]
fn a_build_of_torch_is_on_an_index_of_its_own() {
    let log = |listed: &str| {
        format!(
            "ERROR: Could not find a version that satisfies the requirement torch==2.1.0+cu118 (from versions: {listed})\nERROR: No matching distribution found for torch==2.1.0+cu118\n"
        )
    };
    assert!(words(&log("2.2.0, 2.2.1")).contains("--extra-index-url https://download.pytorch.org/whl/cu118"));
    assert!(!words(&log("2.2.0+cu118, 2.2.1+cu118")).contains("--extra-index-url"));
}

#[test]
fn a_python_that_was_compiled_without_a_header_lacks_no_library() {
    let words = words(
        "Traceback (most recent call last):\n  File \"/app/main.py\", line 1, in <module>\n    import lzma\n  File \"/usr/lib/python3.13/lzma.py\", line 27, in <module>\n    from _lzma import *\nModuleNotFoundError: No module named '_lzma'\n",
    );
    assert!(words.contains("compiled without `_lzma`") && words.contains("liblzma-dev"), "{words}");
}

#[test]
fn a_version_that_git_would_tell_can_be_given() {
    let words = words("LookupError: setuptools-scm was unable to detect version for /app.\n");
    assert!(words.contains("SETUPTOOLS_SCM_PRETEND_VERSION"), "{words}");
}

#[test]
fn a_variable_that_is_no_base64_is_named() {
    let words = words(
        "Traceback (most recent call last):\n  File \"/app/main.py\", line 12, in <module>\n    key = base64.b64decode(os.environ[\"HARBOUR_KEY\"])\n  File \"/root/.nix-profile/lib/python3.12/base64.py\", line 88, in b64decode\n    return binascii.a2b_base64(s, strict_mode=validate)\nbinascii.Error: Incorrect padding\n",
    );
    assert!(words.contains("`HARBOUR_KEY` is set to something that the code cannot read"), "{words}");
}
