print("tide table")
