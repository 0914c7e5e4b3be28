import sqlite3

print(sqlite3.connect("harbour.db").execute("select * from berths").fetchall())
