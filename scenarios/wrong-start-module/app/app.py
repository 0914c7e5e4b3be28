"""Gunicorn reads PORT by itself and listens on every interface."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def home():
    return "Nothing here yet."


@app.get("/health")
def health():
    return {"status": "ok"}
