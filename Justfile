# CI runs `.ci/run`, and `.ci/night` every night; the recipes are their parts and tools beside them.
set positional-arguments

# List the recipes.
default:
    @just --list

# Format, lint, and build the documentation; every warning is an error.
[group('check')]
lint:
    .ci/lint

# Every test, for example `just test --test host`.
[group('check')]
test *ARGS:
    cargo test --workspace "$@"

# Give 5,000 mutated files and logs to the command, then fuzz what reads foreign files: `just fuzz 240 log`; without arguments 30 s of every target.
[group('check')]
fuzz *ARGS:
    tests/fuzz.sh "$@"

# End runs by every signal at this many moments each, chosen by a seed: nothing may be left of them.
[group('check')]
interruptions MOMENTS='50' SEED='1':
    SHAKEDOWN_BACKENDS_MUST_WORK=1 SHAKEDOWN_MOMENTS="$1" SHAKEDOWN_SEED="$2" cargo test --test interruptions -- --nocapture

# Run an app that works and one that fails, each so many times, with every processor kept busy twice over.
[group('check')]
loaded RUNS='20':
    SHAKEDOWN_BACKENDS_MUST_WORK=1 SHAKEDOWN_RUNS="$1" cargo test --test loaded -- --nocapture

# The lints and tests of CI; a missing backend is a failure here, not a skip.
[group('check')]
ci: lint
    SHAKEDOWN_BACKENDS_MUST_WORK=1 PROPTEST_RNG_SEED=1 cargo test --workspace

# What runs every night: the fuzz targets for longer, and the newest releases of what rules speak of.
[group('check')]
night *ARGS:
    .ci/night "$@"

# Run scenarios, for example `just suite --tag python`.
[group('check')]
suite *ARGS:
    cargo run --release --quiet -- suite "$@"

# Score the diagnosis rules on a JSONL file of real logs and print the confusion table.
[group('dev')]
corpus FILE:
    SHAKEDOWN_CORPUS="$(realpath "$1")" cargo test --release --test corpus -- --nocapture

# Compare our plans with recorded answers of the real Railpack: a JSONL file, plain or gzipped, and its table of versions.
[group('dev')]
railpack-answers FILE VERSIONS='':
    mkdir -p target
    zcat --force "$1" > target/railpack-answers.jsonl
    SHAKEDOWN_RAILPACK_ANSWERS="$PWD/target/railpack-answers.jsonl" \
        SHAKEDOWN_RAILPACK_VERSIONS="$(realpath "${2:-$(dirname "$1")/versions.json}")" \
        cargo test --test railpack_answers

# Write the golden plans anew with the real planner, pinned.
[group('dev')]
golden:
    cargo install nixpacks --version 1.41.0 --locked --root target/tools
    tests/golden.sh target/tools/bin/nixpacks

# Build the wheel and the archive for aarch64 with Debian's packages, as root: 2 GB and a quarter of an hour.
[group('dev')]
cross *ARGS:
    .ci/cross "$@"

# Write the page of every rule anew.
[group('dev')]
rules:
    #!/usr/bin/env bash
    set -euo pipefail
    cargo build --quiet
    shakedown=${CARGO_TARGET_DIR:-target}/debug/shakedown
    rm -rf docs/rules
    mkdir -p docs/rules
    "$shakedown" explain --format markdown > docs/rules/README.md
    for id in $("$shakedown" explain | cut -d" " -f1); do
        "$shakedown" explain --format markdown "$id" > "docs/rules/$id.md"
    done

# Run a suite on a real Docker Swarm of this engine and kill a task of it.
[group('check')]
swarm:
    SHAKEDOWN_BACKENDS_MUST_WORK=1 cargo test --test swarm -- --ignored

# Time a suite on 1, 2 and 4 tasks of a Docker Swarm of this engine.
[group('dev')]
bench-swarm *ARGS:
    cargo build --release
    tests/bench-swarm.sh "$@"

# Time against the bare commands and the real nixpacks, with hyperfine; ratios of one run.
[group('dev')]
bench *ARGS:
    cargo build --release
    tests/bench.sh "$@"

# Hold what rules say of servers, installers and frameworks against their newest releases, for example `just newest uvicorn`.
[group('dev')]
newest *ARGS:
    cargo build --quiet
    tests/newest.py "${CARGO_TARGET_DIR:-target}/debug/shakedown" "$@"
