import brinetides

print("installed by the second command:", brinetides.__file__)
