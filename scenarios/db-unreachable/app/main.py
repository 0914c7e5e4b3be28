import psycopg2

psycopg2.connect("localhost", 5499)
