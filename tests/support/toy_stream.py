"""The toy stream on a real Kafka, with its processes: ways to start, send, and see what came of it."""

import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from infra import kafka, provisioning
from schemas import position
from schemas.errors import Refused
from schemas.messages import ModelRef, Models, encode
from schemas.position import Position
from schemas.reasons import REASON, SOURCE
from schemas.topics import Topics
from streams.recovery import alone
from support.models import declaration
from support.processes import end, start, until
from support.records import sample

TOPICS = Topics("toy")
DEALT = 3
"""Partitions that every toy stream has at least; the next one may have no more."""
OF_THE_KEY = -1
"""Kafka's word for the partition that the key has."""


def models(version: int) -> Models:
    ref = ModelRef(version=version, run_id="", model_sha256=f"{version}", contract_sha256="", trained_until=0)
    return Models(stream="toy", champion=ref, previous=None, shadows=[], retrain="", at=0)


class Stream:
    """The toy stream with its processes."""

    def __init__(self, bootstrap: str, folder: Path, partitions: int = 3) -> None:
        self.bootstrap, self.folder = bootstrap, folder
        self.producer = kafka.producer(bootstrap)
        self.running: list[subprocess.Popen[bytes]] = []
        self.sent = 0
        self.partitions = partitions

    def start(self, module: str, *more: str) -> subprocess.Popen[bytes]:
        process = start(module, self.bootstrap, *more, log=self.folder / "processes.log")
        self.running.append(process)
        return process

    def send(self, value: bytes | None, key: bytes | None = None, partition: int = OF_THE_KEY) -> None:
        while True:
            try:
                self.producer.produce(TOPICS.samples, value, key, partition)
            except BufferError:
                self.producer.poll(0.05)
            else:
                break
        self.sent += 1

    def samples(self, first: int, count: int) -> None:
        for i in range(first, first + count):
            self.send(sample(i * 100, f"id-{i}", x=i % 7 - 3.0), f"id-{i}".encode())
        self.producer.flush()

    def promote(self, version: int) -> None:
        self.producer.produce(TOPICS.models, encode(models(version)), b"toy")
        self.producer.flush()

    def positions(self) -> list[Position]:
        found = []
        for partition in range(self.partitions):
            rows = [m for m in kafka.read(self.bootstrap, TOPICS.state, partition) if m.key() == position.KEY]
            found.append(position.decode(rows[-1].value() or b"") if rows else Position())
        return found

    def drained(self) -> bool:
        return sum(p.next for p in self.positions()) == self.sent

    def sources(self) -> Counter[tuple[int, int]]:
        """How often each offset of `samples` was predicted, as a reader of committed records sees it."""
        rows = [m for p in range(self.partitions) for m in kafka.read(self.bootstrap, TOPICS.predictions, p)]
        return Counter(tuple(msgspec.json.decode(m.value() or b"")["source"]) for m in rows)

    def rejected(self) -> dict[str, str]:
        """Source place -> reason."""
        rows: list[dict[str, Any]] = [
            dict(m.headers() or [])
            for p in range(self.partitions)
            for m in kafka.read(self.bootstrap, TOPICS.rejected, p)
        ]
        return {bytes(row[SOURCE] or b"").decode(): bytes(row[REASON] or b"").decode() for row in rows}

    def framed(self) -> int:
        """The framer's committed positions, summed."""
        client = kafka.consumer(self.bootstrap, "toy.framer")
        try:
            places = client.committed([TopicPartition(TOPICS.samples, p) for p in range(self.partitions)], timeout=10)
        finally:
            client.close()
        return sum(max(0, place.offset) for place in places)

    def log(self) -> str:
        """What the processes wrote."""
        return (self.folder / "processes.log").read_text(errors="replace")


@contextmanager
def running(bootstrap: str, folder: Path, partitions: int = 3) -> Iterator[Stream]:
    """A toy stream with its topics, and without them at the end."""
    provisioning.topics(bootstrap, declaration(partitions))
    found = Stream(bootstrap, folder, partitions)
    try:
        yield found
    finally:
        for process in found.running:
            end(process)
        if kafka.partitions(found.producer, TOPICS.frames) > DEALT:
            until(lambda: forgotten(bootstrap), 90, "the scorers' sessions have ended")
        delete(bootstrap, [name for name in vars(TOPICS).values() if name != "toy"])


def forgotten(bootstrap: str) -> bool:
    """Whether the broker has forgotten the scorers: one that comes back under its name is dealt what it had before."""
    try:
        alone(bootstrap, "toy.scorer")
    except Refused:
        return False
    return True


def delete(bootstrap: str, topics: list[str]) -> None:
    """Deletes topics, and waits for it."""
    admin = AdminClient({"bootstrap.servers": bootstrap})
    for future in admin.delete_topics(topics).values():
        future.result(30)
