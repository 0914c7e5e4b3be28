import discord

discord.Client().run("changeme")
