from pathlib import Path

Path("prepared").write_text("yes")
