#!/usr/bin/env bash
# The variables that mcp's FastMCP documents say nothing: its constructor puts its own defaults in their place.
#
# `Settings` of mcp/server/fastmcp/server.py says that all settings can be given as variables with the prefix FASTMCP_, and a deploy sets
# FASTMCP_HOST=0.0.0.0 and FASTMCP_PORT accordingly. Since the constructor names its arguments one by one it hands every default over to
# `Settings(host=host, port=port, …)`, where what is handed over beats the environment: the server listens on 127.0.0.1:8000, and the platform's router
# reaches nobody, with no word about it. Releases that took `**settings` read the variables. Arguments of the constructor are the only way; mcp 2 has
# none of these variables any more, and the package fastmcp reads them. The check `wrong-bind-host` names the constructor and never a variable.
# Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > tides.py <<'TXT'
from importlib.metadata import version

from mcp.server.fastmcp import FastMCP

told = FastMCP("tides").settings
given = FastMCP("tides", host="0.0.0.0").settings
print(f"mcp {version('mcp')}: by the variables {told.host}:{told.port}, by the constructor {given.host}")
TXT
for release in 1.9.4 1.10.1 1.30.0; do
  python3 -m venv --clear venv
  venv/bin/pip --quiet --disable-pip-version-check install "mcp==$release" starlette==0.52.1 pydantic==2.12.5
  FASTMCP_HOST=0.0.0.0 FASTMCP_PORT=9000 venv/bin/python tides.py | tee -a found.txt
done
cat > expected.txt <<'TXT'
mcp 1.9.4: by the variables 0.0.0.0:9000, by the constructor 0.0.0.0
mcp 1.10.1: by the variables 0.0.0.0:9000, by the constructor 0.0.0.0
mcp 1.30.0: by the variables 127.0.0.1:8000, by the constructor 0.0.0.0
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
