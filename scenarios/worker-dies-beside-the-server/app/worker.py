raise RuntimeError("no berth for the queue")
