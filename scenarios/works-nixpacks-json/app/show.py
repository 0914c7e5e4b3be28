from pathlib import Path

print(Path("tides.txt").read_text())
