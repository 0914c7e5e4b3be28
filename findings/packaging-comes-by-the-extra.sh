#!/usr/bin/env bash
# gunicorn from 26.1.0 and kombu from 5.7.0 bring `packaging` by their extras alone, and import it for gevent and Redis whoever installed those.
#
# `gunicorn` and `gevent`, `celery` and `redis` on lines of their own are a usual way, and worked: gunicorn 26.0 and kombu 5.6 required packaging of
# everybody. Now gunicorn/workers/ggevent.py and kombu/transport/redis.py import what only gunicorn[gevent] and celery[redis] install:
#
#   Error: class uri 'gevent' invalid or not found:
#   ModuleNotFoundError: No module named 'packaging'
#
# gunicorn's first line names gevent, which is installed. A web app that only sends tasks starts well, and fails at the first of them. The rule
# `missing-python-module` names packaging and the extra, where it was a start module, and a run asks what it installed (`import-not-required`). Seen
# on CPython 3.12, whose venvs have no setuptools to bring it by chance.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > tides.py <<'TXT'
def app(environ, start_response):
    start_response("200 OK", [])
    return [b"high"]
TXT
cat > queue_it.py <<'TXT'
from celery import Celery

print("the app is made:", Celery("tides", broker="redis://127.0.0.1:1/0").main)
try:
    print(Celery("tides", broker="redis://127.0.0.1:1/0").connection().transport_cls)
except ModuleNotFoundError as error:
    print(error)
TXT
fresh() { python3 -m venv --clear venv && venv/bin/pip --quiet --disable-pip-version-check install "$@"; }
served() { # a note
  PATH=$PWD/venv/bin:$PATH timeout 6 gunicorn -k gevent tides:app --bind 127.0.0.1:18642 > out.txt 2>&1 || true
  echo "$1: $(grep -oE "class uri .* not found|No module named .*|Using worker: .*" out.txt | tr '\n' ';')" | tee -a found.txt
}
queued() { echo "$1: $(venv/bin/python queue_it.py | tr '\n' ';')" | tee -a found.txt; }
fresh gunicorn==26.0.0 gevent==26.9.0
served "gunicorn 26.0.0 and gevent"
fresh gunicorn==27.0.1 gevent==26.9.0
served "gunicorn 27.0.1 and gevent"
fresh 'gunicorn[gevent]==27.0.1' gevent==26.9.0
served "gunicorn[gevent] 27.0.1"
fresh celery==5.6.3 kombu==5.6.2 redis==6.4.0
queued "celery 5.6.3 and redis"
fresh celery==5.7.0 kombu==5.7.0 redis==8.1.0
queued "celery 5.7.0 and redis"
fresh 'celery[redis]==5.7.0' kombu==5.7.0
queued "celery[redis] 5.7.0"
cat > expected.txt <<'TXT'
gunicorn 26.0.0 and gevent: Using worker: gevent;
gunicorn 27.0.1 and gevent: class uri 'gevent' invalid or not found;No module named 'packaging';
gunicorn[gevent] 27.0.1: Using worker: gevent;
celery 5.6.3 and redis: the app is made: tides;redis;
celery 5.7.0 and redis: the app is made: tides;No module named 'packaging';
celery[redis] 5.7.0: the app is made: tides;redis;
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
