#!/usr/bin/env bash
# `uvicorn --host ::` takes connections over IPv6 and refuses those over IPv4, while `uvicorn --host :: --workers 2`, Hypercorn's
# `--bind '[::]:PORT'` and gunicorn's take both on the same machine.
#
# A single process lets asyncio open the socket, which sets IPV6_V6ONLY on every one of IPv6. With workers uvicorn binds it itself, and
# the kernel's default (both) stands. So the same words answer or not by the number of workers, and `::`, which a platform with a
# private network over IPv6 asks for, shuts out its public one. `shakedown check` tells it as listens-on-ipv6-alone. Seen on CPython 3.11.
set -euo pipefail
work=$(mktemp -d)
trap 'kill $(jobs -p) 2> /dev/null || true; rm -rf "$work"' EXIT
cd "$work"
if [ "$(cat /proc/sys/net/ipv6/bindv6only)" != 0 ]; then echo "this machine's IPv6 sockets take IPv6 alone by default"; exit 1; fi
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install uvicorn==0.54.0 hypercorn==0.18.0 gunicorn==26.1.0
cat > app.py <<'PY'
async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ahoy"})


def wsgi(environ, start_response):
    start_response("200 OK", [])
    return [b"ahoy"]
PY
# answers ADDRESS PORT: "yes" or "no", asked for 15 s where an answer is hoped for.
answers() {
  python3 - "$1" "$2" "$3" <<'PY'
import sys, time, urllib.request
address, port, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
end = time.monotonic() + seconds
while True:
    try:
        urllib.request.urlopen(f"http://{address}:{port}/", timeout=2).read()
        print("yes")
        break
    except OSError:
        if time.monotonic() > end:
            print("no")
            break
        time.sleep(0.2)
PY
}
# try PORT IPV4 COMMAND...: over IPv6 it answers always, over IPv4 as said.
try() {
  local port=$1 wanted=$2
  shift 2
  venv/bin/"$@" > out.txt 2>&1 &
  local server=$! six four
  six=$(answers '[::1]' "$port" 15)
  four=$(answers 127.0.0.1 "$port" 0)
  kill "$server" && wait "$server" || true
  echo "$*: over IPv6 $six, over IPv4 $four"
  [ "$six $four" = "yes $wanted" ] || { echo "changed: it was yes and $wanted"; cat out.txt; exit 1; }
}
try 18231 no uvicorn app:asgi --host :: --port 18231
try 18232 yes uvicorn app:asgi --host :: --port 18232 --workers 2
try 18233 yes hypercorn app:asgi --bind '[::]:18233'
try 18234 yes gunicorn app:wsgi --bind '[::]:18234'
