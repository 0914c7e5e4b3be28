#!/usr/bin/env bash
# pip 26.3 writes a lock that pip 26.3 refuses to install.
#
# `pip lock .` of a project lists the project itself as a directory beside its dependencies with their hashes. `pip install -r
# pylock.toml` then wants a hash of everything, and says:
#
#   ERROR: Can't verify hashes for these file:// requirements because they point to directories:
#
# A lock of the dependencies alone (`pip lock -r requirements.txt`) installs. Seen on CPython 3.11 with pip 26.3 and setuptools 80.9.0.
# The rule `hashed-directory` says so where a build ends with it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/pip --quiet --disable-pip-version-check install pip==26.3 setuptools==80.9.0
mkdir tide
cat > pyproject.toml <<'END'
[project]
name = "tide"
version = "1"
dependencies = ["idna==3.10"]
[build-system]
requires = ["setuptools==80.9.0"]
build-backend = "setuptools.build_meta"
END
touch tide/__init__.py
venv/bin/pip --version
venv/bin/pip --quiet lock .
grep -A2 'name = "tide"' pylock.toml
if venv/bin/pip install --quiet -r pylock.toml > out.txt 2>&1; then
  echo "changed: the lock of a project installs now"
  exit 1
fi
grep "Can't verify hashes for these file:// requirements because they point to directories" out.txt
echo 'idna==3.10' > requirements.txt
venv/bin/pip --quiet lock -r requirements.txt
venv/bin/pip --quiet install -r pylock.toml
venv/bin/python -c 'import idna; print("the dependencies alone install:", idna.__version__)'
