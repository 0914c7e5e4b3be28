import sqlite3

with sqlite3.connect("moorings.db") as database:
    database.execute("create table berths (name text)")
