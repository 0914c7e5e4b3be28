import os

print(len(os.environ["HARBOUR_KEY"]))
