use super::super::Facts;
use super::*;
use crate::finding::Severity;

fn once_installed(files: Files<'_>, absent: &[&str]) -> Vec<String> {
    let dir = folder(files);
    let project = Project::open(dir.path()).unwrap();
    let planned =
        Planned::Nixpacks(nixpacks::derive(&project, &DeployOptions::default(), &nixpacks::Options::default()));
    let given = DeployOptions::default();
    let mut facts = Facts::new(&project, &given, &planned);
    facts.absent = Some(absent.iter().map(|&name| name.to_owned()).collect());
    let mut finding = facts.findings().into_iter().filter(|finding| finding.rule == "import-not-required");
    finding.by_ref().map(|finding| finding.message).collect()
}

const APP: Files<'_> = &[
    ("requirements.txt", "flask\n"),
    ("main.py", "import flask\n\ndef late():\n    import anthropic\n    import brinemoon.tide\n"),
];

#[test]
fn what_was_installed_counts_more_than_what_files_tell() {
    assert_eq!(once_installed(APP, &[]), [""; 0]);
    let late = ", which fails when that code is reached";
    let finding = once_installed(APP, &["anthropic", "brinemoon.tide"]);
    let missing = |name: &str| format!("{name} is imported, and nothing that was installed has it{late}");
    assert_eq!(finding, [missing("anthropic"), missing("brinemoon")]);
}

#[test]
fn an_environment_that_no_file_describes_is_told_of_too() {
    let app: Files<'_> = &[
        ("pyproject.toml", "[project]\nname = \"x\"\nversion = \"1\"\n"),
        ("main.py", "def late():\n    import cv2\n"),
    ];
    let finding = once_installed(app, &["cv2"]);
    assert!(finding.len() == 1 && finding[0].contains("(opencv-python"), "{finding:?}");
}

const FASTAPI: &str = "from fastapi import FastAPI, UploadFile\n\napp = FastAPI()\n\n@app.post('/')\nasync def load(file: UploadFile):\n    pass\n";
const UVICORN: (&str, &str) = ("Procfile", "web: gunicorn main:app -k uvicorn.workers.UvicornWorker\n");

#[test]
fn the_class_of_gunicorns_workers_is_a_package_of_its_own() {
    let app = ("main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n");
    let alone = ("requirements.txt", "fastapi\ngunicorn\n");
    let finding = fires("import-not-required", "Procfile:1", &[app, UVICORN, alone]);
    assert!(
        finding.message.starts_with("gunicorn's worker class uvicorn.workers.UvicornWorker wants uvicorn, and no"),
        "{finding:#?}"
    );
    let apart = ("Procfile", "web: gunicorn main:app --worker-class=uvicorn_worker.UvicornWorker\n");
    let finding =
        fires("import-not-required", "Procfile:1", &[app, apart, ("requirements.txt", "fastapi\ngunicorn\nuvicorn\n")]);
    assert_eq!(finding.fixes[0].summary, "require uvicorn-worker");
    let file = ("gunicorn.conf.py", "workers = 2\nworker_class = 'gevent'\n");
    let plain = ("Procfile", "web: gunicorn main:app\n");
    fires(
        "import-not-required",
        "gunicorn.conf.py:2",
        &[app, file, plain, ("requirements.txt", "flask\nfastapi\ngunicorn\n")],
    );
    for text in [
        "fastapi[standard]\ngunicorn\n",
        "fastapi\ngunicorn\nuvicorn[standard]\n",
        "fastapi\ngunicorn\nuvicorn-worker\n",
        "fastapi\ngunicorn\ngradio\n",
    ] {
        silent("import-not-required", &[app, UVICORN, ("requirements.txt", text)]);
    }
    silent("import-not-required", &[app, plain, file, ("requirements.txt", "fastapi\ngunicorn[gevent]\n")]);
}

#[test]
fn names_of_a_framework_that_want_another_package() {
    let lists = |text: &'static str| ("requirements.txt", text);
    let finding = fires("import-not-required", "main.py:6", &[("main.py", FASTAPI), lists("fastapi\nuvicorn\n")]);
    assert_eq!(finding.fixes[0].summary, "require python-multipart");
    for text in ["fastapi\npython-multipart\n", "fastapi[standard]\n", "fastapi\nnicegui\n"] {
        silent("import-not-required", &[("main.py", FASTAPI), lists(text)]);
    }
    let unused = "from fastapi import FastAPI, UploadFile\n\napp = FastAPI()\n";
    silent("import-not-required", &[("main.py", unused), lists("fastapi\n")]);
    let mail = "from pydantic import BaseModel, EmailStr\n\nclass Crew(BaseModel):\n    mail: EmailStr\n";
    fires("import-not-required", "main.py:4", &[("main.py", mail), lists("pydantic\n")]);
    silent("import-not-required", &[("main.py", mail), lists("pydantic[email]\n")]);
}

fn django(settings: &str) -> [(&'static str, String); 3] {
    [
        ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'tides.settings')\n".to_owned()),
        ("tides/settings.py", format!("{settings}WSGI_APPLICATION = 'tides.wsgi.application'\n")),
        ("tides/wsgi.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'tides.settings')\n".to_owned()),
    ]
}

#[test]
fn what_djangos_settings_name_has_to_be_required() {
    let settings = "INSTALLED_APPS = [\n    'django.contrib.admin',\n    'crew',\n    'corsheaders',\n]\n";
    let project = |settings: &str, requirements: &'static str| {
        let mut files = django(settings).to_vec();
        files.push(("crew/__init__.py", String::new()));
        files.push(("requirements.txt", requirements.to_owned()));
        files.push(("Procfile", "web: gunicorn tides.wsgi\n".to_owned()));
        files
    };
    let told = |id: &str, place: &str, files: &[(&'static str, String)]| {
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        match place {
            "" => silent(id, &files),
            place => drop(fires(id, place, &files)),
        }
    };
    told("import-not-required", "tides/settings.py:4", &project(settings, "django\ngunicorn\n"));
    told("import-not-required", "", &project(settings, "django\ngunicorn\ndjango-cors-headers\n"));
    let settings = "MIDDLEWARE = [\n    'django.middleware.common.CommonMiddleware',\n    \"whitenoise.middleware.WhiteNoiseMiddleware\",\n]\n";
    told("import-not-required", "tides/settings.py:3", &project(settings, "django\ngunicorn\n"));
    told("import-not-required", "", &project(settings, "django\ngunicorn\nwhitenoise[brotli]\n"));
    let settings = "INSTALLED_APPS = []\nDATABASES = {\n    'default': {\n        'ENGINE': 'django.db.backends.postgresql',\n    }\n}\n";
    told("import-not-required", "tides/settings.py:4", &project(settings, "django\ngunicorn\n"));
    for driver in
        ["django\ngunicorn\npsycopg[binary]\n", "django\ngunicorn\npsycopg2-binary\n", "django\ngunicorn\npsycopg2\n"]
    {
        told("import-not-required", "", &project(settings, driver));
    }
    let brought = "INSTALLED_APPS = ['daphne', 'rest_framework', 'taggit']\n";
    told("import-not-required", "", &project(brought, "channels[daphne]\ngunicorn\nwagtail\n"));
    told("import-not-required", "tides/settings.py:1", &project(brought, "channels\ngunicorn\nwagtail\n"));
    let development = "INSTALLED_APPS = ['django.contrib.admin']\nif DEBUG:\n    INSTALLED_APPS += ['debug_toolbar']\n";
    told("import-not-required", "", &project(development, "django\ngunicorn\n"));
}

#[test]
fn the_driver_of_a_url_that_sqlalchemy_is_given() {
    let engine = |call: &str| {
        format!(
            "from sqlalchemy import create_engine\nURL = 'mysql+pymysql://db/tides'\nengine = create_engine({call})\n"
        )
    };
    for (call, place, install) in [
        ("'postgresql+psycopg2://db/tides'", "main.py:3", "psycopg2-binary"),
        ("f\"postgresql+asyncpg://{HOST}/tides\"", "main.py:3", "asyncpg"),
        ("URL", "main.py:2", "PyMySQL"),
        // SQLAlchemy 2.1 takes psycopg where 2.0 took psycopg2.
        ("'postgresql://db/tides'", "main.py:3", "psycopg[binary]"),
    ] {
        let finding =
            fires("import-not-required", place, &[("main.py", &engine(call)), ("requirements.txt", "sqlalchemy\n")]);
        assert_eq!(finding.fixes[0].summary, format!("require {install}"));
        let both = format!("sqlalchemy\n{install}\n");
        silent("import-not-required", &[("main.py", &engine(call)), ("requirements.txt", &both)]);
    }
    let old = ("requirements.txt", "sqlalchemy==2.0.40\n");
    let finding = fires("import-not-required", "main.py:3", &[("main.py", &engine("'postgresql://db/tides'")), old]);
    assert_eq!(finding.fixes[0].summary, "require psycopg2-binary");
    let extra = ("requirements.txt", "sqlalchemy[postgresql-psycopg2binary]\n");
    silent("import-not-required", &[("main.py", &engine("'postgresql+psycopg2://db/tides'")), extra]);
    for call in ["'sqlite:///tides.db'", "os.environ['DATABASE_URL']"] {
        silent("import-not-required", &[("main.py", &engine(call)), ("requirements.txt", "sqlalchemy\n")]);
    }
}

#[test]
fn where_nothing_is_installed_an_import_at_the_margin_ends_the_start() {
    let empty = ("requirements.txt", "# nothing yet\n");
    let certain = ("main.py", "import flask\n");
    assert_eq!(fires("import-not-required", "main.py:1", &[empty, certain]).severity, Severity::Error);
    for text in ["def late():\n    import flask\n", "if DEBUG:\n    import flask\n"] {
        assert_eq!(fires("import-not-required", "main.py:2", &[empty, ("main.py", text)]).severity, Severity::Warning);
    }
    for text in [
        "try:\n    import flask\nexcept ImportError:\n    flask = None\n",
        "from importlib.util import find_spec\nif find_spec('flask'):\n    import flask\n",
    ] {
        silent("import-not-required", &[empty, ("main.py", text)]);
    }
}

#[test]
fn what_an_app_that_works_names_was_there() {
    let app: Files<'_> = &[("requirements.txt", "fastapi\n"), ("main.py", FASTAPI)];
    assert_eq!(once_installed(app, &["python_multipart", "multipart"]), [""; 0]);
}

/// By the METADATA of Flask 3.1.3, gunicorn 27.0.1, FastAPI 0.165.0, uvicorn 0.54.0 and Streamlit 1.67.0.
#[test]
fn a_common_package_that_none_of_the_requirements_brings() {
    let main = ("main.py", "from flask import Flask\nimport requests\n\napp = Flask(__name__)\n");
    let finding = fires("import-not-required", "main.py:2", &[main, ("requirements.txt", "flask==3.1.3\ngunicorn\n")]);
    assert_eq!((finding.severity, &*finding.fixes[0].summary), (Severity::Warning, "require requests"));
    for requirements in [
        "flask\ngunicorn\nrequests\n",
        // Nobody knows what it brings.
        "flask\nbrinemoon\n",
        "flask\nstreamlit\n",
        "flask[async]\n",
    ] {
        silent("import-not-required", &[main, ("requirements.txt", requirements)]);
    }
    for (module, requirements) in [
        ("werkzeug.exceptions", "flask\n"),
        ("jinja2", "flask-cors\n"),
        ("starlette.responses", "fastapi\nuvicorn[standard]\n"),
        ("pydantic", "fastapi\n"),
        ("dotenv", "fastapi\nuvicorn[standard]\n"),
        ("aiohttp", "aiogram\n"),
        ("redis", "celery[redis]\n"),
    ] {
        let main = format!("import {module}\n");
        silent("import-not-required", &[("main.py", &main), ("requirements.txt", requirements)]);
    }
    for (module, requirements) in [("yaml", "fastapi-cli\n"), ("dotenv", "flask\n"), ("redis", "celery\n")] {
        let main = format!("import {module}\n");
        let found = found(&[("main.py", &main), ("requirements.txt", requirements)]);
        let is_told = found.iter().any(|found| found.rule == "import-not-required");
        assert_eq!(is_told, requirements != "fastapi-cli\n", "{module} with {requirements}");
    }
}

/// gunicorn from 26.1.0 and kombu from 5.7.0 bring packaging by their extras alone: METADATA of both.
#[test]
fn what_an_extra_alone_brings_is_asked_of_the_install() {
    let late = "wants packaging, and nothing that was installed has it, which fails when that code is reached";
    let app = ("app.py", "from tasks import app as queue\napp = print\n");
    let web = ("Procfile", "web: gunicorn -k gevent app:app\n");
    let tasks =
        ("tasks.py", "import os\nfrom celery import Celery\napp = Celery('tides', broker=os.environ['REDIS_URL'])\n");
    let sync = ("Procfile", "web: gunicorn app:app\n");
    let apart = ("requirements.txt", "gunicorn==27.0.1\ngevent==26.9.0\ncelery==5.7.0\nredis==8.1.0\n");
    let absent = ["packaging"];
    assert_eq!(once_installed(&[app, web, tasks, apart], &absent), [format!("gunicorn's worker class gevent {late}")]);
    assert_eq!(once_installed(&[app, sync, tasks, apart], &absent), [format!("kombu's transport for Redis {late}")]);
    let extras = ("requirements.txt", "gunicorn[gevent]==27.0.1\ncelery[redis]==5.7.0\n");
    assert_eq!(once_installed(&[app, web, tasks, extras], &absent), [""; 0]);
    // The client itself is known to be missing, whatever else brings it.
    let bare = ("requirements.txt", "celery==5.7.0\n");
    let found = fires("import-not-required", "tasks.py:3", &[app, sync, tasks, bare]);
    assert_eq!(found.fixes[0].summary, "require celery[redis]");
    silent("import-not-required", &[app, sync, tasks, ("requirements.txt", "celery[redis]==5.7.0\ngunicorn\n")]);
    // Anything may bring it, so that files alone tell nothing.
    assert_eq!(once_installed(&[app, web, tasks, apart], &[]), [""; 0]);
    silent("import-not-required", &[app, web, tasks, apart]);
}

const ASGI: (&str, &str) = ("main.py", "async def app(scope, receive, send):\n    pass\n");

#[test]
fn an_option_of_the_command_wants_a_package() {
    let wanted = |start: &str, requirements: &str| {
        let (start, requirements) = (format!("web: {start}\n"), format!("{requirements}\n"));
        let files = [ASGI, ("Procfile", start.as_str()), ("requirements.txt", requirements.as_str())];
        fires("import-not-required", "Procfile:1", &files).fixes.remove(0).summary
    };
    assert_eq!(wanted("uvicorn main:app --log-config log.yaml", "uvicorn"), "require PyYAML");
    assert_eq!(wanted("python -m uvicorn main:app --loop=uvloop", "uvicorn"), "require uvloop");
    assert_eq!(wanted("celery -A main worker -P gevent", "celery"), "require gevent");
    assert_eq!(wanted("celery -A main flower", "celery"), "require flower");
}

#[test]
fn an_option_whose_package_is_there_wants_none() {
    for (start, requirements) in [
        ("uvicorn main:app --log-config log.yaml --loop uvloop", "uvicorn[standard]"),
        ("uvicorn main:app --log-config log.json --loop auto", "uvicorn"),
        ("uvicorn main:app --log-config log.yml", "uvicorn\npyyaml"),
        ("celery -A main worker -P prefork", "celery"),
    ] {
        let (start, requirements) = (format!("web: {start}\n"), format!("{requirements}\n"));
        silent("import-not-required", &[ASGI, ("Procfile", &start), ("requirements.txt", &requirements)]);
    }
}

#[test]
fn a_url_from_a_variable_goes_to_psycopg_since_sqlalchemy_2_1() {
    let engine =
        |url: &str| format!("import os\nfrom sqlalchemy import create_engine\nengine = create_engine({url})\n");
    let asked = |list: &'static str, url: &str| [("main.py", engine(url)), ("requirements.txt", list.to_owned())];
    let found = |list, url: &str| {
        let files = asked(list, url);
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        super::found(&files).into_iter().filter(|finding| finding.rule == "import-not-required").count()
    };
    for url in ["os.environ[\"DATABASE_URL\"]", "os.getenv(\"DB\")", "DATABASE_URL", "settings.database_url"] {
        assert_eq!(found("sqlalchemy\npsycopg2-binary\n", url), 1, "{url}");
    }
    for list in ["sqlalchemy<2.1\npsycopg2-binary\n", "sqlalchemy\npsycopg2-binary\npsycopg[binary]\n", "sqlalchemy\n"]
    {
        assert_eq!(found(list, "os.environ[\"DATABASE_URL\"]"), 0, "{list}");
    }
    assert_eq!(found("sqlalchemy\npsycopg2-binary\n", "URL.replace(\"postgresql://\", \"postgresql+psycopg2://\")"), 0);
}
