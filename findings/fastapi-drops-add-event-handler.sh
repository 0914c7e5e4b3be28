#!/usr/bin/env bash
# `app.add_event_handler("startup", …)` ends a FastAPI app where Starlette is 1.0 or newer, and the same FastAPI runs it where Starlette is older.
#
#   AttributeError: 'FastAPI' object has no attribute 'add_event_handler'
#
# FastAPI had the method from Starlette, which dropped its handlers of events with 1.0.0. FastAPI wrote some of them anew for itself: `on_event`, the
# arguments `on_startup` and `on_shutdown`, and `add_event_handler` of the router, but not of the app. So two ways of saying one thing part, by the
# release of a package that the project never named. FastAPI lets Starlette 1.0 in from 0.133 on. The check and the rule
# `dependency-version-incompatible` say so, with the edit (`app.router.add_event_handler`), where it was an error of the code. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
cat > tell.py <<'TXT'
import asyncio
import warnings
from importlib.metadata import version

from fastapi import FastAPI

warnings.simplefilter("ignore")
ran = []


def fill():
    ran.append("filled")


async def start_up(app):
    said = asyncio.Queue()
    for word in ("startup", "shutdown"):
        said.put_nowait({"type": f"lifespan.{word}"})

    async def send(message):
        pass

    await app({"type": "lifespan", "app": app, "state": {}}, said.get, send)


ways = {
    "on_startup": lambda: FastAPI(on_startup=[fill]),
    "on_event": lambda app: app.on_event("startup")(fill),
    "router.add_event_handler": lambda app: app.router.add_event_handler("startup", fill),
    "add_event_handler": lambda app: app.add_event_handler("startup", fill),
}
told = []
for way, say in ways.items():
    ran.clear()
    try:
        app = FastAPI() if say.__code__.co_argcount else say()
        if say.__code__.co_argcount:
            say(app)
        asyncio.run(start_up(app))
        told.append(f"{way} {ran[0] if ran else 'never ran'}")
    except AttributeError as error:
        told.append(f"{way}: {error}")
print(f"FastAPI {version('fastapi')}, Starlette {version('starlette')}: {'; '.join(told)}")
TXT
for pair in 0.135.0:0.52.1 0.135.0:1.0.0 0.165.0:1.10.0; do
  venv/bin/pip --quiet --disable-pip-version-check install "fastapi==${pair%:*}" "starlette==${pair#*:}"
  venv/bin/python tell.py | tee -a found.txt
done
cat > expected.txt <<'TXT'
FastAPI 0.135.0, Starlette 0.52.1: on_startup filled; on_event filled; router.add_event_handler filled; add_event_handler filled
FastAPI 0.135.0, Starlette 1.0.0: on_startup filled; on_event filled; router.add_event_handler filled; add_event_handler: 'FastAPI' object has no attribute 'add_event_handler'
FastAPI 0.165.0, Starlette 1.10.0: on_startup filled; on_event filled; router.add_event_handler filled; add_event_handler: 'FastAPI' object has no attribute 'add_event_handler'
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
