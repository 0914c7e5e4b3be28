import brinetides

print(brinetides.__file__)
