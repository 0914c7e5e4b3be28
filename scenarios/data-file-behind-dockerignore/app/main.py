import json
from pathlib import Path

BERTHS = json.loads((Path(__file__).parent / "docs" / "berths.json").read_text())
print(len(BERTHS))
