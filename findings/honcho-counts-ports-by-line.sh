#!/usr/bin/env bash
# `honcho start` gives the platform's PORT to the first line of the Procfile, whatever its name is, and 100 more to each line after it.
#
# A good guess is that the process `web` gets PORT, as on every platform that reads a Procfile. Where `worker` stands before it, the web
# server listens on PORT + 100, logs that it is well, and nobody reaches it. Named alone (`honcho start web`) it gets PORT.
# The check `honcho-port-by-line` says so, and `shakedown run` expects an answer of what honcho starts. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install honcho==2.0.0
say() { printf "%s: sh -c 'echo %s has \$PORT; sleep 1'\n" "$1" "$1"; }
try() { (PORT=8080 timeout 30 venv/bin/honcho --no-colour start "$@" || true) | grep -o '[a-z]* has [0-9]*' | sort | tr '\n' ',' ; }
{ say worker; say web; } > Procfile
echo "worker first: $(try)" | tee found.txt
echo "web alone: $(try web)" | tee -a found.txt
{ say web; say worker; } > Procfile
echo "web first: $(try)" | tee -a found.txt
cat > expected.txt <<'TXT'
worker first: web has 8180,worker has 8080,
web alone: web has 8080,
web first: web has 8080,worker has 8180,
TXT
diff expected.txt found.txt || { echo "changed"; exit 1; }
