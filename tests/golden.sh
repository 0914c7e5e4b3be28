#!/bin/bash
# Writes tests/golden/plans/*/expected.json with the real Nixpacks, which must be the version whose plans we make.
# A folder holds the project in app/ (dot-git and dot-gitignore stand for the real names) and one argument a line in args.
set -euo pipefail
cd "$(dirname "$0")/golden/plans"
nixpacks=${NIXPACKS:-nixpacks}
"$nixpacks" --version | grep -qx 'nixpacks 1.41.0' || { echo "needs nixpacks 1.41.0" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for trap_ in */; do
    project=$scratch/project
    rm -rf "$project"
    cp -a "$trap_/app" "$project"
    for name in git gitignore keep; do
        if [ -e "$project/dot-$name" ]; then mv "$project/dot-$name" "$project/.$name"; fi
    done
    args=()
    if [ -f "$trap_/args" ]; then mapfile -t args <"$trap_/args"; fi
    code=0
    env -i PATH="$PATH" RUST_BACKTRACE=0 "$nixpacks" plan "$project" "${args[@]}" >"$scratch/out" 2>"$scratch/err" || code=$?
    if [ "$code" = 0 ]; then
        jq -n --slurpfile plan "$scratch/out" '{exit: 0, plan: $plan[0]}'
    else
        # Everything before the error itself is warnings; where a panic happened is told by a path of the building machine.
        jq -n --argjson exit "$code" --rawfile err "$scratch/err" '{exit: $exit, error: (
            if $exit == 1 then ($err | sub("(?s)^.*?Error: "; "") | sub("\n\nCaused by:\n"; "\n") | split("\n")
                | map(sub("^ +([0-9]+: )?"; "")) | map(select(. != "")))
            elif $exit == 101 then [$err | capture("panicked at [^\n]*\n(?<message>[^\n]*)").message]
            else [$err | capture("(?<message>overflowed its stack)").message] end)}'
    fi >"$trap_/expected.json"
done
