from importlib.util import find_spec

import moon

print(f"moon age on day 100: {moon.age(100):.1f} days")
assert moon.__file__.startswith("/app/.venv/"), moon.__file__
assert find_spec("almanac") is None, "the development group must stay out of the deploy"
