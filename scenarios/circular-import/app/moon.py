from tides import high_water


def age():
    return high_water() / 2
