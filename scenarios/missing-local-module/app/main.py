from harbour.tides import high_water

print(high_water())
