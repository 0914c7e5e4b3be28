import sys

print("running on Python", sys.version.split()[0])
assert sys.version_info[:2] == (3, 9), sys.version
assert sys.prefix == "/opt/venv", sys.prefix
