import time

from .tides import HIGH

print("high water:", HIGH, flush=True)
while True:
    time.sleep(1)
