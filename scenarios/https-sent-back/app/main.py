import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Tides(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(301)
        self.send_header("Location", f"https://{self.headers['Host']}{self.path}")
        self.send_header("Content-Length", "0")
        self.end_headers()


ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Tides).serve_forever()
