#!/usr/bin/env bash
# With --workers uvicorn's parent starts workers again that cannot load the app, without a pause and for ever; alone, the same app ends it
# with 1.
#
# The service looks alive to whoever watches processes, never listens, and fills the log with one traceback. This tool waits for a port, so
# that it fails, and names the error of the app from the log. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install uvicorn==0.54.0
echo 'raise RuntimeError("low water")' > raises.py
code=0
timeout 60 venv/bin/uvicorn raises:app --port 0 > one.txt 2>&1 || code=$?
echo "without --workers: exit code $code"
[ "$code" = 1 ] || { echo "changed: it was 1"; exit 1; }
code=0
timeout 15 venv/bin/uvicorn raises:app --port 0 --workers 2 > two.txt 2>&1 || code=$?
deaths=$(grep -c 'Child process .* died' two.txt || true)
errors=$(grep -c '^RuntimeError: low water' two.txt || true)
echo "with --workers 2: exit code $code after 15 s (124: ended from outside), $deaths deaths of workers, $errors times the same error"
[ "$code" = 124 ] && [ "$errors" -ge 6 ] && [ "$deaths" -ge 4 ] || { echo "changed: it went on for ever"; tail -n 20 two.txt; exit 1; }
