from tides import high_tide

print(high_tide())
