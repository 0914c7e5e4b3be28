use super::{fires, silent};

const NEEDS: (&str, &str) = ("requirements.txt", "flask==3.1.2\ngunicorn==27.0.1\n");
const APP: (&str, &str) =
    ("app.py", "from flask import Flask\n\ndef create_app(name=None):\n    return Flask(__name__)\n");
const RULE: &str = "shell-syntax-error";

fn by_procfile(command: &str) -> String {
    format!("web: {command}\n")
}

#[test]
fn a_factory_that_is_called_without_quotes_is_no_line_of_a_shell() {
    for (command, better) in [
        ("gunicorn app:create_app() --bind 0.0.0.0:$PORT", "gunicorn \"app:create_app()\" --bind 0.0.0.0:$PORT"),
        (
            "flask db upgrade && gunicorn -w 2 app:create_app('live')",
            "flask db upgrade && gunicorn -w 2 \"app:create_app('live')\"",
        ),
        ("gunicorn app:create_app(name=\"live\")", "gunicorn 'app:create_app(name=\"live\")'"),
    ] {
        let written = by_procfile(command);
        let finding = fires(RULE, "Procfile:1", &[NEEDS, APP, ("Procfile", &written)]);
        let crate::finding::Edit::ReplaceLine { text, .. } = &finding.fixes[0].edits[0] else { panic!("{finding:?}") };
        assert_eq!(*text, format!("web: {better}"));
    }
    let open = ("nixpacks.toml", "[start]\ncmd = \"gunicorn 'app:create_app() --bind 0.0.0.0:$PORT\"\n");
    let finding = fires(RULE, "nixpacks.toml:2", &[NEEDS, APP, open]);
    assert_eq!(finding.message, "a quote (') of the start command is never closed");
}

#[test]
fn what_a_shell_reads_is_left_alone() {
    for command in [
        "gunicorn 'app:create_app()' --bind 0.0.0.0:$PORT",
        "gunicorn app:create_app\\(\\) --bind 0.0.0.0:$PORT",
        "gunicorn app:app --workers $(nproc) --threads $((2 * 2))",
        "gunicorn app:app --workers=$(python -c 'print(2)')",
        "(gunicorn app:app)",
        "flask db upgrade; (python work.py &) && gunicorn app:app",
        "python -c \"print('it (is) well')\" && gunicorn app:app",
        "serve() { gunicorn app:app; }; serve",
    ] {
        let written = format!("[start]\ncmd = '''{command}'''\n");
        silent(RULE, &[NEEDS, APP, ("nixpacks.toml", &written)]);
    }
}
