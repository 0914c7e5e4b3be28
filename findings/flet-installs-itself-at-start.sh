#!/usr/bin/env bash
# Flet 1.0.5 without its extra `web` installs the package flet-web when the app is started, with the pip that it finds.
#
# An app that `pip install flet` was enough for locally starts, in a container without a screen, with a download: each start of each
# replica asks the index, and where none answers, or the environment has no pip (uv makes none), the app ends with exit code 1:
#
#   Installing flet-web 1.0.5 package...Unable to install "flet-web" package.
#
# With flet[web] in the requirements nothing is installed. Seen on CPython 3.11. The check `flet-web-missing` says so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install flet==1.0.5
cat > main.py <<'END'
import flet as ft


def main(page: ft.Page):
    page.add(ft.Text("Tides"))


ft.run(main)
END
venv/bin/pip --version
# An index that does not answer, as behind a firewall.
code=0
env -u DISPLAY PIP_INDEX_URL=http://127.0.0.1:9/simple PIP_RETRIES=0 timeout 120 venv/bin/python main.py > out.txt 2>&1 < /dev/null || code=$?
echo "exit code $code"
grep -ao 'Installing flet-web [0-9.]*' out.txt || { echo "changed: it installs nothing"; cat out.txt; exit 1; }
[ "$code" = 1 ] || { echo "changed: it was exit code 1"; cat out.txt; exit 1; }
