"""Servers, and for each stream its framer and its scorer with the judge, as `leeway up` starts them."""

import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.slo import stream
from infra import balance, embedded
from infra.cli import workers
from infra.cli.workers import Size
from infra.embedded import Endpoints, Worker
from schemas.topics import Topics

HOME, FILES = Path(".leeway/slo"), Path(".leeway/slo-streams")
PATIENCE_S = 120
PARTS = ("framer-0", "scorer-0")
"""What a verdict needs; nobody retrains here, so one version is held against its reference all along."""


@contextmanager
def running(names: Sequence[str]) -> Iterator[Endpoints]:
    """Fresh streams, each with a version trained on a history of its own; all is taken down at the end."""
    shutil.rmtree(FILES, ignore_errors=True)
    FILES.mkdir(parents=True)
    paths = {name: _files(name, seed) for seed, name in enumerate(names)}
    found = embedded.up(
        HOME,
        setup=[one for name, path in paths.items() for one in _setup(path, name)],
        workers=[one for name, path in paths.items() for one in _workers(path, name)],
        kafka_port=0,
        mlflow_port=0,
        fresh=True,
        on_progress=print,
    )
    try:
        for name in names:
            _serving(found, name)
        yield found
    finally:
        embedded.down(HOME)


def _files(name: str, seed: int) -> Path:
    path = FILES / f"{name}.toml"
    path.write_text(stream.declaration(name))
    stream.history(_history(path), seed, time.time())
    return path


def _history(path: Path) -> Path:
    return path.with_suffix(".parquet").resolve()


def _setup(path: Path, name: str) -> list[Worker]:
    words = ("consumers", "train", str(path.resolve()), str(_history(path)))
    return [*workers.setup(path, name), workers.command(f"{name}.first-champion", *words)]


def _workers(path: Path, name: str) -> list[Worker]:
    return [one for one in workers.workers(path, name, Size()) if one.name.removeprefix(f"{name}.") in PARTS]


def _serving(found: Endpoints, name: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while len(balance.lanes(found.kafka, Topics(name), range(stream.PARTITIONS))) < stream.PARTITIONS:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{name} is not served after {PATIENCE_S} s; logs: {HOME}/logs")
        time.sleep(0.5)
