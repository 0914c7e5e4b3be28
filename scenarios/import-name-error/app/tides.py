def high_water():
    return "12:40"
