import sqlite3

print(sqlite3.connect(":memory:").execute("SELECT count(*) FROM harbours").fetchone())
