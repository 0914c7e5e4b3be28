import tides

print(tides.high_water())
