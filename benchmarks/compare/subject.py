"""What is streamed and scored: numbers made here, of any width and size, or the flights with their real model."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from producers.export import export
from producers.flights import SOURCE, flights
from producers.tables import Samples
from schemas.declaration import parse

PARTITIONS = 6
START = 1_735_689_600_000
DECIMALS = 14
"""Bring a sample of eight numbers to 236 bytes."""
FLIGHTS = Path(__file__).parents[2] / "flights.toml"
UNTIL = "2013-01-29"
"""The flights' model learns from the days before it, as in the demo."""

Record = tuple[bytes, bytes]
"""Key and value."""


class Subject(Protocol):
    """A stream's declaration, its samples, and the history that its model is trained from."""

    @property
    def title(self) -> str:
        """A name that may stand in a file's or a topic's name."""
        ...

    def declaration(self, name: str) -> bytes:
        """The declaration of a stream of that name."""
        ...

    def samples(self, count: int) -> list[Record]:
        """Up to `count` samples, the same in every run, in the order of their event times."""
        ...

    def history(self, path: Path) -> None:
        """Writes a file of labelled history."""
        ...


@dataclass(frozen=True, slots=True)
class Numbers:
    """Normal numbers under a logistic model.

    `numbers` a sample, each of so many `decimals`; `padding` spaces make a sample larger and its content no richer.
    """

    numbers: int = 8
    decimals: int = DECIMALS
    padding: int = 0
    start: int = START
    step_ms: int = 10
    lateness: str = "10m"
    checkpoint: str = "250ms"

    @property
    def title(self) -> str:
        """By what it is trained on."""
        return f"numbers{self.numbers}"

    @property
    def names(self) -> list[str]:
        """Of the features."""
        return [f"x{i}" for i in range(self.numbers)]

    def declaration(self, name: str) -> bytes:
        """Every number is expected within 100 of 0."""
        features = "".join(f'[features.{x}]\nkind = "number"\nmin = -100\nmax = 100\n' for x in self.names)
        return (
            f'[stream]\nname = "{name}"\npane = "1h"\npartitions = {PARTITIONS}\n'
            f'checkpoint = "{self.checkpoint}"\nlateness = "{self.lateness}"\n'
            f'{features}[model]\nestimator = "sklearn.linear_model:LogisticRegression"\n'
            '[drift]\nreference = "30d"\n'
        ).encode()

    def samples(self, count: int) -> list[Record]:
        """One every `step_ms` of event time."""
        found = []
        for i, features in enumerate(self.features(count)):
            name = f"sample-{i:09d}"
            found.append((name.encode(), value(name, self.start + i * self.step_ms, features)))
        return found

    def features(self, count: int) -> list[bytes]:
        """The JSON of the features of `count` samples."""
        x = np.random.default_rng(0).normal(size=(count, self.numbers)).round(self.decimals)
        encode, names, space = msgspec.json.Encoder().encode, self.names, b" " * self.padding
        return [space + encode(dict(zip(names, row, strict=True))) for row in x.tolist()]

    def history(self, path: Path) -> None:
        """Some thousand rows."""
        rng, rows = np.random.default_rng(1), 4_000
        x = rng.normal(size=(rows, self.numbers))
        label = rng.random(rows) < 1 / (1 + np.exp(-x @ np.linspace(-1, 1, self.numbers)))
        times = START - (rows - np.arange(rows, dtype=np.int64)) * 60_000
        columns = {name: x[:, i] for i, name in enumerate(self.names)}
        labels = {"label": label.astype(np.int64), "label_ts": times + 1}
        pq.write_table(pa.table({"id": [f"h-{i}" for i in range(rows)], "ts": times} | labels | columns), path)


def value(name: str, time: int, features: bytes) -> bytes:
    """The JSON of a sample."""
    return b'{"id":"%s","ts":%d,"features":%s}' % (name.encode(), time, features)


@dataclass(frozen=True, slots=True)
class Flights:
    """Departures from New York and the model of flights.toml, over as many partitions as the numbers."""

    title: str = "flights"

    def declaration(self, name: str) -> bytes:
        """flights.toml, with this name and number of partitions."""
        text = FLIGHTS.read_text()
        for old, new in (('name = "flights"', f'name = "{name}"'), ("partitions = 3", f"partitions = {PARTITIONS}")):
            if old not in text:
                raise ValueError(f"{FLIGHTS.name} has no line {old}")
            text = text.replace(old, new)
        return text.encode()

    def samples(self, count: int) -> list[Record]:
        """The first flights of 2013."""
        return [(key or b"", value) for key, value in _year().records(0, count)]

    def history(self, path: Path) -> None:
        """The first four weeks."""
        export(parse(FLIGHTS.read_bytes(), FLIGHTS.name), SOURCE, path, UNTIL)


@cache
def _year() -> Samples:
    return flights(parse(FLIGHTS.read_bytes(), FLIGHTS.name)).samples
