#!/usr/bin/env bash
# django-tasks 0.12.0 has no backends for a database and for RQ any more; they are the packages django-tasks-db and django-tasks-rq, which
# nothing requires.
#
#   ModuleNotFoundError: No module named 'django_tasks.backends.database'
#
# The settings of every guide name `django_tasks.backends.database` in INSTALLED_APPS, so that an unpinned `django-tasks` ends every command of
# manage.py, migrate and the web server with them, and the traceback has no file of the project but manage.py. Neither the old names nor the
# command db_worker are kept. The rule `dependency-version-incompatible` names the new package; the tool had taken it for a module of the project
# that was not committed. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > settings.py <<'END'
import importlib.util

AT = "django_tasks_db" if importlib.util.find_spec("django_tasks_db") else "django_tasks.backends.database"
SECRET_KEY = "low water"
INSTALLED_APPS = [AT]
TASKS = {"default": {"BACKEND": AT + ".DatabaseBackend"}}
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "tides.db"}}
END
export DJANGO_SETTINGS_MODULE=settings PYTHONPATH=$work
try() { # requirements
  python3 -m venv --clear venv
  # shellcheck disable=SC2086
  venv/bin/pip --quiet --disable-pip-version-check install $1
  local end=ends
  venv/bin/python -m django db_worker --help > out.txt 2>&1 || end=$(tail -1 out.txt)
  echo "$1: ${end/#ends/has a db_worker}" | tee -a found.txt
}
try "django==6.0.9 django-tasks==0.11.0"
try "django==6.0.9 django-tasks==0.12.0"
try "django==6.0.9 django-tasks-db==0.13.0"
cat > expected.txt <<'END'
django==6.0.9 django-tasks==0.11.0: has a db_worker
django==6.0.9 django-tasks==0.12.0: ModuleNotFoundError: No module named 'django_tasks.backends.database'
django==6.0.9 django-tasks-db==0.13.0: has a db_worker
END
diff expected.txt found.txt || { echo "changed"; exit 1; }
