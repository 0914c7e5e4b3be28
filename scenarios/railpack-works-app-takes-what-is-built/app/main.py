print(open("out/words.txt").read())
