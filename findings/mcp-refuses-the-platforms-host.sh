#!/usr/bin/env bash
# An MCP server that is made without a host answers 421 to every host but localhost, wherever it listens.
#
# The SDK of the Model Context Protocol guards localhost against foreign hosts, and takes it from the `host` that the app is made with, not from where
# it listens: FastMCP's constructor in 1.x from 1.23.0 on, `streamable_http_app()`, `sse_app()` and `run()` in 2.x, by default 127.0.0.1
# (transport_security in mcp/server/fastmcp/server.py and mcp/server/mcpserver/server.py). Behind `uvicorn tides:app --host 0.0.0.0`, and in 1.x after
# `mcp.settings.host = "0.0.0.0"`, which comes too late, the server listens for everybody, and every client of the deploy gets
#
#   421 Invalid Host header
#
# while `/` answers 404 as it always did, so that a platform without a health check calls it well, and a try by localhost works. With the host or a
# transport_security given it answers. The check `mcp-host-refused` says so and fails the verdict, which was *works*. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > tides.py <<'TXT'
import os
from importlib.metadata import version

kind = os.environ["KIND"]
if version("mcp") < "2":
    from mcp.server.fastmcp import FastMCP

    mcp = FastMCP("tides", host="0.0.0.0") if kind == "host" else FastMCP("tides")
    if kind == "settings":
        mcp.settings.host = "0.0.0.0"
    app = mcp.streamable_http_app()
else:
    from mcp.server.mcpserver import MCPServer

    mcp = MCPServer("tides")
    app = mcp.streamable_http_app(host="0.0.0.0") if kind == "host" else mcp.streamable_http_app()
TXT
hello='{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-03-26","capabilities":{},"clientInfo":{"name":"quay","version":"1"}}}'
port=18661
ask() { # the host
  curl --silent --noproxy '*' --max-time 10 --output /dev/null --write-out '%{http_code}' "http://127.0.0.1:$port/mcp" --header "Host: $1" \
    --header 'Content-Type: application/json' --header 'Accept: application/json, text/event-stream' --data "$hello"
}
try() { # the release, how it is made
  KIND=$2 venv/bin/uvicorn tides:app --host 0.0.0.0 --port $port > out.txt 2>&1 &
  local server=$!
  for _ in $(seq 60); do
    curl --silent --noproxy '*' --output /dev/null "http://127.0.0.1:$port/" && break
    sleep 0.3
  done
  echo "mcp $1, $2: localhost $(ask "localhost:$port"), tides.example $(ask tides.example)" | tee -a found.txt
  kill "$server"
  wait "$server" || true
  port=$((port + 1))
}
for release in 1.22.0 1.30.0 2.3.0; do
  python3 -m venv --clear venv
  venv/bin/pip --quiet --disable-pip-version-check install "mcp==$release" uvicorn==0.54.0 starlette==0.52.1
  try "$release" plain
  [ "$release" = 2.3.0 ] || try "$release" settings
  try "$release" host
done
cat > expected.txt <<'TXT'
mcp 1.22.0, plain: localhost 200, tides.example 200
mcp 1.22.0, settings: localhost 200, tides.example 200
mcp 1.22.0, host: localhost 200, tides.example 200
mcp 1.30.0, plain: localhost 200, tides.example 421
mcp 1.30.0, settings: localhost 200, tides.example 421
mcp 1.30.0, host: localhost 200, tides.example 200
mcp 2.3.0, plain: localhost 200, tides.example 421
mcp 2.3.0, host: localhost 200, tides.example 200
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
