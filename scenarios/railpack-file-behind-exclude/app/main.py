print(open("words.txt").read())
