#!/usr/bin/env bash
# Starlette 1.0 reads `TemplateResponse("index.html", {"request": request})` as a request and a name, and fails inside of Jinja.
#
# FastAPI's and Starlette's own examples had that form until 0.29, which took both, with a warning. 1.0.0 dropped the old one and checks no type: the
# name is the request, the dict is the name of the template, and its hash is asked for by Jinja's cache:
#
#   TypeError: unhashable type: 'dict'
#
# So an unpinned `fastapi` starts well, listens, and answers each such page with 500, by an error that speaks of neither.
# `TemplateResponse(name="index.html", context={"request": request})` has a clear one. The check `template-response-old-form` says so where a release
# from 1.0 is installed or may be, with the edit, and the rule of that name where the log has it, which was an error of the code. Seen on CPython
# 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
mkdir templates
echo '{{ tide }} water' > templates/index.html
cat > tell.py <<'TXT'
import asyncio
import warnings
from importlib.metadata import version

from starlette.requests import Request
from starlette.templating import Jinja2Templates

warnings.simplefilter("ignore")
templates = Jinja2Templates(directory="templates")
request = Request({"type": "http", "method": "GET", "path": "/", "headers": []})
forms = {
    "the old form": lambda: templates.TemplateResponse("index.html", {"request": request, "tide": "high"}),
    "by names": lambda: templates.TemplateResponse(name="index.html", context={"request": request, "tide": "high"}),
    "the new form": lambda: templates.TemplateResponse(request, "index.html", {"tide": "high"}),
}
for form, respond in forms.items():
    try:
        said = respond().body.decode()
    except TypeError as error:
        said = f"TypeError: {error}"
    print(f"Starlette {version('starlette')}, {form}: {said}")
TXT
for release in 0.52.1 1.0.0 1.10.0; do
  venv/bin/pip --quiet --disable-pip-version-check install "starlette==$release" jinja2==3.1.6
  venv/bin/python tell.py | tee -a found.txt
done
cat > expected.txt <<'TXT'
Starlette 0.52.1, the old form: high water
Starlette 0.52.1, by names: high water
Starlette 0.52.1, the new form: high water
Starlette 1.0.0, the old form: TypeError: unhashable type: 'dict'
Starlette 1.0.0, by names: TypeError: Jinja2Templates.TemplateResponse() missing 1 required positional argument: 'request'
Starlette 1.0.0, the new form: high water
Starlette 1.10.0, the old form: TypeError: unhashable type: 'dict'
Starlette 1.10.0, by names: TypeError: Jinja2Templates.TemplateResponse() missing 1 required positional argument: 'request'
Starlette 1.10.0, the new form: high water
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
