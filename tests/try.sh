#!/bin/sh
# README's first command: installs bubblewrap where it is missing, builds, and rehearses a real web app, or the project given.
set -eu
cd "$(dirname "$0")/.."

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

if ! command -v bwrap > /dev/null; then
    if command -v apt-get > /dev/null; then
        as_root apt-get -qq update
        as_root apt-get -qq -y install bubblewrap > /dev/null
    elif command -v dnf > /dev/null; then
        as_root dnf -q -y install bubblewrap
    elif command -v pacman > /dev/null; then
        as_root pacman -S --noconfirm --needed bubblewrap
    elif command -v zypper > /dev/null; then
        as_root zypper -n -q install bubblewrap
    fi
fi
exec cargo run --release --quiet -- run "${1:-scenarios/works-web-flask/app}"
