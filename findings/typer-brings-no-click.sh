#!/usr/bin/env bash
# typer from 0.26.0 on requires no click, and spaCy before releases that ask for it themselves ends at its import.
#
#   ModuleNotFoundError: No module named 'click'
#
# `spacy==3.8.7` names typer and imports click, which typer had brought for five years. With that pin alone in requirements.txt the build goes
# well, and the app ends where it says `import spacy`. uvicorn and Flask bring click, so that it is bots and workers which are hit. The rule
# `missing-python-module` names click's own distribution with the edit. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for release in 0.25.1 0.26.0; do
  python3 -m venv "venv-$release"
  "venv-$release/bin/pip" --quiet --disable-pip-version-check install spacy==3.8.7 "typer==$release" 2> /dev/null
  echo "typer $release: $("venv-$release/bin/python" -c 'import spacy; print("spaCy", spacy.__version__)' 2>&1 | tail -1)" | tee -a found.txt
done
cat > expected.txt <<'END'
typer 0.25.1: spaCy 3.8.7
typer 0.26.0: ModuleNotFoundError: No module named 'click'
END
diff expected.txt found.txt || { echo "changed"; exit 1; }
