import gauge

print(gauge)
