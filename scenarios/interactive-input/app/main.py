harbour = input("Which harbour? ")
print(harbour)
