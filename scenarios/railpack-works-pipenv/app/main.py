from datetime import timedelta
from importlib.util import find_spec

import humanize

print("high water in", humanize.precisedelta(timedelta(minutes=374)))
assert find_spec("iniconfig") is None, "the development group must stay out of the deploy"
