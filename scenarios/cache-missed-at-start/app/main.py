import json

with open("/root/.cache/tides/berths.json") as file:
    print(json.load(file))
