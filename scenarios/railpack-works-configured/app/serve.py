import os
import pathlib

print(pathlib.Path("built.txt").read_text(), os.environ["LANTERN"])
