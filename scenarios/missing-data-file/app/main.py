with open("data/harbours.json") as file:
    print(file.read())
