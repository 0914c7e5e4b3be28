#!/usr/bin/env bash
# WEB_CONCURRENCY ends a NiceGUI app that reloads nothing, with exit code 1 and a line that speaks of an import string, which `ui.run` has
# no place for.
#
#   You must pass the application as an import string to enable "reload" or "workers".
#
# NiceGUI makes uvicorn's Config itself (ui_run.py of 3.18.0) and refuses `workers` of two and more with words of its own; the variable, which
# Config takes for `workers`, comes after that test. `reload=False` is what NiceGUI tells to write for a deploy, and with it the app ends;
# with reloading it starts. `workers=1` overrules the variable. The check and the rule `uvicorn-wants-import-string` say so, where a run had
# failed without any cause. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install nicegui==3.18.0 uvicorn==0.54.0
port=18671
try() { # the variable's value, further arguments of ui.run
  local said="WEB_CONCURRENCY=$1, ui.run($2):" code=0 end=
  printf 'from nicegui import ui\n\nui.label("Tides")\nui.run(host="127.0.0.1", port=%s, show=False, %s)\n' $port "$2" > main.py
  WEB_CONCURRENCY=$1 venv/bin/python main.py > out.txt 2>&1 &
  local app=$!
  for _ in $(seq 100); do
    curl --silent --noproxy '*' --output /dev/null "http://127.0.0.1:$port/" && end=answers && break
    kill -0 $app 2> /dev/null || break
    sleep 0.3
  done
  kill $app 2> /dev/null || true
  wait $app || code=$?
  echo "$said ${end:-exit code $code, $(grep -o 'You must pass.*\|^ValueError: .*' out.txt)}" | tee -a found.txt
  port=$((port + 1))
}
try 1 "reload=False"
try 2 "reload=False"
try 2 "reload=False, workers=1"
try 1 "reload=False, workers=2"
cat > expected.txt <<'END'
WEB_CONCURRENCY=1, ui.run(reload=False): answers
WEB_CONCURRENCY=2, ui.run(reload=False): exit code 1, You must pass the application as an import string to enable "reload" or "workers".
WEB_CONCURRENCY=2, ui.run(reload=False, workers=1): answers
WEB_CONCURRENCY=1, ui.run(reload=False, workers=2): exit code 1, ValueError: NiceGUI does not support multiple workers yet.
END
diff expected.txt found.txt || { echo "changed"; exit 1; }
