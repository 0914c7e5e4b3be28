#!/usr/bin/env bash
# honcho's .env beats the variables of the environment, PORT among them; python-dotenv, `flask run` and `quart run` let those that are set
# stand.
#
# A .env that a deploy carries along is harmless beside those, and with `honcho start` or `honcho run` it takes the place of what the
# platform was told: the database of the laptop, the port 5000. The check `honcho-env-file-wins` says so. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install honcho==2.0.0 python-dotenv==1.2.4 flask==3.1.3 quart==0.22.0
printf 'HARBOUR=laptop\nPORT=5000\n' > .env
echo 'web: python3 tell.py' > Procfile
echo 'import os; print("HARBOUR", os.environ["HARBOUR"], "PORT", os.environ["PORT"])' > tell.py
echo 'import flask, tell; app = flask.Flask("tides")' > by_flask.py
echo 'import quart, tell; app = quart.Quart("tides")' > by_quart.py
try() { echo "$*: $(HARBOUR=platform PORT=8080 PATH=$PWD/venv/bin:$PATH "$@" 2>&1 | grep -o 'HARBOUR.*')" | tee -a found.txt; }
try honcho run python3 tell.py
try honcho --no-colour start
try dotenv run --no-override python3 tell.py
try python3 -c 'import dotenv; dotenv.load_dotenv(".env"); import tell'
try flask --app by_flask routes
try quart --app by_quart routes
cat > expected.txt <<'TXT'
honcho run python3 tell.py: HARBOUR laptop PORT 5000
honcho --no-colour start: HARBOUR laptop PORT 5000
dotenv run --no-override python3 tell.py: HARBOUR platform PORT 8080
python3 -c import dotenv; dotenv.load_dotenv(".env"); import tell: HARBOUR platform PORT 8080
flask --app by_flask routes: HARBOUR platform PORT 8080
quart --app by_quart routes: HARBOUR platform PORT 8080
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
