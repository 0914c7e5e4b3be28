"""Says what Celery 5.7 says, and waits as it does."""

import time

for wait in range(2, 600, 2):
    print(
        "consumer: Cannot connect to redis://localhost:6379//: Error 111 connecting to localhost:6379. Connection refused..",
        f"Trying again in {wait}.00 seconds...",
        sep="\n",
        flush=True,
    )
    time.sleep(wait)
