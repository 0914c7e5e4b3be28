import os
import time
from threading import Thread

from page import serve

Thread(target=serve).start()
time.sleep(1)
print("the bot signs in with", os.environ["BOT_TOKEN"])
