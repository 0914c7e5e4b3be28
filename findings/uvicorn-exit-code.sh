#!/usr/bin/env bash
# uvicorn's exit code for an app that it cannot find is 1 up to 0.49.0 and 3 from 0.50.0 on; an exception that the app's own module
# raises still ends it with 1.
#
# 3 is also what gunicorn ends with when a worker fails to boot, so the code alone does not tell one server, or one cause, from
# another. No rule of this tool goes by it: the line `Error loading ASGI app` does. Seen on CPython 3.11.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
code() { venv/bin/uvicorn "$1" > out.txt 2>&1 && echo 0 || echo $?; }
want() {
  echo "uvicorn $1, $2: exit code $3"
  [ "$3" = "$4" ] || { echo "changed: it was $4"; cat out.txt; exit 1; }
}
echo 'raise RuntimeError("low water")' > raises.py
echo 'application = None' > main.py
for release in 0.49.0:1 0.50.0:3 0.54.0:3; do
  venv/bin/pip --quiet --disable-pip-version-check install "uvicorn==${release%:*}"
  want "${release%:*}" "a module that is not there" "$(code nowhere:app)" "${release#*:}"
  want "${release%:*}" "an attribute that is not there" "$(code main:app)" "${release#*:}"
  want "${release%:*}" "a module that raises" "$(code raises:app)" 1
done
