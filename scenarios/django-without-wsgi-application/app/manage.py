print("never asked")
