import os
import time

TOKEN = os.environ["BOT_TOKEN"]
while True:
    time.sleep(60)
