import ctypes
import lzma
import readline
import sqlite3
import ssl
import zlib

print(sqlite3.connect(":memory:").execute("select 1").fetchone(), ssl.OPENSSL_VERSION_INFO[0], flush=True)
ctypes.CFUNCTYPE(ctypes.c_int)(lambda: 0)()
ctypes.CDLL("libffi.so.8")
