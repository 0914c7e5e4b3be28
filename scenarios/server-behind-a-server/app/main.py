import os
from http.server import BaseHTTPRequestHandler, HTTPServer


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"high tide\n")


pages = HTTPServer(("0.0.0.0", int(os.environ.get("PORT", "8000"))), Page)
figures = HTTPServer(("0.0.0.0", 9100), Page)
pages.serve_forever()
figures.serve_forever()
