"""`make bench-retention`: a year of panes and checkpoints through real lanes on a real Kafka; bytes of its topics.

The year is accelerated: its records carry the times of the last 365 days, and the broker looks for what it can compact
or delete every second instead of every minute. Sizes are those of the log files on disk.
"""

import argparse
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks import result
from infra import kafka, provisioning
from infra.embedded import jars, ports
from infra.embedded.kafka import KafkaServer
from schemas import frame
from schemas.declaration import Declaration, parse
from schemas.duration import milliseconds
from schemas.messages import ModelRef
from schemas.reference import SCORE, Cells, Contract
from schemas.topics import TABLE, Topics
from streams.lane import Lane, Place
from streams.restore import open_lane
from streams.score import Scorer, Serving, Stage

HOME = Path(".leeway/bench-retention")
PICTURE = Path(__file__).parents[1] / "docs" / "retention.png"
OFTEN = "log.cleaner.backoff.ms=500\nlog.retention.check.interval.ms=1000\nlog.initial.task.delay.ms=500\n"
DAY = 86_400_000
FEATURES = [f"x{i}" for i in range(8)]
SAMPLES = 60
"""Of one checkpoint of one partition."""
SHOWN = ("frames", "state", "sketches")
GOALS_MB = {"frames": 2_400, "state": 50, "sketches": 1_100}
"""Megabytes of a partition at most: what `schemas.topics` allows, and a segment more."""
TOML = """
[stream]
name = "year"
pane = "1d"
lateness = "6h"
partitions = 3
"""


@dataclass(frozen=True, slots=True)
class Given:
    """A record of samples."""

    place: int
    time: int
    content: bytes

    def offset(self) -> int:
        """As of a Kafka message."""
        return self.place

    def timestamp(self) -> tuple[int, int]:
        """As of a Kafka message."""
        return 1, self.time

    def key(self) -> bytes | None:
        """As of a Kafka message."""
        return None

    def value(self) -> bytes:
        """As of a Kafka message."""
        return self.content


@dataclass(slots=True)
class Flat:
    """A model that takes no time."""

    ref: ModelRef
    contract: Contract

    def predict(self, x: NDArray[np.float64], /) -> NDArray[np.float64]:
        """1 / (1 + exp(-x0))."""
        return np.asarray(1 / (1 + np.exp(-x[:, 0])), np.float64)


def declaration() -> Declaration:
    """Three partitions, eight numbers, a pane a day."""
    features = "".join(f'[features.{name}]\nkind = "number"\n' for name in FEATURES)
    return parse((TOML + features).encode(), "year.toml")


def serving(stream: Declaration) -> Serving:
    """A version whose reference has as many cells as a trained one's."""
    cuts = np.sort(np.random.default_rng(0).normal(size=255)).tolist()
    cells = [
        Cells(feature=name, kind="number", cuts=cuts, counts=[1] * 512, n=257, mean=0.0, m2=1.0)
        for name in (*FEATURES, SCORE)
    ]
    contract = Contract(
        stream=stream.name, features=FEATURES, categories={}, reference=cells, probe=[], probe_scores=[],
        trained_from=0, trained_until=0, rows=257,
    )  # fmt: skip
    ref = ModelRef(version=1, run_id="", model_sha256="1", contract_sha256="", trained_until=0)
    return Serving(Scorer(stream, Flat(ref, contract)))


@contextmanager
def broker(home: Path) -> Iterator[tuple[str, Path]]:
    """A Kafka that compacts and deletes at once; its address, and the folder of its logs."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    jars.ensure(jars.cache(), print)
    server = KafkaServer(
        folder=str(home), jars=str(jars.cache()), port=ports.any_free(), controller=ports.any_free(), heap="512m"
    )
    server.prepare()
    with (home / "server.properties").open("a") as config:
        config.write(OFTEN)
    with (home / "broker.log").open("wb") as log:
        process = subprocess.Popen(server.command().argv, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while not _answers(server) and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.2)
        yield server.endpoint(), home / "data"
    finally:
        process.terminate()
        process.wait(60)


def _answers(server: KafkaServer) -> bool:
    try:
        server.ready()
    except Exception:  # noqa: BLE001 - whatever it is, it does not answer yet
        return False
    return True


@dataclass(slots=True)
class Year:
    """The lanes of all partitions; `step` is one checkpoint of each."""

    bootstrap: str
    topics: Topics
    lanes: list[Lane]
    serving: Serving
    frames: Any
    numbers: NDArray[np.float64]
    pool: ThreadPoolExecutor

    def step(self, now: int, length: int) -> None:
        """The samples of `length` ms from `now` on, scored and committed in every partition."""
        for lane in self.lanes:
            here = lane.state.position
            times = (now + np.arange(SAMPLES) * length // SAMPLES).tolist()
            records = [Given(here.next + i, at, self._sample(here.next + i, at)) for i, at in enumerate(times)]
            data = frame.encode(frame.pack(lane.state.number, here.next, records, here.source))
            self.frames.produce(self.topics.frames, data, partition=lane.state.number, timestamp=now)
            lane.receive(data, here.reach, self.serving)
        self.frames.poll(0)
        list(self.pool.map(Lane.commit, self.lanes))

    def _sample(self, offset: int, at: int) -> bytes:
        row = self.numbers[offset % len(self.numbers)].tolist()
        return msgspec.json.encode(
            {"id": f"s-{offset:09d}", "ts": at, "features": dict(zip(FEATURES, row, strict=True))}
        )


def sizes(data: Path, name: str) -> dict[str, list[float]]:
    """Megabytes of log files, by topic and partition."""
    return {
        row.name: [
            round(sum(map(_length, folder.glob("*.log"))) / 1e6, 2)
            for folder in sorted(data.glob(f"{name}.{row.name}-*"))
            if folder.name.removeprefix(f"{name}.{row.name}-").isdigit()
        ]
        for row in TABLE
        if row.name in SHOWN
    }


def _length(log: Path) -> int:
    try:
        return log.stat().st_size
    except FileNotFoundError:  # the broker has just deleted it
        return 0


def measure(days: int, checkpoints: int) -> dict[str, Any]:
    """The figures of a year, and, under `missed`, topics that became larger than they may."""
    stream = declaration()
    with broker(HOME.absolute()) as (bootstrap, data), ThreadPoolExecutor(3) as pool:
        provisioning.topics(bootstrap, stream)
        place = Place(bootstrap, Topics(stream.name), "w", milliseconds(stream.stream.lateness), stream.pane_ms)
        lanes = [open_lane(place, number, Stage(stream)) for number in range(stream.stream.partitions)]
        for lane in lanes:
            lane.bounds = lambda: (0, 1 << 62)  # its frames are made here, and no topic holds their records
        numbers = np.random.default_rng(1).normal(size=(4_096, len(FEATURES))).round(14)
        sender = kafka.producer(bootstrap)
        year = Year(bootstrap, place.topics, lanes, serving(stream), sender, numbers, pool)
        over = list(run(year, data, days, checkpoints))
        sender.flush(30)
        reading = _start(place, stream)
    return figures(over, days, checkpoints, reading)


def run(year: Year, data: Path, days: int, checkpoints: int) -> Iterator[tuple[int, dict[str, list[float]]]]:
    """Day by day: the sizes after it."""
    began, length = kafka.now_ms() - days * DAY, DAY // checkpoints
    for day in range(days):
        for part in range(checkpoints):
            year.step(began + day * DAY + part * length, length)
        yield day + 1, sizes(data, year.topics.stream)


def _start(place: Place, stream: Declaration) -> float:
    """Seconds that a lane takes to be taken up at the end of the year."""
    began = time.monotonic()
    open_lane(place, 0, Stage(stream))
    return round(time.monotonic() - began, 2)


def figures(
    over: list[tuple[int, dict[str, list[float]]]], days: int, checkpoints: int, reading: float
) -> dict[str, Any]:
    """What is kept, with the picture."""
    largest = {name: max(max(found[name]) for _, found in over) for name in SHOWN}
    last = over[-1][1]
    draw(over)
    return {
        "days": days,
        "checkpoints_a_day": checkpoints,
        "commits": days * checkpoints,
        "largest_mb_of_a_partition": largest,
        "last_mb_of_a_partition": {name: max(last[name]) for name in SHOWN},
        "goals_mb": GOALS_MB,
        "sketches_kb_a_pane_and_partition": round(max(last["sketches"]) * 1000 / days / 3, 1),
        "lane_taken_up_seconds": reading,
        "over_time": [[day, *(max(found[name]) for name in SHOWN)] for day, found in over[:: max(1, days // 73)]],
        "missed": [
            f"{name} reached {largest[name]} MB, goal {goal}" for name, goal in GOALS_MB.items() if largest[name] > goal
        ],
    }


def draw(over: list[tuple[int, dict[str, list[float]]]]) -> None:
    """The largest partition of each topic over the year."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for name in SHOWN:
        axes.plot([day for day, _ in over], [max(found[name]) for _, found in over], label=name)
    axes.set(xlabel="simulated day", ylabel="MB of the largest partition", ylim=(0, None))
    axes.legend(frameon=False)
    figure.savefig(PICTURE, dpi=110)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--checkpoints", type=int, default=24, help="commits of a partition a day")
    options = parser.parse_args()
    result.keep("retention", measure(options.days, options.checkpoints))
