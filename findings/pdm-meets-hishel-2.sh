#!/usr/bin/env bash
# PDM 2.22.3 to 2.29.4, the newest of November 2026, does not work with hishel 2.0.0 (2026-11-05), which every new install gets.
#
# PDM asks for hishel without an upper bound (`hishel>=0.0.32`, since 2.29 `hishel[httpx2]>=1.4.0`), and derives a class from
# `hishel.SyncSqliteStorage`, which 2.0.0 no longer has under that name; older ones import `hishel._serializers`, which is gone, too. So
# `pip install pdm` and `pipx install pdm`, which Railpack's `pipx:pdm = "latest"` comes to, make a PDM that locks and installs nothing:
#
#   [AttributeError]: module 'hishel' has no attribute 'SyncSqliteStorage'
#
# With hishel 1.4.0 beside it the same PDM works. Seen on CPython 3.11. Releases from 2.13 to 2.21 are broken by httpx 0.28, so that 2.12.4 is
# the newest to pin. The check `tool-version-incompatible` and the rule of that name say so; advice that named PDM 2.22.3 was wrong.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export PDM_CHECK_UPDATE=0
mkdir app
cat > app/pyproject.toml <<'END'
[project]
name = "tidewatch"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["idna==3.10"]
END
try() { # PDM's release, hishel's
    python3 -m venv --clear venv
    venv/bin/pip --quiet --disable-pip-version-check install "pdm==$1" "hishel==$2"
    rm -f app/pdm.lock
    (cd app && ../venv/bin/pdm lock > ../out.txt 2>&1) && echo "PDM $1 with hishel $2: locks" || {
        echo "PDM $1 with hishel $2: $(grep -aoE "\[[A-Za-z]+Error\]: .*" out.txt)"
    }
}
try 2.29.4 2.0.0 | tee -a found.txt
try 2.29.4 1.4.0 | tee -a found.txt
try 2.22.3 2.0.0 | tee -a found.txt
cat > expected.txt <<'END'
PDM 2.29.4 with hishel 2.0.0: [AttributeError]: module 'hishel' has no attribute 'SyncSqliteStorage'
PDM 2.29.4 with hishel 1.4.0: locks
PDM 2.22.3 with hishel 2.0.0: [ModuleNotFoundError]: No module named 'hishel._serializers'
END
diff expected.txt found.txt || { echo "changed"; exit 1; }
