import asyncio


async def tide():
    return "12:40"


async def main():
    print(asyncio.run(tide()))


asyncio.run(main())
