import os

assert os.listdir("/app").count("needs-sun.txt") == 0
print("ahoy")
