import os

from settings import REGION

TOKEN = os.environ["HARBOUR_TOKEN"]
print(TOKEN, REGION)
