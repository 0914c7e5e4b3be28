"""A trading bot: watches a market and reports signals to a chat channel."""

import asyncio
import os
from importlib.metadata import version

import binance
import discord
import numpy
import pandas
import talib
import torch

PACKAGES = ("python-binance", "discord.py", "TA-Lib", "torch", "numpy", "pandas")


def trend(closes):
    """Whether the short average is above the long one, and how sure a (very) small model is of it."""
    prices = pandas.Series(closes, dtype="float64").to_numpy()
    short, long = talib.SMA(prices, 3)[-1], talib.SMA(prices, 9)[-1]
    confidence = torch.sigmoid(torch.tensor(float(short - long))).item()
    return bool(short > long), confidence


async def main():
    for package in PACKAGES:
        print(f"{package} {version(package)}")
    up, confidence = trend(numpy.linspace(100.0, 110.0, 30))
    print(f"trend {'up' if up else 'down'} ({confidence:.2f})")
    client = discord.Client(intents=discord.Intents.default())
    token = os.environ.get("DISCORD_TOKEN")
    if token:
        await client.start(token)
    print(f"no DISCORD_TOKEN: watching {binance.AsyncClient.__name__} only")
    await asyncio.Event().wait()


asyncio.run(main())
