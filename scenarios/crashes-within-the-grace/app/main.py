import time

tides = {"noon": 3.2}
time.sleep(4)
print(tides["midnight"])
