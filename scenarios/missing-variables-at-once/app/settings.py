import os

REGION = os.getenv("HARBOUR_REGION", "north")


def key():
    return os.environ["HARBOUR_KEY"].strip()
