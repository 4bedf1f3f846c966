"""Lines to servers of this machine that take their time, as those of users do.

Each direction of all connections together carries so many bytes per second, and each byte arrives half a
round trip later. What TCP does on a real line to find out how fast it is (its slow start) is missing.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

import uvloop

CHUNK = 64 * 1024
WAITING = 0.02  # seconds that a byte waits for its turn before its sender has to pause


class Speed(NamedTuple):
    """How fast a line is: bytes per second in each direction, and seconds there and back."""

    bytes_per_second: float
    round_trip: float

    def __str__(self) -> str:
        return f"{self.bytes_per_second * 8 / 1e6:.0f} Mbit/s, round trips of {self.round_trip * 1000:.0f} ms"


@contextmanager
def line_to(port: int, speed: Speed) -> Iterator[int]:
    """Lay a line, carried by a process of its own, until the end of the block; yield its port here."""
    command = [sys.executable, "-m", __name__, str(port), *map(str, speed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


class Direction:
    """One way of a line; the bytes of all its connections take turns."""

    def __init__(self, speed: Speed) -> None:
        self._speed = speed
        self._free_at = 0.0

    def carry(self, size: int, *, now: float) -> tuple[float, float]:
        """Return when so many bytes have left, and when they arrive."""
        self._free_at = max(now, self._free_at) + size / self._speed.bytes_per_second
        return self._free_at, self._free_at + self._speed.round_trip / 2


async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: Direction) -> None:
    loop = asyncio.get_running_loop()
    with suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            now = loop.time()
            leaves_at, arrives_at = direction.carry(len(data), now=now)
            loop.call_at(arrives_at, write, writer, data)
            await asyncio.sleep(leaves_at - now - WAITING)
    loop.call_at(direction.carry(0, now=loop.time())[1], writer.close)


def write(writer: asyncio.StreamWriter, data: bytes) -> None:
    if not writer.is_closing():
        writer.write(data)


async def carry(port: int, speed: Speed) -> None:
    out, back = Direction(speed), Direction(speed)

    async def connect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
        await asyncio.gather(copy(reader, far_writer, out), copy(far_reader, writer, back))

    server = await asyncio.start_server(connect, "127.0.0.1", 0, limit=CHUNK)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(carry(int(sys.argv[1]), Speed(*map(float, sys.argv[2:]))))
