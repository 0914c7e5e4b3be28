import sqlite3

sqlite3.connect("/data/harbours.db").execute("CREATE TABLE IF NOT EXISTS harbours (name TEXT)")
