"""A trading bot: watches a market and reports signals to a chat channel."""

import asyncio
import os
from importlib.metadata import version

import binance
import discord
import numpy
import pandas
import talib

PACKAGES = ("python-binance", "discord.py", "TA-Lib", "numpy", "pandas")


def trend(closes):
    """Whether the short average is above the long one."""
    prices = pandas.Series(closes, dtype="float64").to_numpy()
    return talib.SMA(prices, 3)[-1] > talib.SMA(prices, 9)[-1]


async def main():
    for package in PACKAGES:
        print(f"{package} {version(package)}")
    print("trend", "up" if trend(numpy.linspace(100.0, 110.0, 30)) else "down")
    client = discord.Client(intents=discord.Intents.default())
    token = os.environ.get("DISCORD_TOKEN")
    if token:
        await client.start(token)
    print(f"no DISCORD_TOKEN: watching {binance.AsyncClient.__name__} only")
    await asyncio.Event().wait()


asyncio.run(main())
