#!/usr/bin/env bash
# Daphne serves an app whose start-up it never ran: it knows nothing of ASGI's lifespan, and says nothing of it.
#
# What FastAPI, Starlette, Quart and Litestar do in `lifespan` or `on_startup` (open the pool, load the model, create the tables) is left out. The
# log says `Listening`, a page that needs none of it answers 200, and the others fail with an error of the app's own. uvicorn, hypercorn, granian
# and gunicorn's asgi worker run it. The check `lifespan-not-run` says so. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install daphne==4.2.3 uvicorn==0.54.0 hypercorn==0.18.0 granian==2.8.9 gunicorn==27.0.1 starlette==1.10.0
cat > tides.py <<'TXT'
import contextlib

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

pool = []


@contextlib.asynccontextmanager
async def lifespan(app):
    pool.append("open")
    yield


async def health(request):
    return PlainTextResponse("pool " + (pool[0] if pool else "was never opened"))


app = Starlette(lifespan=lifespan, routes=[Route("/", health)])
TXT
port=18611
try() { # the server's name, its command
  local name=$1 said=
  shift
  PATH=$PWD/venv/bin:$PATH "$@" > out.txt 2>&1 &
  local server=$!
  for _ in $(seq 100); do
    said=$(curl --silent --noproxy '*' "http://127.0.0.1:$port/") && break
    sleep 0.3
  done
  kill "$server"
  wait "$server" || true
  echo "$name: $said" | tee -a found.txt
  port=$((port + 1))
}
try daphne daphne -p $port tides:app
grep -ci lifespan out.txt | sed 's/^/lines of its log that speak of lifespan: /' | tee -a found.txt || true
try uvicorn uvicorn tides:app --port $port
try hypercorn hypercorn tides:app --bind 127.0.0.1:$port
try granian granian --interface asgi tides:app --port $port
try gunicorn gunicorn -k asgi tides:app --bind 127.0.0.1:$port
cat > expected.txt <<'TXT'
daphne: pool was never opened
lines of its log that speak of lifespan: 0
uvicorn: pool open
hypercorn: pool open
granian: pool open
gunicorn: pool open
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
