"""Writes the time stamp 1 into every compiled module below a folder, which is the one the Nix store gives its source.

Modules that were never compiled are compiled. Runs on every Python from 2.7.
"""
import compileall
import os
import struct
import sys

root = sys.argv[1]
compileall.compile_dir(root, quiet=2 if sys.version_info[0] > 2 else 1, rx=__import__("re").compile("bad_|lib2to3/tests|_bundled"))
offset = 8 if sys.version_info >= (3, 7) else 4
for folder, _, names in os.walk(root):
    for name in names:
        if name.endswith(".pyc"):
            with open(os.path.join(folder, name), "r+b") as compiled:
                compiled.seek(offset)
                compiled.write(struct.pack("<I", 1))
