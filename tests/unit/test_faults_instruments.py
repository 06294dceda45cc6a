"""The slow network, the wrong clock, and the measure of a stall do what their names say."""

import asyncio
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from faults import round as one_round
from faults.proxy import HOST, Proxy
from faults.stalls import longest
from infra.embedded import ports


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gone: asyncio.Event) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
    writer.close()
    await writer.wait_closed()
    gone.set()


async def through(delay_s: float, data: bytes) -> tuple[bytes, float]:
    """What comes back by the proxy, and when the first of it did."""
    gone = asyncio.Event()
    server = await asyncio.start_server(partial(echo, gone=gone), HOST, 0)
    proxy = Proxy(ports.any_free(), server.sockets[0].getsockname()[1])
    await proxy.open()
    proxy.delay_s = delay_s
    reader, writer = await asyncio.open_connection(HOST, proxy.port)
    began = asyncio.get_running_loop().time()
    writer.write(data)
    first = await reader.readexactly(1)
    took = asyncio.get_running_loop().time() - began
    rest = await reader.readexactly(len(data) - 1)
    writer.close()
    await writer.wait_closed()
    await gone.wait()
    await proxy.close()
    server.close()
    return first + rest, took


@pytest.mark.parametrize("delay_s", [0.0, 0.1])
def test_the_slow_network_delays_each_way_and_changes_nothing(delay_s: float) -> None:
    data = os.urandom(1_000_000)
    back, took = asyncio.run(through(delay_s, data))

    assert back == data
    assert took >= 2 * delay_s


def test_a_broker_that_is_away_is_away_by_the_slow_network_too() -> None:
    async def tried() -> bytes:
        proxy = Proxy(ports.any_free(), ports.any_free())
        await proxy.open()
        reader, writer = await asyncio.open_connection(HOST, proxy.port)
        found = await reader.read()
        writer.close()
        await writer.wait_closed()
        await proxy.close()
        return found

    assert asyncio.run(tried()) == b""


def test_the_clock_of_a_running_process_leaps_and_comes_back(tmp_path: Path) -> None:
    file = tmp_path / "clock"
    file.write_text("0")
    program = "import sys, time\nfor _ in sys.stdin: time.sleep(0.3); print(time.time(), time.time_ns(), flush=True)"
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": str(one_round.CLOCK), "FAULTS_CLOCK": str(file)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        for off in (0, 3600, -3600, 0):
            file.write_text(str(off))
            process.stdin.write("\n")
            process.stdin.flush()
            seconds, nanoseconds = process.stdout.readline().split()
            assert abs(float(seconds) - time.time() - off) < 60
            assert abs(int(nanoseconds) / 1e9 - time.time() - off) < 60
        process.stdin.close()


def test_a_stall_is_the_longest_time_without_a_commit_begun_before_or_ended_after() -> None:
    assert longest([[0.0, 1.0, 2.0, 6.0, 6.5]], 2.5, 6.6) == 4.0
    assert longest([[0.0, 1.0]], 2.5, 6.0) == 5.0
    assert longest([[3.0, 4.0], [3.5]], 3.0, 5.0) == 1.5
    assert longest([], 0.0, 5.0) == 0.0
