#!/usr/bin/env bash
# redis-py 8 begins each connection with HELLO, and ends with an error where the server answers that it does not know the word.
#
#   redis.exceptions.ResponseError: unknown command 'HELLO'
#
# Up to 7 the first words were CLIENT SETINFO, whose refusal was passed over. 8 asks for RESP3 and does not fall back, so that an unpinned `redis`
# no longer speaks with a server before Redis 6 or a proxy that knows no HELLO, and the first command ends, whatever it is. `protocol=2` brings the
# old way back. The rule `dependency-version-incompatible` says so, and requires `redis<8`. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
cat > tell.py <<'TXT'
import socket
import sys
import threading

import redis

# A server of before: it knows PING and refuses the rest.
listener = socket.create_server(("127.0.0.1", 0))
first = []


def serve():
    while True:
        client, _ = listener.accept()
        words = client.makefile("rb")
        while count := words.readline():
            parts = []
            for _ in range(int(count[1:])):
                parts.append(words.read(int(words.readline()[1:]) + 2).strip().decode())
            first.append(" ".join(parts[:2]))
            known = parts[0] == "PING"
            client.sendall(b"+PONG\r\n" if known else f"-ERR unknown command '{parts[0]}'\r\n".encode())


threading.Thread(target=serve, daemon=True).start()
more = {"protocol": 2} if "2" in sys.argv else {}
try:
    said = redis.Redis(port=listener.getsockname()[1], **more).ping()
except redis.ResponseError as error:
    said = f"ResponseError: {error}"
print(f"redis {redis.__version__}{' with protocol=2' if more else ''}: begins with {first[0]}, and ping gives {said}")
TXT
for release in 7.1.0 8.1.0; do
  venv/bin/pip --quiet --disable-pip-version-check install "redis==$release"
  venv/bin/python tell.py | tee -a found.txt
done
venv/bin/python tell.py 2 | tee -a found.txt
cat > expected.txt <<'TXT'
redis 7.1.0: begins with CLIENT SETINFO, and ping gives True
redis 8.1.0: begins with HELLO 3, and ping gives ResponseError: unknown command 'HELLO'
redis 8.1.0 with protocol=2: begins with CLIENT SETINFO, and ping gives True
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
