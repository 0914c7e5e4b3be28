#!/usr/bin/env bash
# `uvicorn.run("tides:app", workers=2)` in the app's own script never serves where the script takes long to load: the parent ends each process that has
# not answered for 5 s, starts it again, and says nothing of why. `uvicorn tides:app --workers 2` serves the same app.
#
#   INFO:     Child process [24] died
#
# A process answers its parent from a thread of its own while it loads the app. But multiprocessing first runs the script that was started, and the thread
# begins only after it: by `python tides.py` that is the app with all its imports, by uvicorn's command a few lines. Models that are loaded where the module
# is read take longer than that on a small machine. The port is open all the while, since the parent bound it, and nothing answers. The same holds for the
# variable WEB_CONCURRENCY, where the call leaves `workers` out; `timeout_worker_healthcheck` helps (uvicorn/supervisors/multiprocess.py). The rule
# `worker-timeout` says so, where nothing named a cause. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install uvicorn==0.54.0
cat > tides.py <<'TXT'
import sys
import time

import uvicorn

time.sleep(12)  # as loading a model does


async def app(scope, receive, send):
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"high"})


if __name__ == "__main__":
    more = {"timeout_worker_healthcheck": 60} if "longer" in sys.argv else {}
    uvicorn.run("tides:app", port=int(sys.argv[1]), workers=2, **more)
TXT
try() { # seconds, the port, the command
  local ended=$((SECONDS + $1)) port=$2 said=nothing
  shift 2
  PATH=$PWD/venv/bin:$PATH setsid "$@" > out.txt 2>&1 &
  local server=$!
  while [ $SECONDS -lt $ended ]; do
    said=$(curl --silent --max-time 2 --noproxy '*' "http://127.0.0.1:$port/") && break
    said=nothing
    sleep 0.5
  done
  local deaths="no process died" errors
  [ "$(grep -c 'Child process .* died' out.txt)" -lt 2 ] || deaths="processes died again and again"
  errors=$(grep -ciE 'error|traceback|warn' out.txt || true)
  kill -KILL -- "-$server"
  wait "$server" 2> /dev/null || true
  echo "$*: $said, $deaths, $errors words of an error" | sed "s/ $port/ PORT/" | tee -a found.txt
}
try 45 18671 python tides.py 18671
try 90 18672 python tides.py 18672 longer
try 90 18673 uvicorn tides:app --port 18673 --workers 2
cat > expected.txt <<'TXT'
python tides.py PORT: nothing, processes died again and again, 0 words of an error
python tides.py PORT longer: high, no process died, 0 words of an error
uvicorn tides:app --port PORT --workers 2: high, no process died, 0 words of an error
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
