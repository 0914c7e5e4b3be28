#!/usr/bin/env bash
# Hypercorn's exit code is 0 when the app's own module raises while it is loaded, with one worker and with two; uvicorn, granian and daphne
# end with 1 and gunicorn with 3.
#
# A platform that starts a service again only after a failure takes that end for a job that is done, and shows no crash. This tool goes by
# what was started: a server that ends is a failure, whatever its code. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install hypercorn==0.18.0 uvicorn==0.54.0 granian==2.8.9 daphne==4.2.3 gunicorn==27.0.1
echo 'raise RuntimeError("low water")' > raises.py
want() {
  local wanted=$1 code=0
  shift
  PATH=$PWD/venv/bin:$PATH timeout 60 "$@" > out.txt 2>&1 || code=$?
  echo "$*: exit code $code"
  grep -q 'RuntimeError: low water' out.txt || { echo "changed: the error is not shown"; cat out.txt; exit 1; }
  [ "$code" = "$wanted" ] || { echo "changed: it was $wanted"; cat out.txt; exit 1; }
}
want 0 hypercorn raises:app --bind 127.0.0.1:0
want 0 hypercorn raises:app --bind 127.0.0.1:0 --workers 2
want 1 uvicorn raises:app --port 0
want 1 granian --interface asgi raises:app --port 18471
want 1 daphne raises:app --port 0
want 3 gunicorn raises:app --bind 127.0.0.1:0
