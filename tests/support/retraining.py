"""A stream on real servers, as far as the retrainer sees it: topics, warehouse, champion, and scorers that report."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TypeVar

import msgspec
import pyarrow as pa
from confluent_kafka import Producer
from pyarrow import parquet

from consumers.training import command
from infra import kafka, provisioning
from infra.embedded import Endpoints
from infra.postgres import connect, migrate
from infra.settings import Settings
from schemas.declaration import Declaration, load
from schemas.messages import Decision, DriftEvent, Models, Performance, Served, encode
from schemas.topics import Topics
from support.labelled import DAY, HOUR, Rows

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """One stream of its own."""

    path: Path
    declaration: Declaration
    settings: Settings

    @property
    def topics(self) -> Topics:
        return Topics(self.declaration.name)

    def decisions(self) -> list[Decision]:
        """All decisions so far."""
        return self._all(self.topics.decisions, Decision)

    def models(self) -> list[Models]:
        """All records of `models` so far."""
        return self._all(self.topics.models, Models)

    def events(self) -> list[DriftEvent]:
        """All drift events so far."""
        return self._all(self.topics.drift_events, DriftEvent)

    def environment(self) -> dict[str, str]:
        """What a process of this stream is started with."""
        return os.environ | {f"LEEWAY_{name.upper()}": str(getattr(self.settings, name)) for name in _NAMES}

    def steps(self, retrain: str) -> list[str]:
        """The steps of one retrain."""
        return [decision.step for decision in self.decisions() if decision.retrain == retrain]

    def drift(self, number: int, event_time: int) -> None:
        """Publishes a drift event about version 1."""
        found = DriftEvent(
            id=f"{self.declaration.name}:{number}",
            incident="incident",
            stream=self.declaration.name,
            version=1,
            kind="opened",
            event_time=event_time,
            shifts=[],
            sentence="x moved",
        )
        self.send(self.topics.drift_events, encode(found))

    def tick(self, event_time: int) -> None:
        """The stream reaches this event time, in which nothing was labelled."""
        row = Performance(
            role="champion", version=1, pane_start=event_time - DAY, pane_end=event_time, predictions=0, labelled=0,
            log_loss=0.0, brier=0.0, accuracy=0.0, label_lag_ms=0, watermark=event_time,
        )  # fmt: skip
        self.send(self.topics.performance, encode(row))

    def send(self, topic: str, value: bytes, partition: int = 0) -> None:
        """One record, acknowledged."""
        producer = _producer(self.settings.kafka)
        producer.produce(topic, value, self.declaration.name.encode(), partition=partition)
        assert producer.flush(30) == 0

    def until(self, what: Callable[[], bool], limit_s: float = 90) -> None:
        """Waits for a condition."""
        deadline = time.monotonic() + limit_s
        while not what():
            assert time.monotonic() < deadline, [f"{one.retrain} {one.step}: {one.reason}" for one in self.decisions()]
            time.sleep(0.1)

    @contextmanager
    def retrainer(self) -> Iterator[subprocess.Popen[bytes]]:
        """A retrainer process; ended by SIGTERM, which it must obey, unless it has ended."""
        command = [sys.executable, "-m", "consumers", "retrainer", str(self.path)]
        process = subprocess.Popen(command, env=self.environment())
        try:
            yield process
            if process.poll() is None:
                process.terminate()
                assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()

    @contextmanager
    def scorers(self) -> Iterator[None]:
        """Reports in `served` whatever `models` asks for, for every partition, until the end."""
        stop = threading.Event()
        thread = threading.Thread(target=self._report, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _report(self, stop: threading.Event) -> None:
        told = 0
        while not stop.wait(0.1):
            models = self.models()
            for found in models[told:]:
                for partition in range(self.declaration.stream.partitions):
                    served = Served(
                        worker="w",
                        partition=partition,
                        version=found.champion.version,
                        model_sha256=found.champion.model_sha256,
                        from_offset=0,
                        at=0,
                        shadows=[one.version for one in found.shadows],
                    )
                    self.send(self.topics.served, encode(served))
            told = len(models)

    def _all(self, topic: str, kind: type[T]) -> list[T]:
        return [msgspec.json.decode(one.value() or b"", type=kind) for one in kafka.read(self.settings.kafka, topic, 0)]


@cache
def _producer(bootstrap: str) -> Producer:
    """One for all records of a test run: a new one takes a second to find the broker."""
    return kafka.producer(bootstrap)


_NAMES = ("kafka", "postgres", "mlflow", "home")


def world(
    servers: Endpoints, path: Path, home: Path, rows: Rows, trained_days: int, filled_days: int = 10_000
) -> World:
    """Topics, all rows in the warehouse, or those of the first days, and a champion trained on the first days."""
    found = World(
        path, load(path), Settings(kafka=servers.kafka, postgres=servers.postgres, mlflow=servers.mlflow, home=home)
    )
    provisioning.topics(servers.kafka, found.declaration)
    migrate(servers.postgres)
    fill(found, rows, stop=filled_days * DAY)
    history = path.with_suffix(".parquet")
    parquet.write_table(_table(rows, trained_days), history)
    command.train(
        path, str(history), datetime.fromtimestamp(trained_days * DAY / 1000, UTC).isoformat(), found.settings
    )
    return found


def fill(found: World, rows: Rows, start: int = 0, stop: int = 2**62) -> None:
    """Writes the rows with start <= event time < stop as the warehouse would, and their labels."""
    stream = found.declaration.name
    some = [(row, time_ms) for row, time_ms in enumerate(rows.times.tolist()) if start <= time_ms < stop]
    with connect(found.settings.postgres) as connection, connection.cursor() as cursor:
        with cursor.copy(
            'COPY predictions (stream, partition, "offset", id, ts, version, score, class, shadow, features) FROM STDIN'
        ) as copy:
            for row, time_ms in some:
                features = rows.features(row).decode()
                copy.write_row((stream, row % 2, row // 2, f"s{row}", _moment(time_ms), 1, 0.5, 0, "{}", features))
        with cursor.copy('COPY labels (stream, partition, "offset", id, ts, label) FROM STDIN') as copy:
            for row, time_ms in some:
                copy.write_row((stream, row % 2, row // 2, f"s{row}", _moment(time_ms + HOUR), int(rows.labels[row])))


def _table(rows: Rows, days: int) -> pa.Table:
    count = int((rows.times < days * DAY).sum())
    return pa.table(
        {
            "id": [f"s{row}" for row in range(count)],
            "ts": rows.times[:count],
            "x": pa.array(rows.x[:count], from_pandas=True),
            "n": rows.n[:count],
            "color": rows.color[:count],
            "open": rows.open[:count],
            "label": rows.labels[:count],
            "label_ts": rows.times[:count] + HOUR,
        }
    )


def _moment(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)
