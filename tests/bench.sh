#!/usr/bin/env bash
# Times shakedown against the bare commands and the real nixpacks, with hyperfine: medians, and ratios of one run.
#   tests/bench.sh [startup|plan|cold|reuse|added|fix|suite|docker|entry|log|memory ...]      without arguments: all of them
# Wants: a release build, hyperfine, for `plan` and `docker` a nixpacks on PATH, and for `docker` an engine with BuildKit.
set -euo pipefail
cd "$(dirname "$0")/.."

tool=${CARGO_TARGET_DIR:-$PWD/target}/release/shakedown
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
runs=${RUNS:-5}

# compare NAME OURS THEIRS: the median of each, and ours as a share of theirs.
compare() {
    hyperfine --ignore-failure --warmup 1 --runs "$runs" --export-json "$work/result.json" --style none \
        --command-name ours "$2" --command-name theirs "$3" >/dev/null 2>&1
    python3 - "$1" "$work/result.json" <<'PY'
import json, sys
ours, theirs = (result["median"] for result in json.load(open(sys.argv[2]))["results"])
print(f"{sys.argv[1]:44} {ours:9.3f} s {theirs:9.3f} s {ours / theirs:6.2f}x", flush=True)
PY
}

app() {
    mkdir -p "$work/$1"
    printf '%s' "$2" >"$work/$1/requirements.txt"
    printf '%s' "$3" >"$work/$1/main.py"
}

# The interpreter that the host sandbox would take for Nixpacks' default.
python=$("$tool" doctor --format json | python3 -c '
import json, sys
print(next(p["path"] for p in json.load(sys.stdin)["pythons"] if p["version"].startswith("3.12.")))')

# The commands that the cloud would run, typed by hand on this machine.
by_hand() {
    echo "cd $work/$1 && rm -rf $work/venv && PIP_NO_CACHE_DIR=1 bash -c '$python -m venv --copies $work/venv &&" \
        ". $work/venv/bin/activate && pip install -q -r requirements.txt && python main.py'"
}

startup() {
    compare "check, real project, against 20 ms" "$tool check scenarios/founding-bot/app" "sleep 0.02"
}

plan() {
    mkdir -p "$work/large"
    cp -r scenarios/works-web-flask/app/. "$work/large/"
    python3 - "$work/large" <<'PY'
import pathlib, sys
for folder in range(500):
    path = pathlib.Path(sys.argv[1], f"data{folder}")
    path.mkdir()
    for file in range(100):
        (path / f"{file}.txt").touch()
PY
    compare "plan, 50,000 files, against nixpacks" "$tool plan --format json $work/large" "nixpacks plan $work/large"
    compare "check, 50,000 files, against nixpacks plan" "$tool check $work/large" "nixpacks plan $work/large"
}

apps() {
    app stdlib "" "print('up')"
    app web $'requests\nflask\n' "import requests, flask; print('up')"
    app heavy $'numpy\npandas\ndiscord.py\npython-binance\nTA-Lib\n' \
        "import numpy, pandas, discord, binance, talib; print('up')"
}

cold() {
    apps
    for name in stdlib web heavy; do
        compare "cold run, $name, against by hand" \
            "$tool run $work/$name --quiet --fresh --backend host --expect exits" "$(by_hand "$name")"
    done
}

# BEFORE=PROGRAM names an earlier build to be measured beside this one.
reuse() {
    apps
    for name in stdlib web heavy; do
        local run="$tool run $work/$name --quiet --backend host --expect exits"
        local edit="echo '# edited' >>$work/$name/main.py"
        eval "$(by_hand "$name")" >/dev/null
        compare "main.py edited, $name, against bare start" "$edit && $run" "cd $work/$name && $work/venv/bin/python main.py"
        compare "main.py edited, $name, against a fresh run" "$edit && $run" "$run --fresh"
        [ -z "${BEFORE:-}" ] ||
            compare "main.py edited, $name, against before" "$edit && $run" "${run/#$tool/$BEFORE}"
    done
}

# One small requirement more in a project that has many. A number in the file tells one run from the next.
added() {
    apps
    local run="$tool run $work/heavy --quiet --backend host --expect exits"
    local base=$work/heavy.txt
    cp "$work/heavy/requirements.txt" "$base"
    $run >/dev/null
    compare "one requirement added, heavy, against fresh" \
        "{ cat $base; echo six; echo '#' \$(date +%N); } >$work/heavy/requirements.txt && $run" "$run --fresh"
}

# Three faults, each hidden by the one before it: a package that is not required, one more, and an app that never listens on PORT.
fix() {
    app faults $'requests\n' "$(printf 'import requests\nimport flask\nimport dotenv\nimport os\nprint(os.environ["GREETING"])\n')"
    compare "fix, three faults, against fixing afresh" \
        "$tool fix $work/faults --quiet --backend host --expect exits" \
        "$tool fix $work/faults --quiet --backend host --expect exits --fresh"
    [ -z "${BEFORE:-}" ] ||
        compare "fix, three faults, against before" \
            "$tool fix $work/faults --quiet --backend host --expect exits" \
            "$BEFORE fix $work/faults --quiet --backend host --expect exits"
}

# Scenarios that need no network, the quick and the slow, those that end and those that stay.
SUITE=(activation-is-lost build-command-fails crashes-after-a-while db-unreachable externally-managed-by-variable
    hash-mismatch missing-env-var missing-local-module never-listens script-never-ends works-bot works-web-stdlib)

suite() {
    local names="${SUITE[*]}"
    compare "suite, ${#SUITE[@]} scenarios, --jobs 2 against 1" \
        "$tool suite scenarios $names --backend host --quiet --jobs 2" \
        "$tool suite scenarios $names --backend host --quiet --jobs 1"
    [ -z "${BEFORE:-}" ] ||
        compare "suite, ${#SUITE[@]} scenarios, against before" \
            "$tool suite scenarios $names --backend host --quiet --jobs 2" \
            "$BEFORE suite scenarios $names --backend host --quiet --jobs 2"
    # The commands' own time within that run: what a shell loop over them would take that asked nothing and waited as long.
    "$tool" suite scenarios "${SUITE[@]}" --backend host --quiet --jobs 1 --format json --output "$work/suite.json" || true
    python3 - "$work/suite.json" <<'PY'
import json, sys
summary = json.load(open(sys.argv[1]))
bare = sum(span["seconds"] for result in summary["results"] for span in result.get("timeline", []))
print(f"{'suite, one by one, against bare commands':44} {summary['seconds']:9.3f} s {bare:9.3f} s {summary['seconds'] / bare:6.2f}x")
PY
}

# A docker that can do what the real nixpacks asks of it, first on PATH; an old one beside a new one without buildx is common.
buildkit() {
    local candidate
    mkdir -p "$work/bin"
    for candidate in $(type -aP docker); do
        if DOCKER_BUILDKIT=1 "$candidate" build --help >/dev/null 2>&1 && "$candidate" info >/dev/null 2>&1; then
            ln -sf "$candidate" "$work/bin/docker"
            PATH=$work/bin:$PATH
            return
        fi
    done
    return 1
}

# Both on the same engine and base image. Ours starts a container and runs the plan's commands in it; theirs makes an image.
docker() {
    if ! buildkit; then
        echo "docker: skipped: no docker here has BuildKit and an engine that answers"
        return
    fi
    app docker $'flask\n' "import flask; print('up')"
    local label=dev.shakedown.bench
    local edit="echo '# edited' >>$work/docker/main.py"
    local ours="$tool run $work/docker --quiet --backend docker --expect exits"
    local theirs="nixpacks build $work/docker --name shakedown-bench --label $label"
    local start="docker run --rm shakedown-bench"
    if ! $ours >"$work/docker.log" 2>&1 || ! { $theirs && command $start; } >"$work/docker.log" 2>&1; then
        echo "docker: skipped: $(tail -n 1 "$work/docker.log")"
        return
    fi
    compare "docker, cold, against nixpacks + docker run" "$ours --no-cache" "$theirs --no-cache && $start"
    compare "docker, main.py edited, against the same" "$edit && $ours" "$edit && $theirs && $start"
    command docker image rm --force shakedown-bench >/dev/null
    command docker image prune --force --filter "label=$label" >/dev/null
}

entry() {
    cargo test --release --quiet --test figures -- --ignored --nocapture --test-threads=1 entering
}

log() {
    python3 - "$work/build.log" <<'PY'
import sys
block = b"".join(b"#9 %d.%03d   Downloading package-%d-py3-none-any.whl (%d kB)\n" % (i, i, i, i) for i in range(20000))
with open(sys.argv[1], "wb") as out:
    while out.tell() < 1_000_000_000:
        out.write(block)
    out.write(b"#9 99.1 ModuleNotFoundError: No module named 'flask'\n")
PY
    compare "replay, 1 GB, against grep -c error" "$tool replay $work/build.log" "grep -c error $work/build.log"
    peak "replay, 1 GB" "$tool" replay "$work/build.log"
}

memory() {
    app flood "" "$(printf 'import sys\nfor _ in range(12_500_000): sys.stdout.write("x" * 79 + "\\n")\n')"
    app small "" "print('up')"
    peak "run, stdlib" "$tool" run "$work/small" --quiet --backend host --expect exits
    peak "run, 1 GB of output" "$tool" run "$work/flood" --quiet --backend host --expect exits --within 10m
}

# peak NAME COMMAND...: the peak memory of the command itself, not of what it starts.
peak() {
    local name=$1
    shift
    python3 - "$name" "$@" <<'PY'
import subprocess, sys, time
child = subprocess.Popen(sys.argv[2:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
peak = 0
while child.poll() is None:
    try:
        with open(f"/proc/{child.pid}/status") as status:
            peak = max([peak] + [int(line.split()[1]) for line in status if line.startswith("VmHWM")])
    except OSError:
        pass
    time.sleep(0.02)
print(f"{sys.argv[1]:44} {peak / 1024:9.1f} MiB peak", flush=True)
PY
}

printf '%-44s %11s %11s\n' "" ours theirs
for name in "${@:-startup plan cold reuse added fix suite docker entry log memory}"; do
    for part in $name; do "$part"; done
done
