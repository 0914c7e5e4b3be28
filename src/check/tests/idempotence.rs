use super::{fires, silent};

const ID: &str = "db-object-exists";
const LIST: (&str, &str) = ("requirements.txt", "django\npsycopg\n");
const MANAGE: (&str, &str) = ("manage.py", "import django\n");
const WSGI: (&str, &str) = ("quay/wsgi.py", "application = 1\n");
const POSTGRES: (&str, &str) = (
    "quay/settings.py",
    "import dj_database_url\nWSGI_APPLICATION = 'quay.wsgi.application'\nDATABASES = {'default': dj_database_url.config()}\n",
);

#[test]
fn a_user_is_made_once() {
    let made = |how: &str| format!("[start]\ncmd = 'python manage.py migrate && {how} gunicorn quay.wsgi'\n");
    let ends = made("python manage.py createsuperuser --noinput &&");
    fires(ID, "nixpacks.toml:2", &[LIST, MANAGE, WSGI, POSTGRES, ("nixpacks.toml", &ends)]);
    for how in
        ["(python manage.py createsuperuser --noinput || true) &&", "python manage.py createsuperuser --noinput;"]
    {
        silent(ID, &[LIST, MANAGE, WSGI, POSTGRES, ("nixpacks.toml", &made(how))]);
    }
    // SQLite's file is a new one in every deploy.
    let file = (
        "quay/settings.py",
        "WSGI_APPLICATION = 'quay.wsgi.application'\nDATABASES = {'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': 'db'}}\n",
    );
    silent(ID, &[LIST, MANAGE, WSGI, file, ("nixpacks.toml", &ends)]);
}
