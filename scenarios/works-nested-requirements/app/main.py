import brinemoon

assert brinemoon.VERSION == 1, brinemoon.VERSION
