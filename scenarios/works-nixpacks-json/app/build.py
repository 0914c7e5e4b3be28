from pathlib import Path

Path("tides.txt").write_text("12:40")
