import brinetides

print(brinetides)
