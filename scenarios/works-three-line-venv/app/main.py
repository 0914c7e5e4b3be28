import tides

print(tides.__file__)
