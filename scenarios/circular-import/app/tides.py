from moon import age


def high_water():
    return age() * 2
