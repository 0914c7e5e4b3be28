print("found in the sub-folder")
