"""A TCP proxy that holds back every byte for a while: the slow network between one process and the broker."""

import asyncio
from contextlib import suppress

HOST = "127.0.0.1"
CHUNK = 65_536
AHEAD = 64
"""Chunks under way in one direction; with more of them the sender waits, as on a real line."""


class Proxy:
    """Forwards `port` to `target`; `delay_s` is added to each way, and may be changed at any time."""

    def __init__(self, port: int, target: int) -> None:
        self.port, self.target = port, target
        self.delay_s = 0.0
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        """Begins to listen."""
        self._server = await asyncio.start_server(self._accept, HOST, self.port)

    async def close(self) -> None:
        """Ends all connections."""
        if self._server is not None:
            self._server.close()
        for line in self._lines:
            line.cancel()
        await asyncio.gather(*self._lines, return_exceptions=True)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.create_task(self._connected(reader, writer))
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(HOST, self.target)
        except OSError:  # the broker is away: the client is told as it would be without us
            await _end(writer)
            return
        ways = [asyncio.create_task(self._way(reader, back)), asyncio.create_task(self._way(there, writer))]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            await asyncio.gather(_end(writer), _end(back))

    async def _way(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One direction: in order, each chunk at its time; what is read meanwhile is not held up by what waits."""
        line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(AHEAD)
        sender = asyncio.create_task(_send(line, writer))
        loop = asyncio.get_running_loop()
        try:
            with suppress(OSError):
                while data := await reader.read(CHUNK):
                    await line.put((loop.time() + self.delay_s, data))
                await line.join()
        finally:
            sender.cancel()


async def _end(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def _send(line: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due, data = await line.get()
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        with suppress(OSError):
            writer.write(data)
            await writer.drain()
        line.task_done()
