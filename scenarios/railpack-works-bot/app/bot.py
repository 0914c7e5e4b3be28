import time

print("on watch", flush=True)
while True:
    time.sleep(1)
