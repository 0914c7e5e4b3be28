print(open("charts/harbour.ini").read())
