from tides import HIGH

print("high water at", HIGH)
