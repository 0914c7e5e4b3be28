#!/usr/bin/env bash
# taskiq's parent starts workers again that cannot import the broker's module, one round a second and for ever; dramatiq, arq and celery
# end with 1, 1 and 2 on the same module.
#
# A worker listens on nothing, so that nobody but its log tells that it never took a task: the platform sees a process that runs. Its
# scheduler ends with 1. This tool took the parent for a worker that stays up; the same error again and again, out of new processes,
# now fails it. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install taskiq==0.13.0 dramatiq==2.2.1 arq==0.28.0 celery==5.7.0
echo 'raise RuntimeError("low water")' > tide.py
want() {
  local wanted=$1 code=0
  shift
  PATH=$PWD/venv/bin:$PATH PYTHONPATH=. timeout 20 "$@" > out.txt 2>&1 || code=$?
  errors=$(grep -c '^RuntimeError: low water' out.txt || true)
  echo "$*: exit code $code, $errors times the error"
  [ "$code" = "$wanted" ] || { echo "changed: it was $wanted"; tail -n 20 out.txt; exit 1; }
}
want 1 taskiq scheduler tide:scheduler
want 1 dramatiq tide
want 1 arq tide.Settings
want 2 celery -A tide worker
want 124 taskiq worker tide:broker --workers 1
[ "$errors" -ge 4 ] || { echo "changed: it tried again and again"; tail -n 20 out.txt; exit 1; }
