"""Makes Nix believe that it has fetched the archives Nixpacks pins, so that the unmodified expression evaluates.

Nix keeps a row for each tarball it has unpacked; the row of our own tarball is given once more under each pinned address.
"""
import pathlib
import sqlite3
import sys

cache = pathlib.Path.home() / ".cache/nix/fetcher-cache-v1.sqlite"
with sqlite3.connect(cache) as db:
    rows = db.execute("select info, path, timestamp from Cache where input like '%\"tarball\"%file:///nix/%'").fetchall()
    if len(rows) != 1:
        sys.exit("prefill: expected one row of the seed tarball, found %d" % len(rows))
    for revision in sys.argv[1:]:
        address = "https://github.com/NixOS/nixpkgs/archive/%s.tar.gz" % revision
        key = '{"name":"source","type":"tarball","url":"%s"}' % address
        db.execute("insert or replace into Cache values (?, ?, ?, 0, ?)", (key, *rows[0]))
