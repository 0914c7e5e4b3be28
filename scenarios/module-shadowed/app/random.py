print("a die")
