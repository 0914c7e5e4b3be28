import tides

print("installed by the second command:", tides.__file__)
