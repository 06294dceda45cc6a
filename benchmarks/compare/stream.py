"""The stream that all compete on: eight numbers in 236 bytes of JSON, and a logistic model trained by the product."""

from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from confluent_kafka import KafkaException

from infra import kafka, offsets, provisioning
from schemas.declaration import Declaration, parse
from schemas.messages import Models, decode_models, encode
from schemas.topics import Topics

PARTITIONS = 6
START = 1_735_689_600_000
STEP_MS = 10
BYTES = 236
_ROUND = 14
"""Decimals that bring a sample of eight numbers to BYTES."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What varies between measurements: how many numbers a sample has, and the longest wait for a commit."""

    numbers: int = 8
    checkpoint: str = "250ms"

    def declaration(self, name: str) -> bytes:
        """The declaration of a stream of this shape."""
        features = "".join(f'[features.x{i}]\nkind = "number"\nmin = -100\nmax = 100\n' for i in range(self.numbers))
        return (
            f'[stream]\nname = "{name}"\npane = "1h"\npartitions = {PARTITIONS}\ncheckpoint = "{self.checkpoint}"\n'
            f'{features}[model]\nestimator = "sklearn.linear_model:LogisticRegression"\n'
            '[drift]\nreference = "30d"\n'
        ).encode()


def samples(shape: Shape, count: int, first: int = 0) -> list[tuple[bytes, bytes]]:
    """Keys and values of `count` samples; the same numbers in every run."""
    x = np.random.default_rng(0).normal(size=(count, shape.numbers)).round(_ROUND)
    names = [f"x{i}" for i in range(shape.numbers)]
    found = []
    for i, row in enumerate(x.tolist(), first):
        name = f"s-{i:09d}"
        value = msgspec.json.encode(
            {"id": name, "ts": START + i * STEP_MS, "features": dict(zip(names, row, strict=True))}
        )
        found.append((name.encode(), value))
    return found


def history(shape: Shape, path: Path, rows: int = 4_000) -> None:
    """A file of labelled history to train the model from."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(rows, shape.numbers))
    label = rng.random(rows) < 1 / (1 + np.exp(-x @ np.linspace(-1, 1, shape.numbers)))
    times = START - (rows - np.arange(rows, dtype=np.int64)) * 60_000
    columns = {f"x{i}": x[:, i] for i in range(shape.numbers)}
    table = pa.table(
        {"id": [f"h-{i}" for i in range(rows)], "ts": times, "label": label.astype(np.int64), "label_ts": times + 1}
        | columns
    )
    pq.write_table(table, path)


def provide(bootstrap: str, shape: Shape, name: str, folder: Path, model: Models) -> tuple[Path, Declaration]:
    """A fresh stream: its declaration on disk, its topics, and what it is to serve."""
    path = folder / f"{name}.toml"
    path.write_bytes(shape.declaration(name))
    declaration = parse(path.read_bytes(), str(path))
    provisioning.topics(bootstrap, declaration)
    client = kafka.producer(bootstrap)
    record = msgspec.structs.replace(model, stream=name)
    client.produce(Topics(name).models, encode(record), name.encode())
    client.flush(30)
    return path, declaration


def champion(bootstrap: str, name: str) -> Models:
    """What the `models` topic of a stream says."""
    last = list(kafka.read(bootstrap, Topics(name).models, 0))[-1]
    return decode_models(last.value() or b"")


def send(bootstrap: str, topic: str, records: list[tuple[bytes, bytes]]) -> None:
    """All records, by key, as fast as they go."""
    client = kafka.producer(bootstrap, linger_ms=50, queue_buffering_max_messages=500_000)
    for key, value in records:
        while True:
            try:
                client.produce(topic, value, key)
            except BufferError:
                client.poll(0.05)
            else:
                break
    if client.flush(120):
        raise KafkaException(f"{topic}: not everything was delivered")


def written(bootstrap: str, topic: str) -> int:
    """Offsets given out in all partitions of a topic."""
    return sum(end for _, end in offsets.ends(bootstrap, topic).values())
