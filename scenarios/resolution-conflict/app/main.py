import brinetides
