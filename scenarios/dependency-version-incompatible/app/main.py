import tides

print(tides)
