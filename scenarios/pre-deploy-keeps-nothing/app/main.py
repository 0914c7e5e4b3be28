import os
import sqlite3
from http.server import HTTPServer, SimpleHTTPRequestHandler

print(sqlite3.connect("moorings.db").execute("select count(*) from berths").fetchone())
HTTPServer(("0.0.0.0", int(os.environ["PORT"])), SimpleHTTPRequestHandler).serve_forever()
