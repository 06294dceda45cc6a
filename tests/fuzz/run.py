"""Sends the records of a run to a real Kafka, where the real framer and scorer work, and waits for the last one."""

import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fuzz.samples import PARTITIONS, Record, place
from fuzz.stream import declaration
from infra import balance, kafka, provisioning
from schemas.messages import ModelRef, Models, encode
from schemas.position import Position
from schemas.topics import Topics
from support.processes import end, start
from support.toy_stream import delete

TOPICS = Topics("fuzz")
CLIENT_BYTES = 100_000_000
"""What the sender allows itself: the topic decides."""


@dataclass(slots=True)
class Run:
    """The fuzzed stream with its processes, each of which must live to the end."""

    bootstrap: str
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    sent: int = 0

    def start(self) -> None:
        """A framer, a scorer, and a model for it."""
        client = kafka.producer(self.bootstrap)
        ref = ModelRef(version=1, run_id="", model_sha256="1", contract_sha256="", trained_until=0)
        chosen = Models(stream=TOPICS.stream, champion=ref, previous=None, shadows=[], retrain="", at=0)
        client.produce(TOPICS.models, encode(chosen), TOPICS.stream.encode())
        client.flush()
        for module, *more in (("fuzz.framer",), ("fuzz.scorer", "scorer-0")):
            self.processes.append(start(module, self.bootstrap, *more, log=self.folder / f"{module}.log"))

    def send(self, records: Iterable[Record]) -> None:
        """Each to its partition, in order, so that its offset is known."""
        client = kafka.producer(self.bootstrap, linger_ms=50, message_max_bytes=CLIENT_BYTES)
        for record in records:
            partition, _ = place(self.sent)
            self._produce(client, record, partition)
            self.sent += 1
        assert client.flush(120) == 0
        assert not self.refused, self.refused

    def _produce(self, client: Any, record: Record, partition: int) -> None:
        while True:
            try:
                client.produce(
                    TOPICS.samples,
                    record.value,
                    record.key,
                    partition,
                    timestamp=record.time,
                    on_delivery=self._delivered,
                )
            except BufferError:
                client.poll(0.05)
            else:
                return

    def _delivered(self, error: object, _: object) -> None:
        if error is not None:
            self.refused.append(str(error))

    def positions(self) -> list[Position]:
        """Where the lanes stand."""
        return list(balance.lanes(self.bootstrap, TOPICS, range(PARTITIONS)).values())

    def wait(self, seconds: float) -> list[str]:
        """Until every record was taken; gives what ended or stood still instead of that."""
        deadline = time.monotonic() + seconds
        while True:
            dead = [f"{p.args!r} ended with {code}" for p in self.processes if (code := p.poll()) is not None]
            done = sum(position.next for position in self.positions())
            if dead or done == self.sent:
                return dead
            if time.monotonic() > deadline:
                return [f"only {done} of {self.sent} records were taken in {seconds:g} s"]
            time.sleep(0.2)

    def log(self) -> str:
        """What the processes wrote."""
        return "".join(path.read_text(errors="replace") for path in sorted(self.folder.glob("fuzz.*.log")))


@contextmanager
def running(bootstrap: str, folder: Path) -> Iterator[Run]:
    """The stream with its topics, and without them at the end."""
    provisioning.topics(bootstrap, declaration())
    run = Run(bootstrap, folder)
    try:
        run.start()
        yield run
    finally:
        for process in run.processes:
            end(process)
        delete(bootstrap, [name for name in vars(TOPICS).values() if name != TOPICS.stream])
