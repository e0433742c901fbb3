"""aiohttp: a server and clients of its own in one loop, a websocket, large bodies, a timeout."""

import asyncio

import common  # noqa: F401  (asserts whose module it is)
import aiohttp
from aiohttp import web

LIMIT_SECONDS = 120


async def echo(request):
    return web.Response(body=await request.read())


async def never(request):
    await asyncio.sleep(LIMIT_SECONDS)


async def talk(request):
    talking = web.WebSocketResponse()
    await talking.prepare(request)
    async for message in talking:
        await talking.send_str(message.data.upper())
    return talking


async def serve():
    app = web.Application(client_max_size=2**26)
    app.add_routes([web.post("/", echo), web.get("/never", never), web.get("/talk", talk)])
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


async def ask(session, place, body):
    async with session.post(place, data=body) as answer:
        assert await answer.read() == body


async def main():
    runner, place = await serve()
    async with aiohttp.ClientSession() as session:
        await asyncio.gather(*(ask(session, place, b"x" * number) for number in range(1, 200)))
        await ask(session, place, bytes(5_000_000))
        async with session.ws_connect(f"{place}/talk") as talking:
            for word in ("one", "two"):
                await talking.send_str(word)
                assert await talking.receive_str() == word.upper()
        try:
            await session.get(f"{place}/never", timeout=aiohttp.ClientTimeout(total=0.1))
        except asyncio.TimeoutError:
            pass
        else:
            raise AssertionError("no timeout")
    await runner.cleanup()


asyncio.run(asyncio.wait_for(main(), LIMIT_SECONDS))
