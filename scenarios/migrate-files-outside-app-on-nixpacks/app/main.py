print(open("/opt/words/list.txt").read())
