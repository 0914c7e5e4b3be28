#!/usr/bin/env bash
# WEB_CONCURRENCY ends an app that calls `uvicorn.run(app)` with the app itself: exit code 3, and one warning, which names another cause.
#
#   WARNING:  You must pass the application as an import string to enable 'reload' or 'workers'.
#
# The call names neither. uvicorn takes the variable for `workers` (Config in uvicorn/config.py), wherever the call leaves it out, and from two on
# `run` exits. The same variable is harmless to `uvicorn main:app`, gunicorn and Hypercorn, so that it is set for a platform's whole environment, and
# the service that starts by `python main.py` never comes up. The check `uvicorn-wants-import-string` says so, and the rule of that name, where the
# tool had told to drop --reload. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install uvicorn==0.54.0 gunicorn==27.0.1 hypercorn==0.18.0
cat > tides.py <<'TXT'
import sys

import uvicorn


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"high"})


if __name__ == "__main__":
    more = {"one": {"workers": 1}}.get(sys.argv[1], {})
    uvicorn.run("tides:app" if sys.argv[1] == "text" else app, port=18651, **more)
TXT
try() { # the variable's value, the command
  local value=$1 said= code=0
  shift
  WEB_CONCURRENCY=$value PATH=$PWD/venv/bin:$PATH "$@" > out.txt 2>&1 &
  local server=$!
  for _ in $(seq 60); do
    said=$(curl --silent --noproxy '*' http://127.0.0.1:18651/) && break
    kill -0 "$server" 2> /dev/null || break
    sleep 0.3
  done
  kill "$server" 2> /dev/null || true
  wait "$server" || code=$?
  echo "WEB_CONCURRENCY=$value $*: ${said:-exit code $code, $(grep -o 'You must.*' out.txt)}" | tee -a found.txt
  sleep 1
}
try 1 python tides.py app
try 2 python tides.py app
try 2 python tides.py one
try 2 python tides.py text
try 2 uvicorn tides:app --port 18651
try 2 gunicorn -k asgi tides:app --bind 127.0.0.1:18651
try 2 hypercorn tides:app --bind 127.0.0.1:18651
cat > expected.txt <<'TXT'
WEB_CONCURRENCY=1 python tides.py app: high
WEB_CONCURRENCY=2 python tides.py app: exit code 3, You must pass the application as an import string to enable 'reload' or 'workers'.
WEB_CONCURRENCY=2 python tides.py one: high
WEB_CONCURRENCY=2 python tides.py text: high
WEB_CONCURRENCY=2 uvicorn tides:app --port 18651: high
WEB_CONCURRENCY=2 gunicorn -k asgi tides:app --bind 127.0.0.1:18651: high
WEB_CONCURRENCY=2 hypercorn tides:app --bind 127.0.0.1:18651: high
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
