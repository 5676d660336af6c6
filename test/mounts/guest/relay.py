"""relay.py ADDRESS PORT: carries connections to 127.0.0.1:PORT on to ADDRESS:PORT, where the gateway is."""
import asyncio
import sys

address, port = sys.argv[1], int(sys.argv[2])


async def carry(reader, writer):
    while data := await reader.read(1 << 20):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve(reader, writer):
    there, back = await asyncio.open_connection(address, port)
    await asyncio.gather(carry(reader, back), carry(there, writer), return_exceptions=True)


async def main():
    async with await asyncio.start_server(serve, "127.0.0.1", port) as server:
        print("ready", flush=True)
        await server.serve_forever()


asyncio.run(main())
