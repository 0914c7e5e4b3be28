//! Projects that deploy well get nothing worse than a note.

use super::{Files, found};
use crate::finding::Severity;

const HEALTHY: &[(&str, Files<'_>)] = &[
    ("a script", &[("main.py", "print('hello')\n")]),
    (
        "a bot",
        &[
            ("main.py", "import discord\n"),
            ("requirements.txt", "discord.py==2.4.0\n"),
            ("Procfile", "worker: python main.py\n"),
        ],
    ),
    (
        "a Flask app",
        &[
            ("app.py", "from flask import Flask\napp = Flask(__name__)\n"),
            ("requirements.txt", "Flask==3.0.3\ngunicorn==23.0.0\n"),
            ("Procfile", "web: gunicorn --workers 2 --timeout 120 app:app\n"),
            ("runtime.txt", "python-3.11.9\n"),
            (".gitignore", "venv/\n__pycache__/\n.env\n"),
        ],
    ),
    (
        "a FastAPI app on Railway",
        &[
            ("app/__init__.py", ""),
            ("app/main.py", "from fastapi import FastAPI\napp = FastAPI()\n"),
            ("requirements.txt", "fastapi[standard]==0.115.6\nuvicorn[standard]==0.34.0\npsycopg2-binary==2.9.10\n"),
            (
                "railway.json",
                r#"{"$schema": "https://railway.com/railway.schema.json", "build": {"builder": "NIXPACKS"},
                   "deploy": {"startCommand": "uvicorn app.main:app --host 0.0.0.0 --port $PORT", "healthcheckPath": "/health", "restartPolicyType": "ON_FAILURE"}}"#,
            ),
        ],
    ),
    (
        "a Django site",
        &[
            ("manage.py", ""),
            ("requirements.txt", "Django==5.1.4\ngunicorn==23.0.0\nwhitenoise==6.8.2\npsycopg[binary]==3.2.3\n"),
            ("shop/__init__.py", ""),
            (
                "shop/settings.py",
                "ALLOWED_HOSTS = ['*']\nWSGI_APPLICATION = 'shop.wsgi.application'\nSTATIC_ROOT = 'staticfiles'\n",
            ),
            ("shop/wsgi.py", "application = 1\n"),
            ("nixpacks.toml", "[phases.build]\ncmds = [\"python manage.py collectstatic --noinput\"]\n"),
        ],
    ),
    (
        "extra packages",
        &[
            ("main.py", ""),
            ("requirements.txt", "opencv-python==4.10.0.84\nffmpeg-python==0.2.0\n"),
            (
                "nixpacks.toml",
                "[phases.setup]\nnixPkgs = [\"...\", \"ffmpeg\"]\nnixLibs = [\"...\", \"libGL\", \"glib\"]\n[start]\ncmd = \"python main.py\"\n",
            ),
        ],
    ),
    (
        "an install command that makes the environment itself",
        &[
            ("main.py", ""),
            ("requirements.txt", "flask==3.0.3\n"),
            (
                "nixpacks.toml",
                "[phases.install]\ncmds = [\"python -m venv --copies /opt/venv && . /opt/venv/bin/activate && pip install -r requirements.txt\"]\n",
            ),
        ],
    ),
    (
        "uv",
        &[
            ("main.py", ""),
            (
                "pyproject.toml",
                "[project]\nname = \"my-app\"\nversion = \"0.1.0\"\nrequires-python = \">=3.12\"\ndependencies = [\"flask>=3\"]\n",
            ),
            (
                "uv.lock",
                "version = 1\nrequires-python = \">=3.12\"\n[[package]]\nname = \"flask\"\nversion = \"3.0.3\"\n[[package]]\nname = \"my-app\"\n",
            ),
        ],
    ),
    (
        "setuptools",
        &[
            ("main.py", ""),
            (
                "pyproject.toml",
                "[project]\nname = \"my-app\"\nversion = \"0.1.0\"\nreadme = \"README.md\"\ndependencies = [\"flask>=3\"]\n",
            ),
        ],
    ),
    (
        "pipenv",
        &[
            ("main.py", ""),
            ("Pipfile", "[packages]\nflask = \"*\"\n[requires]\npython_version = \"3.11\"\n"),
            ("Pipfile.lock", "{\"default\": {\"flask\": {}}}"),
        ],
    ),
    ("one folder", &[("backend/main.py", ""), ("backend/requirements.txt", "flask==3.0.3\n")]),
    (
        "pins for every Python",
        &[
            ("main.py", ""),
            (
                "requirements.txt",
                "numpy==1.24.4; python_version < '3.12'\nnumpy==1.26.4; python_version >= '3.12'\npywin32==306; sys_platform == 'win32'\n",
            ),
        ],
    ),
    (
        "streamlit",
        &[
            ("app.py", "import streamlit\n"),
            ("requirements.txt", "streamlit==1.40.1\npandas==2.2.3\n"),
            ("Procfile", "web: streamlit run app.py --server.port $PORT --server.address 0.0.0.0\n"),
        ],
    ),
];

#[test]
fn healthy_projects_get_notes_at_most() {
    for (name, files) in HEALTHY {
        let worse: Vec<_> = found(files).into_iter().filter(|finding| finding.severity > Severity::Note).collect();
        assert!(worse.is_empty(), "{name}: {worse:#?}");
    }
}

#[test]
fn nothing_of_anybodys_makes_a_check_panic() {
    for text in [
        "",
        "\0",
        "[",
        "{",
        "''",
        "a: b: c",
        "web:",
        "=",
        "- - -",
        "é\u{feff}\r\n",
        "[phases]\ninstall = 1\n",
        "{\"build\": []}",
        "[phases.install]\ncmds = [\"\"]\n[start]\ncmd = \"\"\n",
    ] {
        for name in [
            "requirements.txt",
            "nixpacks.toml",
            "railway.json",
            "railway.toml",
            "Procfile",
            "pyproject.toml",
            "Pipfile",
            "runtime.txt",
            ".tool-versions",
            ".env",
            ".gitignore",
            "poetry.lock",
        ] {
            found(&[("main.py", ""), (".git/HEAD", ""), (name, text)]);
        }
    }
}
