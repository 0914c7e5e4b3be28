from urllib.request import urlopen

print("tides from", urlopen("http://127.0.0.1:8090/").read())
