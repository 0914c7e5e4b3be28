import os
import time
from http.server import BaseHTTPRequestHandler, HTTPServer


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()


server = HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Page)
time.sleep(12)
server.serve_forever()
