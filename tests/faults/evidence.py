"""What a round has left, read from the topics and from PostgreSQL, as plain values and arrays for the judge."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import psycopg
from psycopg import sql

from faults.stream import PARTITIONS
from infra import balance, kafka
from infra.settings import Settings
from schemas import sketch
from schemas.position import Position
from schemas.reasons import SOURCE, source
from schemas.topics import Topics

Place = tuple[int, int]
"""Partition and offset of `samples`."""
Pane = tuple[int, int, int]
"""A state key: partition, version, start of the pane in ms."""


class Sample(msgspec.Struct, gc=False):
    """What a sample holds."""

    id: str
    ts: int
    features: dict[str, float]


class Prediction(msgspec.Struct, gc=False):
    """What a prediction holds, as far as it is judged."""

    id: str
    ts: int
    score: float
    version: int
    source: Place


Stored = tuple[int, int, int, float]
"""A row of predictions: partition, offset, version, score."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """`samples`: None is a record that is no sample. `panes`: counts, int64 (cells of all columns in a row,).

    `rows` and `written` count rows of each other table in PostgreSQL and the distinct keys of its topic.
    """

    samples: dict[Place, Sample | None]
    predictions: list[Prediction]
    rejected: list[Place]
    late: list[Place]
    positions: dict[int, Position]
    panes: dict[Pane, np.ndarray[Any, np.dtype[np.int64]]]
    stored: list[Stored]
    rows: dict[str, int]
    written: dict[str, int]


def gather(settings: Settings, topics: Topics) -> Evidence:
    """Everything, by a reader of committed records."""
    kept = Reader(settings.kafka, topics)
    predictions = [msgspec.json.decode(m.value(), type=Prediction) for m in kept.all(topics.predictions)]
    rejected, late = list(kept.aside(topics.rejected)), list(kept.aside(topics.late))
    stored, rows = _stored(settings.postgres, topics.stream)
    return Evidence(
        samples={(m.partition(), m.offset()): _sample(m.value()) for m in kept.all(topics.samples)},
        predictions=predictions,
        rejected=rejected,
        late=late,
        positions=balance.lanes(settings.kafka, topics, list(range(PARTITIONS))),
        panes=kept.panes(),
        stored=stored,
        rows=rows,
        written=kept.written() | {"rejected": len(set(rejected)), "late": len(set(late))},
    )


def _sample(value: bytes) -> Sample | None:
    try:
        return msgspec.json.decode(value, type=Sample)
    except msgspec.DecodeError:
        return None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads whole topics."""

    bootstrap: str
    topics: Topics

    def all(self, topic: str, partitions: int = PARTITIONS) -> Iterator[Any]:
        """All committed messages."""
        for partition in range(partitions):
            yield from kafka.read(self.bootstrap, topic, partition)

    def aside(self, topic: str) -> Iterator[Place]:
        """Where the records that were put aside came from."""
        for message in self.all(topic):
            name, partition, offset = source(dict(message.headers())[SOURCE].decode())
            if name == self.topics.samples:
                yield partition, offset

    def panes(self) -> dict[Pane, Any]:
        """The counts of every state key: open panes are in `state`, closed ones, which are final, in `sketches`."""
        found = dict(self._counts(self.topics.state, PARTITIONS))
        return found | dict(self._counts(self.topics.sketches, 1))

    def _counts(self, topic: str, partitions: int) -> Iterator[tuple[Pane, Any]]:
        for message in self.all(topic, partitions):
            if message.value() is None or (topic == self.topics.state and not message.key().startswith(b"pane/")):
                continue
            row = sketch.decode(message.value())
            if not row.idle:
                yield (row.partition, row.version, row.pane_start), np.frombuffer(row.counts, np.int64)

    def written(self) -> dict[str, int]:
        """Distinct keys of the other topics that PostgreSQL mirrors."""
        topics = self.topics
        by_place = {"labels": (topics.labels, PARTITIONS), "models": (topics.models, 1), "served": (topics.served, 1),
                    "decisions": (topics.decisions, 1)}  # fmt: skip
        return {name: sum(1 for _ in self.all(*place)) for name, place in by_place.items()} | {
            "drift": len({_drift_key(m.value()) for m in self.all(topics.drift, 1)}),
            "drift_events": len({msgspec.json.decode(m.value())["id"] for m in self.all(topics.drift_events, 1)}),
            "performance": len({m.key() for m in self.all(topics.performance, 1)}),
        }


def _drift_key(value: bytes) -> tuple[Any, ...]:
    row = msgspec.json.decode(value)
    return tuple(row[name] for name in ("version", "pane_end", "window", "feature"))


_TABLES = ("labels", "models", "served", "decisions", "drift", "drift_events", "performance", "late")


def _stored(address: str, stream: str) -> tuple[list[Stored], dict[str, int]]:
    query = 'SELECT partition, "offset", version, score FROM predictions WHERE stream = %s'
    with closing(psycopg.connect(address)) as connection:
        found = connection.execute(query, (stream,)).fetchall()
        counts = {name: _count(connection, name, stream) for name in _TABLES}
        counts["rejected"] = sum(balance.counted(connection, stream)[1].values())
    return found, counts


def _count(connection: psycopg.Connection, table: str, stream: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {} WHERE stream = %s").format(sql.Identifier(table))
    row = connection.execute(query, (stream,)).fetchone()
    return row[0] if row else 0


def multiple(places: list[Place]) -> int:
    """How many are there more than once, each time too many counted."""
    return sum(times - 1 for times in Counter(places).values())
