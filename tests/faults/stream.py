"""The stream under test: its declaration, its history, its samples, and the versions that are promoted in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from infra import bundle
from infra.registry import Registry
from infra.settings import Settings
from schemas import reference
from schemas.declaration import parse
from schemas.messages import ModelRef, Models
from schemas.topics import Topics

PARTITIONS = 6
NAMES = [f"x{i}" for i in range(8)]
START_MS = 1_735_689_600_000
STEP_MS = 100
PANE = "1h"
BAD, AGAIN, LABELLED = 997, 499, 5
"""Every so many records one is no JSON, one is an earlier sample sent again, and one gets a label."""
BLOCK = 4_096


def declaration(name: str) -> bytes:
    """The text of the declaration: panes pass quickly, so that many are closed under faults."""
    features = "".join(f'[features.{x}]\nkind = "number"\nmin = -100\nmax = 100\n' for x in NAMES)
    return (
        f'[stream]\nname = "{name}"\npane = "{PANE}"\nlateness = "10m"\npartitions = {PARTITIONS}\n{features}'
        '[model]\nestimator = "sklearn.linear_model:LogisticRegression"\n[drift]\nreference = "30d"\n'
    ).encode()


def history(path: Path, seed: int, rows: int = 4_000) -> None:
    """A file of labelled history; another seed gives another model."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, len(NAMES)))
    label = rng.random(rows) < 1 / (1 + np.exp(-x @ rng.uniform(-1, 1, len(NAMES))))
    times = START_MS - (rows - np.arange(rows, dtype=np.int64)) * 60_000
    columns = {name: x[:, i] for i, name in enumerate(NAMES)}
    known = {"id": [f"h-{i}" for i in range(rows)], "ts": times, "label": label.astype(int), "label_ts": times + 1}
    pq.write_table(pa.table(known | columns), path)


@dataclass(frozen=True, slots=True)
class Given:
    """A record to send: to `samples`, and to `labels` if there is a label."""

    partition: int
    key: bytes
    value: bytes
    label: bytes | None


def records(seed: int) -> Iterator[Given]:
    """Without end; event times ascend, some records are no samples, some come twice."""
    rng = np.random.default_rng(seed)
    last: dict[int, Given] = {}
    for block in count():
        x = rng.normal(size=(BLOCK, len(NAMES))).round(14).tolist()
        for number, row in enumerate(x, block * BLOCK):
            partition = number % PARTITIONS
            if number % AGAIN != AGAIN - 1 or partition not in last:
                last[partition] = _record(number, partition, row)
            yield last[partition]


def _record(number: int, partition: int, row: list[float]) -> Given:
    name, ts = f"s-{number:09d}", START_MS + number * STEP_MS
    if number % BAD == BAD - 1:
        return Given(partition, name.encode(), b"{no json", None)
    value = msgspec.json.encode({"id": name, "ts": ts, "features": dict(zip(NAMES, row, strict=True))})
    label = msgspec.json.encode({"id": name, "ts": ts + 1, "label": int(row[0] > 0)})
    return Given(partition, name.encode(), value, label if number % LABELLED == 0 else None)


def register(settings: Settings, name: str, folders: list[Path]) -> list[ModelRef]:
    """The bundles of these folders as versions 1, 2, ... of a stream."""
    registry = Registry(settings.mlflow, name)
    declared = parse(declaration(name), name)
    return [
        registry.register(folder, declared, _tags(folder, f"{name}-{i}"), {}, {}) for i, folder in enumerate(folders, 1)
    ]


def _tags(folder: Path, retrain: str) -> dict[str, str]:
    return {
        "retrain": retrain,
        "event": retrain,
        "model_sha256": bundle.sha256(folder / bundle.MODEL),
        "contract_sha256": bundle.sha256(folder / bundle.CONTRACT),
        "trained_until": str(reference.decode((folder / bundle.CONTRACT).read_bytes()).trained_until),
    }


def models(name: str, champion: ModelRef) -> tuple[str, bytes, bytes]:
    """Topic, key and value of the record of `models` that makes a version the champion."""
    found = Models(stream=name, champion=champion, previous=None, shadows=[], retrain="", at=0)
    return Topics(name).models, name.encode(), msgspec.json.encode(found)
