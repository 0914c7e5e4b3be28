print("moo")
