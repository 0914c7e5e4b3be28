import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Tides(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"12:40")


ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Tides).serve_forever()
