"""`python -m benchmarks.peers.lanes DECLARATION GUARANTEE`: the product's scorer, its lanes in transactions or not.

Without them a lane writes the same records and rows by an idempotent producer, and at a checkpoint waits until all are
acknowledged: at least once. The product has no such switch; only the client of each lane is exchanged here.
"""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from confluent_kafka import Producer

from infra import logs
from infra.settings import from_environment
from schemas.declaration import load
from schemas.topics import LARGE
from streams import restore
from streams.__main__ import Options, score
from streams.lane import Lane
from streams.transaction import Transaction
from streams.watchdog import STALL_S


class Plain:
    """Speaks as a transactional producer does, and is none."""

    def __init__(self, bootstrap: str) -> None:
        self._client = Producer(
            {"bootstrap.servers": bootstrap, "enable.idempotence": True, "linger.ms": 20, "compression.type": "lz4",
             "message.max.bytes": LARGE, "queue.buffering.max.messages": 200_000,
             "queue.buffering.max.kbytes": 262_144}
        )  # fmt: skip
        self.produce, self.poll, self.flush = self._client.produce, self._client.poll, self._client.flush

    def begin_transaction(self) -> None:
        """Nothing to begin."""

    def commit_transaction(self, patience_s: float) -> None:
        """Waits for every acknowledgement."""
        if self._client.flush(patience_s):
            raise TimeoutError("not everything was acknowledged")


def main(declaration: str, guarantee: str) -> None:
    """Runs until it is ended; `guarantee` is at-least-once or exactly-once."""
    logs.configure("score")
    settings, fenced = from_environment(), restore.open_lane

    def plain(*args: Any, **more: Any) -> Lane:
        lane = fenced(*args, **more)
        return replace(lane, transaction=Transaction(Plain(settings.kafka), lane.state.number, "at least once"))

    if guarantee == "at-least-once":
        restore.open_lane = plain
    score(settings, load(Path(declaration)), Options("scorer-0", STALL_S, None))


if __name__ == "__main__":
    main(*sys.argv[1:])
