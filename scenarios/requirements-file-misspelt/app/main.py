import brinemoon

print("tide", brinemoon.__name__)
