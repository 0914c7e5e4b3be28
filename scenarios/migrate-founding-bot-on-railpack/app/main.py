"""A bot that watches tides as the founding one watches a market."""

import time

import brinetides

print("trend", "up" if brinetides.trend([100.0, 110.0]) else "down", flush=True)
time.sleep(600)
