#!/usr/bin/env python3
"""Gives the command mutated files of a project and mutated logs, and ends with 1 where it does not take them well.

Usage: mutated.py BINARY [COUNT [SEED]], for example `tests/mutated.py target/release/shakedown 5000`. The same seed gives the same
inputs. An input is taken well where the command ends by itself with an exit code of its own (no panic, no signal, so no stack
overflow), within 2 s of processor time and 20 s in all, with less than 100 MB of memory at its peak, and without a control or
bidirectional character on the terminal that it did not put there. What was not is left in a folder that the last lines name.
Wants nothing but a stable build and Python; seeds are the project's own scenarios and logs.
"""
import collections
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

BINARY = pathlib.Path(sys.argv[1]).resolve()
COUNT = int(sys.argv[2]) if len(sys.argv) > 2 else 5000
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else 1
HERE = pathlib.Path(__file__).resolve().parent

PROCESSOR_SECONDS = 2.0
SECONDS = 20.0
BYTES = 100_000_000
CODES = {0, 1, 2, 3, 75}

# Files that are read of a project; a seed of each that the scenarios do not have.
OWN = {
    ".dockerignore": "*.pyc\n!keep\nbuild/**\n",
    ".gitignore": "*.log\n/dist\n",
    ".railwayignore": "notes\n",
    ".python-version": "3.11\n",
    ".tool-versions": "python 3.12.1\n",
    ".env": "TOKEN=a\nNAME='b c'\n",
    "Pipfile": "[packages]\nflask = '*'\n[requires]\npython_version = '3.11'\n",
    "Pipfile.lock": '{"_meta": {"requires": {"python_version": "3.11"}}, "default": {"flask": {"version": "==3.0.3"}}}\n',
    "main.py": "import os\nimport flask\napp = flask.Flask(__name__)\nport = int(os.environ['PORT'])\n",
    "mise.toml": "[tools]\npython = '3.12'\n",
    "package.json": '{"name": "quay", "scripts": {"start": "node x.js"}}\n',
    "railway.toml": "[build]\nbuilder = 'RAILPACK'\n[deploy]\nstartCommand = 'python main.py'\n",
    "setup.cfg": "[metadata]\nname = quay\n[options]\ninstall_requires =\n  flask\n",
    "setup.py": "from setuptools import setup\nsetup(name='quay', install_requires=['flask'])\n",
}
# The same, from the scenarios.
NAMES = [
    "requirements.txt", "nixpacks.toml", "nixpacks.json", "pyproject.toml", "Procfile", "railpack.json", "railway.json", "runtime.txt",
    "poetry.lock", "pdm.lock", "uv.lock", "Dockerfile",
]
# What has a meaning to one parser or another.
WORDS = [
    b"[", b"]", b"{", b"}", b"(", b")", b"\"", b"'", b"'''", b'"""', b":", b"=", b"==", b">=", b";", b",", b"#", b"&", b"*", b"&a *a", b"!!",
    b"<<: *a", b"- ", b"? ", b"|", b">", b"%", b"\\", b"\\u0000", b"\\ud800", b"$", b"${", b"$(", b"`", b"&&", b"||", b"~=", b"@", b"-r ",
    b"-e ", b"--hash=sha256:", b"git+https://", b"..", b"../", b"/", b"\0", b"\r", b"\r\n", b"\n", b"\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\xff",
    b"9" * 40, b"-1", b"1e999", b"null", b"true", b"[[", b"]]", b"[a.", b"a.b.c=", b"**/", b"[!a", b"?", b"web: ", b"$PORT", b"python ",
    b"Traceback (most recent call last):\n", b'  File "main.py", line 1, in <module>\n', b"ModuleNotFoundError: No module named '", b"ERROR: ",
]
# What would act on a terminal.
ACTS = [
    "\x1b[31m", "\x1b]0;title\x07", "\x1b]8;;http://x.example\x1b\\", "\x1b[2J", "\x1b[1A", "\x07", "\x08", "\x9b31m", "\x9d0;t\x9c", "\u202e",
    "\u2066", "\u200f", "\u2028", "\x7f", "\x85",
]
TOLD = {"\n", "\t"}
# Blocks of nesting and of length, the most of which is far above what anybody writes.
REPEATS = [1, 2, 17, 300, 5_000, 60_000]


def seeds():
    """Contents by the name of the file; logs are under `log`."""
    found = collections.defaultdict(list)
    for name in NAMES:
        found[name] = [path.read_bytes() for path in sorted(HERE.parent.glob(f"scenarios/*/app/{name}"))]
    for name, text in OWN.items():
        found[name].append(text.encode())
    found["log"] = [path.read_bytes() for path in sorted(HERE.glob("logs/*.log"))]
    return {name: contents for name, contents in found.items() if contents}


def repeated(chance):
    """One word, or an opening bracket, many times."""
    return chance.choice(WORDS + [b"[", b"{", b"(", b"{\"a\":", b"a = [", b"- - ", b" "]) * chance.choice(REPEATS)


def mutated(chance, content, others):
    content = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 4, 12])):
        at = chance.randrange(len(content) + 1)
        to = min(len(content), at + chance.choice([1, 2, 8, 64, 1024]))
        kind = chance.randrange(9)
        if kind == 0 and content:
            content[at % len(content)] ^= 1 << chance.randrange(8)
        elif kind == 1:
            del content[at:to]
        elif kind == 2:
            content[at:at] = chance.choice(WORDS)
        elif kind == 3:
            content[at:to] = chance.choice(ACTS).encode()
        elif kind == 4:
            content[at:at] = content[at:to] * chance.choice([2, 9, 200])
        elif kind == 5:
            content[at:at] = repeated(chance)
        elif kind == 6:
            other = chance.choice(others)
            content[at:] = other[chance.randrange(len(other) + 1):]
        elif kind == 7:
            content[at:to] = bytes(chance.randrange(256) for _ in range(to - at))
        else:
            content = bytearray(content.replace(chance.choice([b"=", b'"', b"\n", b" "]), chance.choice(WORDS)))
    return bytes(content[:400_000])


def acts(said):
    """What of it would act on a terminal."""
    text = said.decode("utf-8", "replace")
    for char in text:
        code = ord(char)
        bidi = 0x202A <= code <= 0x202E or 0x2066 <= code <= 0x2069 or code in (0x200E, 0x200F, 0x061C)
        if (code < 0x20 and char not in TOLD) or 0x7F <= code <= 0x9F or bidi:
            return f"U+{code:04X} reached the terminal"
    return None


def command(arguments, folder):
    """What it said, how it ended, processor time, memory at its peak, and whether it had to be ended."""
    with tempfile.TemporaryFile() as said:
        home = {"XDG_CACHE_HOME": f"{folder}/cache", "XDG_STATE_HOME": f"{folder}/state", "NO_COLOR": "1"}
        child = subprocess.Popen(
            [str(BINARY), *arguments], stdin=subprocess.DEVNULL, stdout=said, stderr=said, env={**os.environ, **home}, cwd=folder
        )
        ended = threading.Timer(SECONDS, child.kill)
        ended.start()
        _, status, used = os.wait4(child.pid, 0)
        late = not ended.is_alive()
        ended.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        return said.read(50_000_000), child.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, late


def kind_of(name):
    return "log" if name == "log" else "lock" if "lock" in name else "configuration"


class Tried:
    def __init__(self):
        self.lock = threading.Lock()
        self.kinds, self.codes = collections.Counter(), collections.Counter()
        self.faults = []
        self.slowest = self.largest = 0.0
        self.kept = pathlib.Path(tempfile.mkdtemp(prefix="shakedown-mutated-"))

    def one(self, number, contents):
        chance = random.Random(f"{SEED} {number}")
        kind = chance.choice(["configuration", "configuration", "lock", "log"])
        name = chance.choice(sorted(name for name in contents if kind_of(name) == kind))
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.kept))
        app = folder / "app"
        app.mkdir()
        content = mutated(chance, chance.choice(contents[name]), contents[name])
        if name == "log":
            (folder / "log").write_bytes(content)
            arguments = ["replay", "log"]
        else:
            (app / "main.py").write_text("print('up')\n")
            (app / "requirements.txt").write_text("flask==3.0.3\n")
            # Some are read only beside another.
            for other in chance.sample(sorted(contents), chance.choice([0, 0, 1, 2])):
                if other != "log":
                    (app / other).write_bytes(chance.choice(contents[other]))
            (app / name).write_bytes(content)
            builder = chance.choice(["nixpacks", "railpack", "auto"])
            arguments = [*chance.choice([["check"], ["check"], ["plan"], ["plan", "--explain"]]), "--builder", builder, "app"]
        said, code, seconds, most, late = command(arguments, folder)
        faults = [
            late and f"it did not end within {SECONDS:.0f} s",
            code not in CODES and not late and f"it ended with {code}",
            b"panicked at" in said and "it panicked",
            seconds > PROCESSOR_SECONDS and f"it took {seconds:.1f} s of processor time",
            most > BYTES and f"it took {most / 1e6:.0f} MB of memory",
            acts(said),
        ]
        found = [fault for fault in faults if fault]
        with self.lock:
            self.kinds[kind] += 1
            self.codes[code] += 1
            self.slowest, self.largest = max(self.slowest, seconds), max(self.largest, most)
            if found:
                self.faults.append(f"input {number} ({name}): {'; '.join(found)}: in {folder}: shakedown {' '.join(arguments)}")
        if not found:
            shutil.rmtree(folder)


def main():
    contents, tried = seeds(), Tried()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    numbers = iter(range(COUNT))
    lock = threading.Lock()

    def work():
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            tried.one(number, contents)

    begun = time.monotonic()
    workers = [threading.Thread(target=work) for _ in range(os.cpu_count() or 1)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for fault in tried.faults[:20]:
        print(fault)
    kinds = ", ".join(f"{count} {kind}s" for kind, count in sorted(tried.kinds.items()))
    codes = ", ".join(f"{code}: {count}" for code, count in sorted(tried.codes.items()))
    print(
        f"mutated: {COUNT - len(tried.faults)} of {COUNT} inputs taken well (seed {SEED}; {kinds}; exit codes {codes}), at most {tried.slowest:.2f} s of "
        f"processor time and {tried.largest / 1e6:.0f} MB, in {time.monotonic() - begun:.0f} s"
    )
    if not tried.faults:
        shutil.rmtree(tried.kept)
    sys.exit(1 if tried.faults else 0)


main()
