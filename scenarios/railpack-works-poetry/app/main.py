import moon

print(f"moon age on day 100: {moon.age(100):.1f} days")
assert moon.__file__.startswith("/app/.venv/"), moon.__file__
