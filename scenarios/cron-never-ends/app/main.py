import time


def report():
    print("high water at noon", flush=True)


report()
while True:
    time.sleep(3600)
    report()
