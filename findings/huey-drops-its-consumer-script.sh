#!/usr/bin/env bash
# huey from 3.0.0 on installs no `huey_consumer.py`; the program is `huey_consumer`, which releases before bring as well.
#
#   /bin/bash: line 1: huey_consumer.py: command not found
#
# Every guide and Procfile of ten years says `huey_consumer.py tides.huey`. With an unpinned `huey` the worker now ends with 127, beside a web
# service that queues tasks as before and sees no error. The check and the rule `start-program-not-found` name the new name, with the edit; the
# tool had looked for a package `huey-consumer` or a file of the project. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
for release in 2.6.0 3.0.0 3.5.4; do
  venv/bin/pip --quiet --disable-pip-version-check install "huey==$release" 2> /dev/null
  echo "huey $release: $(cd venv/bin && echo huey*)" | tee -a found.txt
done
cat > expected.txt <<'END'
huey 2.6.0: huey_consumer huey_consumer.py
huey 3.0.0: huey_consumer
huey 3.5.4: huey_consumer
END
diff expected.txt found.txt || { echo "changed"; exit 1; }
