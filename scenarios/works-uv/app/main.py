import moon

print(f"moon age on day 100: {moon.age(100):.1f} days, from {moon.__file__}")
assert moon.__file__.startswith("/opt/venv/"), moon.__file__
