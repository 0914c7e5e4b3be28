use super::{fires, silent};
use crate::finding::Severity;

const DJANGO: (&str, &str) = ("requirements.txt", "django==5.1.4\ngunicorn==23.0.0\n");
const MANAGE: (&str, &str) = ("manage.py", "");
const HEALTH: (&str, &str) = ("railway.json", r#"{"deploy": {"healthcheckPath": "/health"}}"#);

fn settings(more: &str) -> String {
    format!("WSGI_APPLICATION = 'shop.wsgi.application'\n{more}\n")
}

#[test]
fn hosts_that_the_health_check_needs() {
    for hosts in ["ALLOWED_HOSTS = []", "ALLOWED_HOSTS = ['example.org', ]  # ours"] {
        fires(
            "django-allowed-hosts",
            "shop/settings.py:2",
            &[DJANGO, MANAGE, HEALTH, ("shop/settings.py", &settings(hosts))],
        );
    }
    for hosts in [
        "ALLOWED_HOSTS = ['*']",
        "ALLOWED_HOSTS = ['.railway.app']",
        "ALLOWED_HOSTS = os.environ['HOSTS'].split()",
        "ALLOWED_HOSTS = ['a']\nALLOWED_HOSTS += [b]",
    ] {
        let hosts = hosts.replace("+=", "= ALLOWED_HOSTS +");
        silent("django-allowed-hosts", &[DJANGO, MANAGE, HEALTH, ("shop/settings.py", &settings(&hosts))]);
    }
    silent("django-allowed-hosts", &[DJANGO, MANAGE, ("shop/settings.py", &settings("ALLOWED_HOSTS = []"))]);
}

#[test]
fn collectstatic_without_a_place() {
    let build = ("nixpacks.toml", "[phases.build]\ncmds = [\"python manage.py collectstatic --noinput\"]\n");
    let severity = |more: &str, file: &str| {
        let files = [DJANGO, MANAGE, build, ("shop/settings.py", &settings(more)), (file, "")];
        fires("collectstatic-failed", "shop/settings.py", &files).severity
    };
    let bare = "INSTALLED_APPS = [\n    'django.contrib.staticfiles',\n    # 'django.contrib.admin',\n    'shop',\n]";
    assert_eq!(severity(bare, "shop/views.py"), Severity::Warning);
    assert_eq!(severity(bare, "shop/static/shop.css"), Severity::Error);
    assert_eq!(severity("", "shop/views.py"), Severity::Error);
    assert_eq!(severity(&bare.replace("# ", ""), "shop/views.py"), Severity::Error);
    assert_eq!(severity(&bare.replace("'shop'", "'rest_framework'"), "shop/views.py"), Severity::Error);
    assert_eq!(severity(&format!("{bare}\nSTATICFILES_DIRS = [BASE_DIR / 'web']"), "web/a.css"), Severity::Error);
    let whitenoise =
        "BASE_DIR = Path(__file__).parent\nSTORAGES = {'staticfiles': {'BACKEND': 'whitenoise.storage.X'}}";
    let found = fires(
        "collectstatic-failed",
        "shop/settings.py",
        &[DJANGO, MANAGE, build, ("shop/settings.py", &settings(whitenoise))],
    );
    assert_eq!(found.fixes.len(), 1);
    let bucket = settings("STORAGES = {'staticfiles': {'BACKEND': 'storages.backends.s3.S3Storage'}}");
    silent("collectstatic-failed", &[DJANGO, MANAGE, build, ("shop/settings.py", &bucket)]);
    silent("collectstatic-failed", &[DJANGO, MANAGE, build, ("shop/settings.py", &settings("STATIC_ROOT = 'static'"))]);
    silent("collectstatic-failed", &[DJANGO, MANAGE, ("shop/settings.py", &settings(""))]);
}

#[test]
fn a_comment_that_adds_packages() {
    fires(
        "package-by-mention",
        "requirements.txt:1",
        &[("requirements.txt", "# not using cairo\nflask==3.0.0\n"), ("main.py", "")],
    );
    silent("package-by-mention", &[("requirements.txt", "psycopg2==2.9.10\n"), ("main.py", "")]);
}

#[test]
fn an_environment_in_the_repository() {
    let files = [DJANGO, ("main.py", ""), ("venv/pyvenv.cfg", ""), (".git/HEAD", "")];
    fires("committed-venv", "venv", &files);
    silent("committed-venv", &[&files[..], &[(".gitignore", "venv/\n")]].concat());
    silent("committed-venv", &[&files[..], &[("venv/.gitignore", "*\n")]].concat());
}

#[test]
fn origins_without_their_scheme() {
    let bare = settings("CSRF_TRUSTED_ORIGINS = ['shop.up.railway.app', 'https://example.org']");
    fires("django-csrf-origin", "shop/settings.py:2", &[DJANGO, MANAGE, ("shop/settings.py", &bare)]);
    let whole = settings("CSRF_TRUSTED_ORIGINS = ['https://shop.up.railway.app']");
    silent("django-csrf-origin", &[DJANGO, MANAGE, ("shop/settings.py", &whole)]);
    silent("django-csrf-origin", &[("requirements.txt", "django==3.2.25\n"), MANAGE, ("shop/settings.py", &bare)]);
}

#[test]
fn a_setting_that_django_reads_and_nixpacks_does_not() {
    let tight = ("shop/settings.py", "WSGI_APPLICATION='shop.wsgi.application'\n");
    let found = super::found(&[DJANGO, MANAGE, tight]);
    let found = found.iter().find(|found| found.rule == "django-wsgi-not-found").unwrap();
    assert_eq!(found.fixes[0].summary, "write it as Nixpacks looks for it");
}

#[test]
fn a_setting_that_django_no_longer_reads_sets_no_manifest() {
    let told = |django: &str| {
        let settings = "WSGI_APPLICATION = 'harbour.wsgi.application'\nINSTALLED_APPS = ['django.contrib.staticfiles']\nMIDDLEWARE = ['whitenoise.middleware.WhiteNoiseMiddleware']\n\
                        STATICFILES_STORAGE = 'whitenoise.storage.CompressedManifestStaticFilesStorage'\nSTATIC_ROOT = 'static'\n";
        let dir = crate::folder::folder(&[
            ("requirements.txt", &format!("{django}\ngunicorn\nwhitenoise\n")),
            ("manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'harbour.settings')\n"),
            ("harbour/__init__.py", ""),
            ("harbour/settings.py", settings),
            (
                "harbour/wsgi.py",
                "import os\nfrom django.core.wsgi import get_wsgi_application\n\
                 os.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", \"harbour.settings\")\napplication = get_wsgi_application()\n",
            ),
            ("templates/home.html", "{% load static %}{% static 'a.css' %}\n"),
            ("Procfile", "web: gunicorn harbour.wsgi\n"),
        ]);
        let found = super::findings(&dir, &[]);
        found
            .into_iter()
            .find(|found| found.rule == "static-files-not-collected")
            .map(|found| (found.severity, found.message))
    };
    for old in ["Django==4.2.16", "django>=4.2,<5", "django~=5.0.0"] {
        assert_eq!(told(old).unwrap().0, Severity::Error, "{old}");
    }
    for new in ["Django==5.1.3", "django", "django>=4.2"] {
        let (severity, message) = told(new).unwrap();
        assert_eq!(severity, Severity::Warning, "{new}");
        assert!(message.contains("reads STORAGES since 5.1"), "{message}");
    }
}
