import os

print("tide at", os.environ["HARBOUR"])
