#!/usr/bin/env bash
# gunicorn 26.0.0 and later have no worker `eventlet`, and say of it, with eventlet installed, what they say of a package that is not there.
#
#   Error: class uri 'eventlet' invalid or not found:
#
# Flask-SocketIO's own documentation started apps by `gunicorn --worker-class eventlet -w 1` for years. gunicorn/workers/geventlet.py went with 26.0.0, the extra
# `eventlet` too, which pip passes over with a warning. Installing eventlet again cures nothing: it takes `gunicorn<26`, or `-k gthread --threads 100`
# without eventlet, since Flask-SocketIO chooses eventlet wherever it is installed. The check `worker-class-unknown` and the rule of that name say so,
# with the edit; the tool took it for a package that is missing. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
cat > tides.py <<'TXT'
from flask import Flask
from flask_socketio import SocketIO

app = Flask(__name__)
socketio = SocketIO(app)


@app.get("/")
def tide():
    return "high, by " + socketio.async_mode
TXT
try() { # the release, the worker's options
  local release=$1 code=0
  shift
  PATH=$PWD/venv/bin:$PATH gunicorn "$@" tides:app --bind 127.0.0.1:18641 > out.txt 2>&1 &
  local server=$! said=
  for _ in $(seq 60); do
    said=$(curl --silent --noproxy '*' http://127.0.0.1:18641/) && break
    kill -0 "$server" 2> /dev/null || break
    sleep 0.3
  done
  kill "$server" 2> /dev/null || true
  wait "$server" || code=$?
  echo "gunicorn $release $*: ${said:-exit code $code, $(grep -o "class uri .* not found" out.txt)}" | tee -a found.txt
}
for release in 25.3.0 26.0.0 27.0.1; do
  venv/bin/pip --quiet --disable-pip-version-check install "gunicorn==$release" eventlet==0.41.3 flask==3.1.3 flask-socketio==5.7.0 simple-websocket==1.1.0
  try "$release" -k eventlet -w 1
done
try 27.0.1 -k gthread --threads 100
venv/bin/pip --quiet --disable-pip-version-check uninstall --yes eventlet
try 27.0.1 -k gthread --threads 100
cat > expected.txt <<'TXT'
gunicorn 25.3.0 -k eventlet -w 1: high, by eventlet
gunicorn 26.0.0 -k eventlet -w 1: exit code 1, class uri 'eventlet' invalid or not found
gunicorn 27.0.1 -k eventlet -w 1: exit code 1, class uri 'eventlet' invalid or not found
gunicorn 27.0.1 -k gthread --threads 100: high, by eventlet
gunicorn 27.0.1 -k gthread --threads 100: high, by threading
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
