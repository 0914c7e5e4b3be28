import os
from http.server import HTTPServer, SimpleHTTPRequestHandler

address = ("0.0.0.0", int(os.environ["PORT"]))
first = HTTPServer(address, SimpleHTTPRequestHandler)
second = HTTPServer(address, SimpleHTTPRequestHandler)
second.serve_forever()
