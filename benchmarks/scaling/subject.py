"""The stream that is measured: eight numbers in 236 bytes of JSON under a logistic model, in six partitions."""

from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from confluent_kafka import Producer

from infra import kafka

NUMBERS, PARTITIONS = 8, 6
DECIMALS = 14
"""Bring a sample to 236 bytes."""
START, STEP_MS = 1_735_689_600_000, 10
HISTORY = 4_000
Record = tuple[bytes, bytes]


def declaration(name: str) -> bytes:
    """A declaration with this name."""
    features = "".join(f'[features.x{i}]\nkind = "number"\nmin = -100\nmax = 100\n' for i in range(NUMBERS))
    return (
        f'[stream]\nname = "{name}"\npane = "1h"\npartitions = {PARTITIONS}\n'
        f'{features}[model]\nestimator = "sklearn.linear_model:LogisticRegression"\n'
        '[drift]\nreference = "30d"\n'
    ).encode()


def samples(count: int) -> list[Record]:
    """Keys and values, the same in every run."""
    x = np.random.default_rng(0).normal(size=(count, NUMBERS)).round(DECIMALS)
    names = [f"x{i}" for i in range(NUMBERS)]
    found = []
    for i, row in enumerate(x.tolist()):
        name, features = f"sample-{i:09d}", dict(zip(names, row, strict=True))
        found.append(
            (name.encode(), msgspec.json.encode({"id": name, "ts": START + i * STEP_MS, "features": features}))
        )
    return found


def history(path: Path) -> None:
    """Writes a file of labelled history to train the model from."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=(HISTORY, NUMBERS))
    label = rng.random(HISTORY) < 1 / (1 + np.exp(-x @ np.linspace(-1, 1, NUMBERS)))
    times = START - (HISTORY - np.arange(HISTORY, dtype=np.int64)) * 60_000
    columns = {f"x{i}": x[:, i] for i in range(NUMBERS)}
    labels = {"label": label.astype(np.int64), "label_ts": times + 1}
    pq.write_table(pa.table({"id": [f"h-{i}" for i in range(HISTORY)], "ts": times} | labels | columns), path)


def send(bootstrap: str, topic: str, records: list[Record]) -> None:
    """All records, by key, as fast as they go."""
    client = kafka.producer(bootstrap, linger_ms=50, queue_buffering_max_messages=500_000)
    for key, value in records:
        _produce(client, topic, key, value)
    if client.flush(120):
        raise RuntimeError(f"{topic}: not everything was delivered")


def _produce(client: Producer, topic: str, key: bytes, value: bytes) -> None:
    while True:
        try:
            client.produce(topic, value, key)
        except BufferError:
            client.poll(0.05)
        else:
            return
