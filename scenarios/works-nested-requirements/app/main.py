import moon

assert moon.VERSION == 1, moon.VERSION
