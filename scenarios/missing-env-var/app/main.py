import os

token = os.environ["BOT_TOKEN"]
print("signed in with", len(token), "letters")
