use super::{fires, silent, silent_with};
use crate::finding::Severity;

const ALL: (&str, &str) = (
    "requirements.txt",
    "flask==3.0.0\ngunicorn==23.0.0\nuvicorn==0.30.0\nhypercorn==0.17.3\ndaphne==4.1.2\nstreamlit==1.39.0\n",
);
const MAIN: (&str, &str) = ("main.py", "app = 1\n");

fn starts(command: &str) -> (&'static str, String) {
    ("Procfile", format!("web: {command}\n"))
}

#[test]
fn servers_on_the_loopback() {
    for command in [
        "uvicorn main:app",
        "uvicorn main:app --host 127.0.0.1 --port $PORT",
        "gunicorn main:app --bind 127.0.0.1:8000",
        "gunicorn -b localhost:$PORT main:app",
        "hypercorn main:app",
        "daphne main:app",
        "flask run --port $PORT",
        "python manage.py runserver",
        "python manage.py migrate && python manage.py runserver 127.0.0.1:8000",
    ] {
        let (name, text) = starts(command);
        assert_eq!(
            fires("wrong-bind-host", "Procfile:1", &[ALL, MAIN, ("manage.py", ""), (name, &text)]).fixes.len(),
            1,
            "{command}"
        );
    }
    for command in [
        "uvicorn main:app --host 0.0.0.0 --port $PORT",
        "uvicorn main:app --host=0.0.0.0 --port ${PORT:-8000}",
        "uvicorn main:app --uds /tmp/socket",
        "gunicorn main:app",
        "gunicorn -c gunicorn.conf.py main:app",
        "gunicorn -w 4 -b 0.0.0.0:$PORT main:app",
        "streamlit run main.py --server.port $PORT",
        "python manage.py runserver 0.0.0.0:$PORT",
        "python main.py",
    ] {
        let (name, text) = starts(command);
        silent("wrong-bind-host", &[ALL, MAIN, ("manage.py", ""), (name, &text)]);
    }
    let (name, text) = starts("uvicorn main:app");
    silent_with("wrong-bind-host", &[ALL, MAIN, (name, &text)], &["UVICORN_HOST=0.0.0.0"]);
}

#[test]
fn servers_of_tools_are_on_the_loopback_too() {
    let tools = (
        "requirements.txt",
        "mlflow\ndatasette\ndagster-webserver\ngoogle-adk\nlanggraph-cli\nmkdocs\nvoila\njupyterlab\n",
    );
    for (command, cure) in [
        ("mlflow server --port $PORT", "--host 0.0.0.0"),
        ("mlflow ui -p $PORT", "--host 0.0.0.0"),
        ("datasette serve data.db -p $PORT", "--host 0.0.0.0"),
        ("dagster-webserver -p $PORT", "--host 0.0.0.0"),
        ("adk web --port $PORT", "--host 0.0.0.0"),
        ("langgraph dev --port $PORT", "--host 0.0.0.0"),
        ("mkdocs serve", "--dev-addr 0.0.0.0:$PORT"),
        ("voila page.ipynb --port=$PORT", "--Voila.ip"),
        ("jupyter lab --port=$PORT", "--ip"),
    ] {
        let (name, text) = starts(command);
        let files = [tools, MAIN, ("data.db", ""), ("page.ipynb", ""), (name, &*text)];
        let finding = fires("wrong-bind-host", "Procfile:1", &files);
        let fix = format!("{:?}", finding.fixes);
        assert!(finding.fixes.len() == 1 && fix.contains(cure), "{command}: {fix}");
    }
    for command in [
        "mlflow server --host 0.0.0.0 --port $PORT",
        "MLFLOW_HOST=0.0.0.0 mlflow server --port $PORT",
        "mlflow db upgrade $DATABASE_URL",
        "datasette serve data.db -h 0.0.0.0 -p $PORT",
        "dagster-webserver -h 0.0.0.0 -p $PORT",
        "mkdocs serve -a 0.0.0.0:$PORT",
        "voila page.ipynb --port=$PORT --Voila.ip=0.0.0.0",
        "jupyter lab --ip=0.0.0.0 --port=$PORT",
        "jupyter nbconvert --execute page.ipynb",
    ] {
        let (name, text) = starts(command);
        silent("wrong-bind-host", &[tools, MAIN, ("data.db", ""), ("page.ipynb", ""), (name, &*text)]);
    }
}

#[test]
fn what_the_start_sets_counts_as_the_deploys_variables_do() {
    let host_and_port = [
        "FLASK_RUN_HOST=0.0.0.0 FLASK_RUN_PORT=$PORT flask run",
        "export FLASK_RUN_HOST=0.0.0.0 FLASK_RUN_PORT=$PORT && flask run",
        "env UVICORN_HOST=0.0.0.0 UVICORN_PORT=$PORT uvicorn main:app",
        "HOST=0.0.0.0; uvicorn main:app --host $HOST --port $PORT",
        "gunicorn main:app -b ${HOST:-0.0.0.0}:${PORT:-8000}",
        "GUNICORN_CMD_ARGS=\"-w 2 --bind 0.0.0.0:$PORT\" gunicorn main:app",
        "STREAMLIT_SERVER_PORT=$PORT streamlit run main.py",
    ];
    for command in host_and_port {
        let (name, text) = starts(command);
        silent("wrong-bind-host", &[ALL, MAIN, (name, &text)]);
        silent("hard-coded-port", &[ALL, MAIN, (name, &text)]);
    }
    for command in [
        "UVICORN_HOST=127.0.0.1 uvicorn main:app --port $PORT",
        "UVICORN_HOST=0.0.0.0; uvicorn main:app --port $PORT",
        "UVICORN_HOST=0.0.0.0 python migrate.py && uvicorn main:app --port $PORT",
        "uvicorn main:app --host ${HOST:-127.0.0.1} --port $PORT",
        "export HOST=localhost; uvicorn main:app --host $HOST --port $PORT",
        "gunicorn main:app -b 127.0.0.1:${PORT:-8000}",
        "GUNICORN_CMD_ARGS='-w 2 --bind 127.0.0.1:5000' gunicorn main:app",
    ] {
        let (name, text) = starts(command);
        let found = fires("wrong-bind-host", "Procfile:1", &[ALL, MAIN, ("migrate.py", ""), (name, &text)]);
        assert_eq!((found.severity, found.fixes.len()), (Severity::Error, 1), "{command}");
    }
    let (name, text) = starts("uvicorn main:app --host ${HOST:-127.0.0.1} --port $PORT");
    silent_with("wrong-bind-host", &[ALL, MAIN, (name, &text)], &["HOST=0.0.0.0"]);
    let (name, text) = starts("uvicorn main:app --port $PORT");
    let files = [ALL, MAIN, (name, text.as_str())];
    super::fires_with("wrong-bind-host", "Procfile:1", &files, &["UVICORN_HOST=127.0.0.1"]);
}

#[test]
fn a_script_and_the_files_of_flask_set_variables_too() {
    let start = ("Procfile", "web: sh start.sh\n");
    let script = ("start.sh", "#!/bin/sh\nexport FLASK_RUN_HOST=0.0.0.0\nexec flask run -p $PORT\n");
    silent("wrong-bind-host", &[ALL, MAIN, start, script]);
    let closed = ("start.sh", "HOST=${HOST:-127.0.0.1}\nexec uvicorn main:app --host $HOST --port $PORT\n");
    fires("wrong-bind-host", "start.sh:2", &[ALL, MAIN, start, closed]);
    let before = ("Procfile", "web: FLASK_RUN_HOST=0.0.0.0 sh start.sh\n");
    silent("wrong-bind-host", &[ALL, MAIN, before, ("start.sh", "exec flask run -p $PORT\n")]);
    let flask = ("Procfile", "web: flask run -p $PORT\n");
    let env = (".flaskenv", "FLASK_APP=main\nFLASK_RUN_HOST=0.0.0.0\n");
    let reader = ("requirements.txt", "flask==3.0.0\npython-dotenv==1.0.1\n");
    silent("wrong-bind-host", &[reader, MAIN, flask, env]);
    fires("wrong-bind-host", "Procfile:1", &[ALL, MAIN, flask, env]);
    let local = (".flaskenv", "FLASK_RUN_HOST=127.0.0.1\n");
    fires("wrong-bind-host", "Procfile:1", &[reader, MAIN, flask, local]);
}

#[test]
fn what_a_condition_decides_may_be_meant_for_another_place() {
    let (name, text) = starts("if [ -n \"$DEV\" ]; then flask run; else gunicorn main:app; fi");
    let found = fires("wrong-bind-host", "Procfile:1", &[ALL, MAIN, (name, &text)]);
    assert_eq!(found.severity, Severity::Warning);
    let (name, text) = starts("if [ \"$ROLE\" = worker ]; then celery -A main worker; else gunicorn main:app; fi");
    let found = fires("start-program-not-found", "Procfile:1", &[ALL, MAIN, (name, &text)]);
    assert_eq!(found.severity, Severity::Warning);
    let (name, text) = starts("test -n \"$SEED\" && python seed/all.py; gunicorn main:app");
    let found = fires("start-file-missing", "Procfile:1", &[ALL, MAIN, (name, &text)]);
    assert_eq!(found.severity, Severity::Warning);
    let (name, text) = starts("test -f seed.py && python seed.py; gunicorn main:app");
    silent("start-file-missing", &[ALL, MAIN, (name, &text)]);
    let (name, text) = starts("python seed/all.py && gunicorn main:app");
    let found = fires("start-file-missing", "Procfile:1", &[ALL, MAIN, (name, &text)]);
    assert_eq!(found.severity, Severity::Error);
}

#[test]
fn gunicorns_file_may_say_it_by_constants_and_be_named_as_a_module() {
    let (name, text) = starts("gunicorn -c python:conf.web main:app");
    for config in [
        "bind = ['127.0.0.1:8000']\n",
        "host = 'localhost'\nport = 5000\nbind = f\"{host}:{port}\"\n",
        "import os\nbind = f\"127.0.0.1:{os.environ['PORT']}\"\n",
    ] {
        let line = config.lines().count();
        let files = [ALL, MAIN, (name, text.as_str()), ("conf/web.py", config)];
        let found = fires("wrong-bind-host", &format!("conf/web.py:{line}"), &files);
        assert_eq!(found.fixes.len(), 1, "{config}");
    }
    for config in ["import os\nbind = f\"0.0.0.0:{os.environ['PORT']}\"\n", "bind = f'{HOST}:{PORT}'\n"] {
        silent("wrong-bind-host", &[ALL, MAIN, (name, &text), ("conf/web.py", config)]);
    }
}

#[test]
fn a_server_that_its_own_file_binds_is_cured_of_host_and_port_at_once() {
    let (name, text) = starts("gunicorn main:app");
    let config = ("gunicorn.conf.py", "workers = 2\nbind = '127.0.0.1:8000'\n");
    let files = [ALL, MAIN, (name, text.as_str()), config];
    let found = fires("wrong-bind-host", "gunicorn.conf.py:2", &files);
    assert_eq!(found.fixes[0].summary, "leave bind out: gunicorn then listens on 0.0.0.0 and PORT");
    assert_eq!(found.fixes, fires("hard-coded-port", "gunicorn.conf.py:2", &files).fixes);
    let open = ("gunicorn.conf.py", "bind = 'localhost'\n");
    let found = fires("wrong-bind-host", "gunicorn.conf.py:1", &[ALL, MAIN, (name, &text), open]);
    assert_eq!(found.fixes[0].summary, "listen on 0.0.0.0");
    let (name, text) = starts("hypercorn --config hypercorn.toml main:app");
    let config = ("hypercorn.toml", "workers = 1\nbind = [\"localhost:5000\"]\n");
    let found = fires("wrong-bind-host", "hypercorn.toml:2", &[ALL, MAIN, (name, &text), config]);
    assert_eq!(found.fixes[0].summary, "listen on 0.0.0.0 and PORT");
    let open = ("hypercorn.toml", "bind = [\"0.0.0.0:8080\"]\n");
    silent("wrong-bind-host", &[ALL, MAIN, (name, &text), open]);
}

#[test]
fn ports_that_nobody_asked_for() {
    for command in [
        "uvicorn main:app --host 0.0.0.0",
        "uvicorn main:app --host 0.0.0.0 --port 8000",
        "gunicorn main:app -b 0.0.0.0:5000",
        "gunicorn -b0.0.0.0:5000 main:app",
        "streamlit run main.py",
        "flask run -h 0.0.0.0 -p 5000",
    ] {
        let (name, text) = starts(command);
        assert_eq!(fires("hard-coded-port", "Procfile:1", &[ALL, MAIN, (name, &text)]).fixes.len(), 1, "{command}");
    }
    let (name, text) = starts("uvicorn main:app --host 0.0.0.0 --port 8000");
    silent_with("hard-coded-port", &[ALL, MAIN, (name, &text)], &["PORT=8000"]);
    let (name, text) = starts("gunicorn main:app");
    silent("hard-coded-port", &[ALL, MAIN, (name, &text)]);
}

#[test]
fn a_port_that_stays_text() {
    let railway = "{\"deploy\": {\"startCommand\": \"uvicorn main:app --host 0.0.0.0 --port '$PORT'\"}}";
    fires("port-variable-not-expanded", "railway.json:1", &[ALL, MAIN, ("railway.json", railway)]);
    let (name, text) = starts("uvicorn main:app --host 0.0.0.0 --port %PORT%");
    fires("port-variable-not-expanded", "Procfile:1", &[ALL, MAIN, (name, &text)]);
    let (name, text) = starts("bash -c 'uvicorn main:app --host 0.0.0.0 --port $PORT'");
    silent("port-variable-not-expanded", &[ALL, MAIN, (name, &text)]);
}

#[test]
fn reload_in_a_deploy() {
    let (name, text) = starts("uvicorn main:app --reload --host 0.0.0.0 --port $PORT");
    fires("uvicorn-reload-watch", "Procfile:1", &[ALL, MAIN, (name, &text)]);
    let (name, text) = starts("gunicorn --preload main:app");
    silent("uvicorn-reload-watch", &[ALL, MAIN, (name, &text)]);
}

#[test]
fn programs_that_nothing_installs() {
    let flask = ("requirements.txt", "flask==3.0.0\n");
    let (name, text) = starts("gunicorn main:app");
    fires("start-program-not-found", "Procfile:1", &[flask, MAIN, (name, &text)]);
    fires(
        "start-program-not-found",
        "site/settings.py:1",
        &[
            ("requirements.txt", "django==5.1.4\n"),
            ("manage.py", ""),
            ("site/settings.py", "WSGI_APPLICATION = 'site.wsgi.application'\n"),
            ("site/wsgi.py", "application = 1\n"),
        ],
    );
    silent("start-program-not-found", &[ALL, MAIN, (name, &text)]);
    silent(
        "start-program-not-found",
        &[("requirements.txt", "-r base.txt\n"), ("base.txt", "gunicorn\n"), MAIN, (name, &text)],
    );
    silent("start-program-not-found", &[("requirements.txt", "-e .\n"), ("setup.py", ""), MAIN, (name, &text)]);
    let (name, text) = starts("uvicorn main:app --host 0.0.0.0 --port $PORT");
    silent("start-program-not-found", &[("requirements.txt", "fastapi[standard]==0.115.0\n"), MAIN, (name, &text)]);
    fires("start-program-not-found", "Procfile:1", &[("requirements.txt", "fastapi==0.115.0\n"), MAIN, (name, &text)]);
}

#[test]
fn a_program_that_another_one_stands_in_for() {
    let severity = |command: &str| {
        let (name, text) = starts(command);
        let files = [("requirements.txt", "flask==3.0.0\n"), MAIN, (name, &*text)];
        fires("start-program-not-found", "Procfile:1", &files).severity
    };
    assert_eq!(severity("gunicorn main:app || python main.py"), Severity::Warning);
    assert_eq!(severity("gunicorn main:app || exit 1"), Severity::Error);
    let (name, text) = starts("python serve.py || python main.py");
    let found = fires("start-file-missing", "Procfile:1", &[ALL, MAIN, (name, &text)]);
    assert_eq!(found.severity, Severity::Warning);
    assert_eq!(severity("python init.py || gunicorn main:app"), Severity::Error);
}

#[test]
fn servers_for_development() {
    let (name, text) = starts("python manage.py runserver 0.0.0.0:$PORT");
    fires("development-server", "Procfile:1", &[ALL, MAIN, ("manage.py", ""), (name, &text)]);
    let (name, text) = starts("gunicorn main:app");
    silent("development-server", &[ALL, MAIN, (name, &text)]);
}

#[test]
fn another_python_than_the_planned_one() {
    let start = ("Procfile", "worker: python3.11 bot.py\n");
    let files = [("bot.py", ""), ("requirements.txt", "flask==3.0.0\n"), start];
    let finding = fires("start-program-not-found", "Procfile:1", &files);
    assert_eq!(finding.fixes[0].summary, "start it with `python`");
    silent("start-program-not-found", &[("bot.py", ""), ("runtime.txt", "python-3.11\n"), files[1], start]);
}

#[test]
fn what_streamlits_own_file_says() {
    let all = ("requirements.txt", "streamlit==1.41.1\n");
    let app = ("app.py", "import streamlit\n");
    let own = (".streamlit/config.toml", "[server]\nport = 8080\naddress = \"127.0.0.1\"\n");
    let bare = ("Procfile", "web: streamlit run app.py\n");
    let found = super::fires("wrong-bind-host", "Procfile:1", &[all, app, own, bare]);
    assert_eq!(found.evidence[1].source.to_string(), ".streamlit/config.toml:3");
    let found = super::fires("hard-coded-port", "Procfile:1", &[all, app, own, bare]);
    assert!(found.message.contains("8080"), "{}", found.message);
    let told = ("Procfile", "web: streamlit run app.py --server.address 0.0.0.0 --server.port $PORT\n");
    super::silent("wrong-bind-host", &[all, app, own, told]);
    super::silent("hard-coded-port", &[all, app, own, told]);
}

#[test]
fn a_single_uvicorn_on_every_address_of_ipv6_is_not_on_ipv4() {
    let id = "listens-on-ipv6-alone";
    let needs = ("requirements.txt", "fastapi==0.115.0\nuvicorn==0.54.0\n");
    let main = ("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n");
    let on = |command: &str| format!("web: \"{command}\"\n");
    fires(id, "Procfile:1", &[needs, main, ("Procfile", &on("uvicorn main:app --host :: --port $PORT"))]);
    for both in ["uvicorn main:app --host :: --port $PORT --workers 2", "hypercorn main:app --bind [::]:$PORT"] {
        silent(id, &[needs, main, ("Procfile", &on(both))]);
    }
}

#[test]
fn a_default_of_port_that_the_shell_takes_for_none() {
    let list = ("requirements.txt", "uvicorn\n");
    let main = ("main.py", "app = 1\n");
    let start = |port: &str| format!("web: uvicorn main:app --host 0.0.0.0 --port {port}\n");
    for wrong in ["$PORT:-8000", "${PORT:8000}"] {
        fires("port-variable-not-expanded", "Procfile:1", &[list, main, ("Procfile", &start(wrong))]);
    }
    for right in ["$PORT", "${PORT}", "${PORT:-8000}", "${PORT-8000}"] {
        silent("port-variable-not-expanded", &[list, main, ("Procfile", &start(right))]);
    }
}
