#!/usr/bin/env bash
# Gives 5,000 mutated files and logs to the command itself (`tests/mutated.py`), then fuzzes what reads foreign files, two targets at a time;
# ends with 1 where something is found. Where targets are named, they alone are fuzzed.
#   tests/fuzz.sh [SECONDS [TARGET ...]]      without arguments: 30 s of every target
# Wants cargo-fuzz. Seeds come from the project's own logs and scenarios; what is learnt stays under tests/fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/fuzz"

failed=0
seconds=${1:-30}
targets=("${@:2}")
if [ ${#targets[@]} -eq 0 ]; then
    # A seed of its own every night.
    (cd ../.. && cargo build --quiet && tests/mutated.py "${CARGO_TARGET_DIR:-target}/debug/shakedown" 5000 "$(date +%s)") || failed=1
fi
if [ ${#targets[@]} -eq 0 ]; then targets=(git_index log nixpacks_config procfile requirements); fi
# Coverage instrumentation is the compiler's own, and wants no nightly but for its flags.
export RUSTC_BOOTSTRAP=1
# The project forbids unsafe code, so that a sanitizer of memory would cost half the speed and find nothing.
# One unit a crate, cargo-fuzz's own choice, would leave a processor idle for most of the build.
how=(--fuzz-dir . --sanitizer none --codegen-units 16)

# sow TARGET FILE...: files under names of their own, for the scenarios' are all alike.
sow() {
    mkdir -p "corpus/$1" "seeds/$1"
    for file in "${@:2}"; do cp "$file" "seeds/$1/$(printf '%s' "${file#../}" | tr '/' '-')"; done
}
sow git_index
sow log ../logs/*.log
sow nixpacks_config ../../scenarios/*/app/nixpacks.toml ../../scenarios/*/app/nixpacks.json
sow procfile ../../scenarios/*/app/Procfile
sow requirements ../../scenarios/*/app/requirements*.txt

cargo fuzz build "${how[@]}"

# run TARGET: what it found, or one line of figures.
run() {
    local log=corpus/$1.log
    if cargo fuzz run "${how[@]}" "$1" "corpus/$1" "seeds/$1" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=8192 -len_control=0 >"$log" 2>&1; then
        awk -v target="$1" '/DONE/ { done = $0 } END { print "fuzz " target ": " done }' "$log"
    else
        echo "fuzz $1: found something"
        tail -n 60 "$log"
        return 1
    fi
}

running=0
for target in "${targets[@]}"; do
    if [ $running -eq 2 ]; then
        wait -n || failed=1
        running=1
    fi
    run "$target" &
    running=$((running + 1))
done
for _ in $(seq $running); do wait -n || failed=1; done
exit $failed
