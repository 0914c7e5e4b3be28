#!/usr/bin/env bash
# PDM before 2.22 leaves no INSTALLER in what it installs.
#
# Every other installer of Python packages writes its name into `NAME.dist-info/INSTALLER`, as the specification of recorded projects has it
# (optional by its words, and taken for granted by whoever asks which tool owns a package). PDM 2.12.4 to 2.19.3 leave the file out, for
# wheels that they take straight from the index, so that `importlib.metadata.distribution("idna").read_text("INSTALLER")` is None; 2.22.4 and
# newer write `pdm`. 2.12.4 is what people pin since newer ones break beside httpx 0.28 or hishel 2. Seen on CPython 3.11.
#
# What was installed from pdm.lock is told by it here: a distribution without INSTALLER in the environment counts as PDM's
# (src/sandbox/store/lock/mod.rs).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export PDM_CHECK_UPDATE=0 PDM_IGNORE_SAVED_PYTHON=1
mkdir app
cat > app/pyproject.toml <<'END'
[project]
name = "tidewatch"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["idna==3.10"]
[tool.pdm]
distribution = false
END
try() { # PDM's release, and what it needs beside it
    local release=$1
    shift
    python3 -m venv --clear tool
    python3 -m venv --clear environment
    tool/bin/pip --quiet --disable-pip-version-check install "pdm==$release" "$@"
    rm -f app/pdm.lock
    (cd app && VIRTUAL_ENV=$work/environment ../tool/bin/pdm install --no-self > ../out.txt 2>&1) || { cat out.txt; exit 1; }
    environment/bin/python - "$release" <<'END'
import importlib.metadata, sys
found = importlib.metadata.distribution("idna")
print("PDM", sys.argv[1] + ": idna", found.version + ", INSTALLER", found.read_text("INSTALLER"))
END
}
try 2.12.4 httpx==0.27.2 | tee found.txt
try 2.29.4 hishel==1.4.0 | tee -a found.txt
cat > expected.txt <<'END'
PDM 2.12.4: idna 3.10, INSTALLER None
PDM 2.29.4: idna 3.10, INSTALLER pdm
END
diff expected.txt found.txt || { echo "changed"; exit 1; }
