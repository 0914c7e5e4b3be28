#!/usr/bin/env bash
# PIP_CONSTRAINT no longer holds back what a source is built with, from pip 26.2 on; PIP_BUILD_CONSTRAINT does, from pip 25.3 on, and is
# passed over in silence by every pip before.
#
# setuptools has no pkg_resources any more, and the usual cure for a package whose setup.py imports it is a file with `setuptools<81` that
# PIP_CONSTRAINT names. It works with the pip that a Python of 3.12 brings, and the same project ends with
#
#   ModuleNotFoundError: No module named 'pkg_resources'
#
# where the image has a newer one, as after a move to another builder. The new variable alone fails on the old image. Both together hold
# everywhere, and that is what the edit of `setuptools-pkg-resources-missing` writes, which had written the first alone. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir tides
cat > tides/setup.py <<'END'
import pkg_resources
from setuptools import setup

setup(name="tides", version="1")
END
echo 'setuptools<81' > constraints.txt
python3 -m venv venv
try() { # the release of pip, the variables
  local release=$1
  shift
  local said="pip $release, $*:" end=builds
  env "${@/%/=constraints.txt}" venv/bin/pip install --no-cache-dir --disable-pip-version-check ./tides > out.txt 2>&1 ||
    end=$(grep -o "No module named 'pkg_resources'" out.txt | head -1)
  echo "$said $end" | tee -a found.txt
  venv/bin/pip --quiet --disable-pip-version-check uninstall --yes tides > out.txt 2>&1
}
for release in 25.2 25.3 26.1 26.2 26.3; do
  venv/bin/pip --quiet --disable-pip-version-check install "pip==$release"
  try "$release" PIP_CONSTRAINT
  try "$release" PIP_BUILD_CONSTRAINT
  try "$release" PIP_CONSTRAINT PIP_BUILD_CONSTRAINT
done
cat > expected.txt <<'END'
pip 25.2, PIP_CONSTRAINT: builds
pip 25.2, PIP_BUILD_CONSTRAINT: No module named 'pkg_resources'
pip 25.2, PIP_CONSTRAINT PIP_BUILD_CONSTRAINT: builds
pip 25.3, PIP_CONSTRAINT: builds
pip 25.3, PIP_BUILD_CONSTRAINT: builds
pip 25.3, PIP_CONSTRAINT PIP_BUILD_CONSTRAINT: builds
pip 26.1, PIP_CONSTRAINT: builds
pip 26.1, PIP_BUILD_CONSTRAINT: builds
pip 26.1, PIP_CONSTRAINT PIP_BUILD_CONSTRAINT: builds
pip 26.2, PIP_CONSTRAINT: No module named 'pkg_resources'
pip 26.2, PIP_BUILD_CONSTRAINT: builds
pip 26.2, PIP_CONSTRAINT PIP_BUILD_CONSTRAINT: builds
pip 26.3, PIP_CONSTRAINT: No module named 'pkg_resources'
pip 26.3, PIP_BUILD_CONSTRAINT: builds
pip 26.3, PIP_CONSTRAINT PIP_BUILD_CONSTRAINT: builds
END
diff expected.txt found.txt || { echo "changed"; exit 1; }
