"""`python -m benchmarks.slo [--repeats N]`: shifts on real streams until each kind had its turn N times.

Writes results/slo.json, docs/slo.md and docs/slo.png.
"""

import argparse
import os
import platform
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np

from benchmarks import result
from benchmarks.slo import conclude, deploy, episodes, page, picture, stream
from benchmarks.slo.conclude import Watched
from benchmarks.slo.heard import Reader
from benchmarks.slo.sender import Sender
from benchmarks.slo.stream import KINDS, Shift
from infra.embedded import Endpoints
from schemas.topics import Topics

NAMES = ("slo-a", "slo-b", "slo-c")


def measure(repeats: int, seed: int) -> list[Watched]:
    """The episodes of each stream, all streams at once."""
    random = np.random.default_rng(seed)
    shifts = [stream.shift(kind, random) for kind in KINDS for _ in range(repeats)]
    order = random.permutation(len(shifts))
    dealt = [[shifts[i] for i in order[place :: len(NAMES)]] for place in range(len(NAMES))]
    with (
        deploy.running(NAMES) as servers,
        Reader(servers.kafka, NAMES) as reader,
        ThreadPoolExecutor(len(NAMES)) as pool,
    ):
        under_way = [
            pool.submit(_watch, servers, reader, name, mine, seed + place)
            for place, (name, mine) in enumerate(zip(NAMES, dealt, strict=True))
        ]
        return [one.result() for one in under_way]


def _watch(servers: Endpoints, reader: Reader, name: str, shifts: Sequence[Shift], seed: int) -> Watched:
    sender = Sender(servers.kafka, Topics(name).samples, seed)
    found = episodes.run(sender, reader.of[name], shifts, seed)
    sender.close()
    return Watched(sender, reader.of[name], found)


def main() -> None:
    """Measures, keeps the result, writes the page."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slo", description=__doc__)
    parser.add_argument("--repeats", type=int, default=20, help="of each kind of shift")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    found = conclude.figures(measure(given.repeats, given.seed)) | {
        "at": f"{datetime.now(UTC):%Y-%m-%d %H:%M}",
        "took_s": round(time.monotonic() - began),
        "machine": f"{os.cpu_count()} shared cores, {platform.system()}, Python {platform.python_version()}",
        "streams": len(NAMES), "rate": stream.RATE, "pane_s": stream.PANE_S, "partitions": stream.PARTITIONS,
        "lateness_ms": stream.LATENESS_MS, "tolerance": stream.TOLERANCE, "limit": episodes.LIMIT,
    }  # fmt: skip
    result.keep("slo", found)
    page.write(found)
    picture.draw(found)


if __name__ == "__main__":
    main()
