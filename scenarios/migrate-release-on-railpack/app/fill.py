import sqlite3

sqlite3.connect("harbour.db").execute("create table berths (name)")
