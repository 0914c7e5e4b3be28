import psycopg

print(psycopg.__version__)
