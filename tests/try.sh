#!/bin/sh
# README's first command: installs bubblewrap and slirp4netns where they are missing, builds, and rehearses a real web app, or the
# project given.
set -eu
project=$(realpath "${1:-$(dirname "$0")/../scenarios/works-web-flask/app}")
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

missing=
command -v bwrap > /dev/null || missing=bubblewrap
# Either gives the sandbox a network of its own.
command -v slirp4netns > /dev/null || command -v pasta > /dev/null || missing="$missing slirp4netns"
PATH=$PATH:/usr/sbin command -v ip > /dev/null || missing="$missing iproute2"

if [ -n "$missing" ]; then
    # Each name is a word.
    # shellcheck disable=SC2086
    if command -v apt-get > /dev/null; then
        as_root apt-get -qq update
        as_root apt-get -qq -y install $missing > /dev/null
    elif command -v dnf > /dev/null; then
        as_root dnf -q -y install $(echo "$missing" | sed 's/iproute2/iproute/')
    elif command -v pacman > /dev/null; then
        as_root pacman -S --noconfirm --needed $missing
    elif command -v zypper > /dev/null; then
        as_root zypper -n -q install $missing
    fi
fi
if ! command -v cargo > /dev/null; then
    echo "cargo is missing: https://rustup.rs installs it (Rust 1.95 or newer)" >&2
    exit 3
fi
# Not a release, whose compiling takes longer than it saves in a run; the tests are built on the same.
echo "building shakedown, a minute or two the first time" >&2
exec cargo run --quiet -- run "$project"
