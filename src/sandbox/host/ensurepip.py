import sys


def _seed():
    import os

    seed = "@SEED@"
    version = "python%d.%d" % sys.version_info[:2]
    usual = sys.argv[1:] == ["--upgrade", "--default-pip"] and sys.prefix in ("/opt/venv", "/app/.venv")
    packages = os.path.join(sys.prefix, "lib", version, "site-packages")
    if not usual:
        return False
    if os.listdir(packages):
        return False
    own = ("#!" + sys.executable + "\n").encode()
    scripts = {}
    for name in os.listdir(os.path.join(seed, "bin")):
        target = os.path.join(sys.prefix, "bin", name)
        if os.path.lexists(target):
            return False
        with open(os.path.join(seed, "bin", name), "rb") as file:
            first, rest = file.read().split(b"\n", 1)
        scripts[name] = (target, first + b"\n", own + rest)
    _copy(os.path.join(seed, "packages"), packages)
    changed = {}
    for name, (target, first, content) in scripts.items():
        with open(target, "wb") as file:
            file.write(content)
        os.chmod(target, 0o755)
        if first != own:
            changed["../../../bin/" + name] = content
    if changed:
        _record(packages, changed)
    return True


def _copy(source, target):
    import os
    import shutil

    for entry in os.scandir(source):
        to = os.path.join(target, entry.name)
        if entry.is_dir(follow_symlinks=False):
            os.mkdir(to)
            _copy(entry.path, to)
        else:
            shutil.copyfile(entry.path, to)
            shutil.copystat(entry.path, to)


def _record(packages, changed):
    import base64
    import hashlib
    import os

    for name in os.listdir(packages):
        path = os.path.join(packages, name, "RECORD")
        if not os.path.isfile(path):
            continue
        with open(path, "rb") as file:
            lines = file.read().decode().split("\n")
        for index, line in enumerate(lines):
            script = line.split(",", 1)[0]
            if script in changed:
                digest = base64.urlsafe_b64encode(hashlib.sha256(changed[script]).digest()).decode().rstrip("=")
                end = "\r" if line.endswith("\r") else ""
                lines[index] = "%s,sha256=%s,%d%s" % (script, digest, len(changed[script]), end)
        with open(path, "wb") as file:
            file.write("\n".join(lines).encode())


if __name__ == "__main__" and not _seed():
    import ensurepip

    sys.exit(ensurepip._main())
