import time

time.sleep(1)
print({"high": "12:40"}["low"])
