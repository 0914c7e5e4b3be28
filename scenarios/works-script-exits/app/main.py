import statistics

HEIGHTS = [3.1, 3.4, 2.9, 3.3]
print(f"mean high water {statistics.mean(HEIGHTS):.2f} m")
