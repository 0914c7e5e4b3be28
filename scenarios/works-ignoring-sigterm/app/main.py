import signal
import time

signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("not listening", flush=True)
while True:
    time.sleep(0.5)
