#!/usr/bin/env bash
# anthropic from 1.0.0 on is made of httpx2, and refuses a client or a time-out that httpx made; openai, which moved too, takes both.
#
#   TypeError: Invalid `timeout` argument; `httpx.Timeout` is from the `httpx` package, but this SDK uses `httpx2`. Use `httpx2.Timeout` instead.
#
# `timeout=httpx.Timeout(…)` and `http_client=httpx.Client(…)` are what both SDKs told to write for years, and with an unpinned `anthropic` the app now
# ends where it makes its client (_base_client.py of 2.14.0). 1.0.0 takes such a time-out, and then every request is a `Connection error.`, whose cause
# is a TypeError. Neither SDK brings httpx any more, so that an `import httpx` without a requirement of its own fails, too. The rule
# `dependency-version-incompatible` says what is refused, which was an error of the code. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat > tell.py <<'TXT'
import sys
from importlib import import_module
from importlib.metadata import version

name, made = sys.argv[1:]
said = [f"{name} {version(name)}"]
try:
    import httpx
except ModuleNotFoundError as error:
    print("; ".join([*said, str(error)]))
    sys.exit()
for argument, value in {"timeout": httpx.Timeout(30.0), "http_client": httpx.Client()}.items():
    try:
        client = getattr(import_module(name), made)(api_key="tide", base_url="http://127.0.0.1:1", max_retries=0, **{argument: value})
    except TypeError as error:
        said.append(f"{argument}: {str(error).split('; ', 1)[-1].rsplit('. ', 1)[-1]}")
        continue
    try:
        client.models.list()
    except Exception as error:
        said.append(f"{argument} is taken, a request ends by {type(error.__cause__).__name__}")
print("; ".join(said))
TXT
try() { # requirements, then the package and its client
  python3 -m venv --clear venv
  # shellcheck disable=SC2086
  venv/bin/pip --quiet --disable-pip-version-check install $1
  venv/bin/python tell.py "$2" "$3" | tee -a found.txt
}
try "anthropic==0.125.0" anthropic Anthropic
try "anthropic==1.0.0" anthropic Anthropic
try "anthropic==1.0.0 httpx==0.28.1" anthropic Anthropic
try "anthropic==2.14.0 httpx==0.28.1" anthropic Anthropic
try "openai==3.57.0" openai OpenAI
try "openai==3.57.0 httpx==0.28.1" openai OpenAI
# Nothing listens there, so that ConnectError is the good end.
cat > expected.txt <<'TXT'
anthropic 0.125.0; timeout is taken, a request ends by ConnectError; http_client is taken, a request ends by ConnectError
anthropic 1.0.0; No module named 'httpx'
anthropic 1.0.0; timeout is taken, a request ends by TypeError; http_client: Expected an instance of `httpx2.Client` but got <class 'httpx.Client'>
anthropic 2.14.0; timeout: Use `httpx2.Timeout` instead.; http_client: Use `httpx2.Client` instead.
openai 3.57.0; No module named 'httpx'
openai 3.57.0; timeout is taken, a request ends by ConnectError; http_client is taken, a request ends by ConnectError
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
