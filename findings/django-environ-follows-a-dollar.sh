#!/usr/bin/env bash
# django-environ takes a value that begins with `$` for the name of another variable: with a default it returns the default in silence,
# without one it names a variable that nobody ever wrote.
#
#   ImproperlyConfigured: Set the tides9 environment variable
#
# So a variable that is set on the platform counts as absent. Django's own generator of keys draws from 50 characters, `$` among them: one
# key in fifty begins with it. `env.db_url` is different and keeps a password that begins so, as do environs and python-decouple.
# The check `value-taken-for-a-name` says so where the value is given, and the rule `invalid-env-var` where only the log is. Seen on
# CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install django-environ==0.14.0 django==5.2.8 environs==15.2.0 python-decouple==3.8
cat > tell.py <<'TXT'
import os

import decouple
import environ
import environs
from django.core.management.utils import get_random_secret_key

os.environ["HARBOUR"] = "$tides9"
env = environ.Env()
print("environs:", environs.Env().str("HARBOUR"))
print("decouple:", decouple.config("HARBOUR"))
print("django-environ with a default:", env("HARBOUR", default="the default"))
try:
    print("django-environ without one:", env("HARBOUR"))
except environ.ImproperlyConfigured as error:
    print("django-environ without one:", error)
os.environ["tides9"] = "another"
print("where that one is set:", env("HARBOUR"))
os.environ["DATABASE_URL"] = "postgres://tide:$low@db/tides"
print("in a URL:", env.db()["PASSWORD"])
keys = [get_random_secret_key() for _ in range(20000)]
print("keys that begin so: about 1 in", round(20000 / sum(key.startswith("$") for key in keys) / 10) * 10)
TXT
venv/bin/python tell.py | tee found.txt
cat > expected.txt <<'TXT'
environs: $tides9
decouple: $tides9
django-environ with a default: the default
django-environ without one: Set the tides9 environment variable
where that one is set: another
in a URL: $low
keys that begin so: about 1 in 50
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
