#!/usr/bin/env bash
# A log that PIP_LOG (or `log` of pip.conf) names is written by two pips at once where a source is built; one that --log names is not.
#
# pip installs what a build requires with a pip of its own, which inherits variables and settings, and so opens the same file. What that one
# says stands there twice then, by itself and as its parent heard it, and before its parent has said that anything failed. A build
# requirement that no index has is no conflict of anything, but the log's first exception is RequirementsConflicted, which the parent alone
# (--log) never writes before pip 24.1: until then it asked its child for less. Whoever looks for the first error of such a log, as this tool
# did, is told of versions that contradict each other; it shows only what the child prints now. Seen on CPython 3.12.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir tides
cat > tides/pyproject.toml <<'END'
[build-system]
requires = ["setuptools", "tides-of-no-index-zz"]
build-backend = "setuptools.build_meta"

[project]
name = "tides"
version = "1"
END
python3 -m venv venv
told() { # what was asked for, the log
  local errors first
  errors=$(grep -c 'ERROR: No matching distribution found for tides-of-no-index-zz' "$2")
  first=$(grep -oE '(RequirementsConflicted|InstallationSubprocessError):' "$2" | head -1)
  echo "$1: told $errors times, first exception ${first%:}" | tee -a found.txt
}
for release in 24.0 24.1 26.3; do
  venv/bin/pip --quiet --disable-pip-version-check install "pip==$release"
  install=(venv/bin/pip install --no-cache-dir --disable-pip-version-check ./tides)
  "${install[@]}" --log "$release.option" > out.txt 2>&1 || true
  PIP_LOG=$release.variable "${install[@]}" > out.txt 2>&1 || true
  told "pip $release, --log" "$release.option"
  told "pip $release, PIP_LOG" "$release.variable"
done
cat > expected.txt <<'END'
pip 24.0, --log: told 1 times, first exception InstallationSubprocessError
pip 24.0, PIP_LOG: told 2 times, first exception RequirementsConflicted
pip 24.1, --log: told 1 times, first exception RequirementsConflicted
pip 24.1, PIP_LOG: told 2 times, first exception RequirementsConflicted
pip 26.3, --log: told 1 times, first exception RequirementsConflicted
pip 26.3, PIP_LOG: told 2 times, first exception RequirementsConflicted
END
diff expected.txt found.txt || { echo "changed"; exit 1; }
