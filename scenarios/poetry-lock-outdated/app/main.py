from importlib.util import find_spec

import tides

print("spring tide on day 15:", tides.is_spring_tide(15))
assert find_spec("almanac") is None, "the development group must stay out of the deploy"
