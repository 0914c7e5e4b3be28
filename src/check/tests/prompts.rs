use super::{fires, silent};

const ID: &str = "interactive-input";
const LIST: (&str, &str) = ("requirements.txt", "django\n");
const MANAGE: (&str, &str) = ("manage.py", "import django\n");
const SETTINGS: (&str, &str) = (
    "quay/settings.py",
    "BASE_DIR = 1\nSTATIC_ROOT = BASE_DIR / 'staticfiles'\nWSGI_APPLICATION = 'quay.wsgi.application'\n",
);
const WSGI: (&str, &str) = ("quay/wsgi.py", "application = 1\n");
const HELD: (&str, &str) = ("staticfiles/site.css", "body {}\n");

fn plan(build: &str, start: &str) -> String {
    format!("[phases.build]\ncmds = ['{build}']\n[start]\ncmd = '{start}'\n")
}

#[test]
fn collectstatic_asks_where_its_folder_has_files() {
    let asks = plan("python manage.py collectstatic", "gunicorn quay.wsgi");
    let found = fires(ID, "nixpacks.toml:2", &[LIST, MANAGE, SETTINGS, WSGI, HELD, ("nixpacks.toml", &asks)]);
    assert!(found.message.contains("staticfiles/site.css"), "{}", found.message);
    silent(ID, &[LIST, MANAGE, SETTINGS, WSGI, ("nixpacks.toml", &asks)]);
    let answers = asks.replace("collectstatic", "collectstatic --no-input");
    silent(ID, &[LIST, MANAGE, SETTINGS, WSGI, HELD, ("nixpacks.toml", &answers)]);
    let ignored = (".dockerignore", "staticfiles\n");
    silent(ID, &[LIST, MANAGE, SETTINGS, WSGI, HELD, ignored, ("nixpacks.toml", &asks)]);
}

#[test]
fn collectstatic_asks_the_second_time() {
    let twice =
        plan("python manage.py collectstatic --noinput", "python manage.py collectstatic && gunicorn quay.wsgi");
    fires(ID, "nixpacks.toml:4", &[LIST, MANAGE, SETTINGS, WSGI, ("nixpacks.toml", &twice)]);
}

#[test]
fn what_asks_whatever_it_finds() {
    for command in ["pip uninstall opencv-python", "apt-get update && apt-get install ffmpeg", "python manage.py flush"]
    {
        let asks = plan(command, "gunicorn quay.wsgi");
        fires(ID, "nixpacks.toml:2", &[LIST, MANAGE, SETTINGS, WSGI, ("nixpacks.toml", &asks)]);
    }
    for command in [
        "pip uninstall -y opencv-python",
        "apt-get install -yq ffmpeg",
        "yes | pip uninstall opencv-python",
        "pip uninstall opencv-python || true",
        "pip install flush",
    ] {
        let answers = plan(command, "gunicorn quay.wsgi");
        silent(ID, &[LIST, MANAGE, SETTINGS, WSGI, ("nixpacks.toml", &answers)]);
    }
}
