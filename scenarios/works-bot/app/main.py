import time

import brinetides

print("brinemoon age", brinetides.age(), "from", brinetides.__file__, flush=True)
time.sleep(600)
