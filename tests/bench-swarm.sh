#!/usr/bin/env bash
# Times a suite of 64 scenarios on 1, 2 and 4 tasks of a Docker Swarm, beside the same suite without one.
#   tests/bench-swarm.sh [SCENARIOS]
# Wants: a release build, an engine that answers, and the image of tests/base-image. Begins a Swarm where the engine is in none, and ends that.
set -euo pipefail
cd "$(dirname "$0")/.."

scenarios=${1:-64}
tool=${CARGO_TARGET_DIR:-$PWD/target}/release/shakedown
image=shakedown-bench-of-swarm
work=$(mktemp -d)
began=
cleanup() {
    if [ -n "$began" ]; then
        docker swarm leave --force >/dev/null
        docker network rm docker_gwbridge >/dev/null 2>&1 || true
    fi
    docker image rm --force "$image" >/dev/null 2>&1 || true
    rm -rf "$work"
}
trap cleanup EXIT

mkdir -p "$work/image" "$work/suite"
cp "$tool" docker/task "$work/image/"
# An engine without BuildKit knows no --chmod.
sed 's/COPY --chmod=755 /COPY /' docker/Dockerfile >"$work/image/Dockerfile"
docker build --quiet --network host --build-arg BASE=ghcr.io/railwayapp/nixpacks:ubuntu-1745885067 --tag "$image" "$work/image" >/dev/null
if [ "$(docker info --format '{{.Swarm.LocalNodeState}}')" = inactive ]; then
    docker swarm init --advertise-addr 127.0.0.1 >/dev/null
    began=1
fi

for number in $(seq -w "$scenarios"); do
    app=$work/suite/s$number/app
    mkdir -p "$app"
    printf 'print("up")\n' >"$app/main.py"
    : >"$app/requirements.txt"
    printf '3.11\n' >"$app/.python-version"
    printf 'about = "a script that ends"\n[run]\nexpect = "exits"\n[expect]\nverdict = "works"\n' >"$work/suite/s$number/scenario.toml"
done

# seconds COMMAND...: how long it takes; a suite whose reports nobody accepted yet ends with 1.
seconds() {
    local start=$EPOCHREALTIME
    "$@" >"$work/report.json" 2>"$work/said" || [ $? -eq 1 ]
    python3 - "$work/report.json" "$start" "$EPOCHREALTIME" "$scenarios" <<'PY'
import json, sys
report, start, end, wanted = json.load(open(sys.argv[1])), *map(float, sys.argv[2:4]), int(sys.argv[4])
verdicts = [result.get("verdict") for result in report["results"]]
assert verdicts == ["works"] * wanted, verdicts
print(f"{end - start:.1f}")
PY
}

suite=("$tool" suite "$work/suite" --backend host --retries 0 --format json --quiet)
export XDG_STATE_HOME=$work/state
alone=$(seconds "${suite[@]}" --jobs 1)
echo "$scenarios scenarios without a Swarm, one after another: $alone s"
for tasks in 1 2 4; do
    taken=$(seconds "${suite[@]}" --jobs 1 --engine swarm --image "$image" --tasks "$tasks")
    python3 -c "print(f'$scenarios scenarios on $tasks tasks: $taken s, {$taken / $alone:.2f}x; over an equal share: {$taken - $alone / min($tasks, $(nproc)):.1f} s')"
done
