"""`make bench-backlog RECORDS=n`: a backlog drains through framer, scorer and warehouse; their memory over time."""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import msgspec
import psutil
import psycopg
from prometheus_client.parser import text_string_to_metric_families

from benchmarks import result
from benchmarks.compare import stream
from benchmarks.compare.arena import arena
from benchmarks.compare.course import Course, train
from benchmarks.compare.stream import Stream
from benchmarks.compare.subject import START, Numbers, value
from infra import offsets
from infra.settings import Settings

HOME = Path(".leeway/bench-backlog")
CHUNK = 100_000
READ_S = 1.0
GROWTH = 1.25
"""A process is bounded if its memory in the second half of the drain is at most so many times that of the first."""
PER_RECORD_S = 1 / 2_000
"""The slowest rate that is waited for."""
SUBJECT = Numbers()
NAMES = ("framer", "scorer", "warehouse")


@dataclass(frozen=True, slots=True)
class Reading:
    """Of one moment: seconds since the start, samples scored, rows of `predictions` in PostgreSQL, MB by process."""

    at: float
    scored: int
    stored: int
    rss: Mapping[str, float]


@dataclass(slots=True)
class Drain:
    """Readings until everything is scored and stored."""

    settings: Settings
    backlog: Stream
    total: int
    readings: list[Reading] = field(default_factory=list)

    def watch(self, processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
        """Reads until the end.

        Raises:
            TimeoutError: it did not come.
            RuntimeError: a process ended.
        """
        began = time.monotonic()
        with psycopg.connect(self.settings.postgres, autocommit=True) as connection:
            while not self.readings or not self._done():
                if time.monotonic() - began > 120 + self.total * PER_RECORD_S:
                    raise TimeoutError(f"not drained: {self.readings[-1:]}")
                for name, process in processes.items():
                    if process.poll() is not None:
                        raise RuntimeError(f"{name} ended with {process.returncode}")
                rss = {name: memory(process.pid) for name, process in processes.items()}
                self.readings.append(
                    Reading(round(time.monotonic() - began, 1), self._scored(), self._stored(connection), rss)
                )
                time.sleep(READ_S)

    def _done(self) -> bool:
        return self.readings[-1].scored == self.total and self._caught_up()

    def _caught_up(self) -> bool:
        ends = offsets.ends(self.settings.kafka, self.backlog.topics.predictions)
        group = f"{self.backlog.name}.warehouse"
        lag = offsets.lags(self.settings.kafka, [group]).get(group, {}).get(self.backlog.topics.predictions)
        return bool(ends) and lag == 0

    def _scored(self) -> int:
        told = self.settings.home / "metrics" / f"{self.backlog.name}.scorer-0.json"
        return scored(told) if told.exists() else 0

    def _stored(self, connection: psycopg.Connection) -> int:
        """By the positions reached, whose offsets hold the markers of transactions as well: a look, not a count."""
        if connection.execute("SELECT to_regclass('positions')").fetchone() == (None,):
            return 0
        query = "SELECT coalesce(sum(next), 0)::bigint FROM positions WHERE stream = %s AND topic = %s"
        row = connection.execute(query, (self.backlog.name, self.backlog.topics.predictions)).fetchone()
        return int(row[0]) if row else 0

    def until(self, done: Callable[[Reading], bool]) -> float:
        """Seconds from the first sample scored to the first reading at which it is done."""
        start = next(one.at for one in self.readings if one.scored)
        return max(READ_S, next(one.at for one in self.readings if done(one)) - start)

    def growth(self, name: str) -> tuple[float, float]:
        """Peak in MB, and the peak of the second half over that of the first, while it has work."""
        working = self.total if name == "warehouse" else self.total - 1
        rss = [one.rss[name] for one in self.readings if 0 < one.scored <= working]
        middle = len(rss) // 2
        return max(rss), round(max(rss[middle:]) / max(rss[:middle] or rss), 3)


def memory(pid: int) -> float:
    """RSS of a process and its children, MB."""
    process = psutil.Process(pid)
    return round(sum(one.memory_info().rss for one in [process, *process.children(recursive=True)]) / 2**20, 1)


def scored(told: Path) -> int:
    """Samples scored, as the scorer tells Prometheus; `told` is the file that says where."""
    [target] = msgspec.json.decode(told.read_bytes())
    with urlopen(f"http://{target['targets'][0]}/metrics", timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return int(sum(s.value for f in families for s in f.samples if s.name == "leeway_samples_scored_total"))


def fill(course: Course, records: int) -> Stream:
    """A fresh stream with so many samples, none of them framed."""
    found, features = course.fresh([]), SUBJECT.features(CHUNK)
    began = time.monotonic()
    for first in range(0, records, CHUNK):
        names = [f"sample-{number:09d}" for number in range(first, min(first + CHUNK, records))]
        times = range(START + first * SUBJECT.step_ms, START + records * SUBJECT.step_ms, SUBJECT.step_ms)
        chunk = [(name.encode(), value(name, at, x)) for name, at, x in zip(names, times, features, strict=False)]
        stream.send(course.arena.settings.kafka, found.topics.samples, chunk)
    print(f"{records:,} samples wait, sent in {time.monotonic() - began:.0f} s")  # noqa: T201 - progress
    return found


def measure(records: int) -> dict[str, object]:
    """One drain, then a recount of it: figures and, under `missed`, what was not bounded or does not agree."""
    with arena(HOME / "servers") as place:
        course = train(place, SUBJECT)
        backlog = fill(course, records)
        declaration = str(backlog.declaration)
        commands = (
            course.framer(backlog),
            [*course.scorer(backlog), "--metrics", "0"],
            [sys.executable, "-m", "consumers", "warehouse", declaration],
        )
        drain = Drain(place.settings, backlog, records)
        with place.running(*commands) as processes:
            drain.watch(dict(zip(NAMES, processes, strict=True)))
        verify = recount(place.settings, backlog)
    return figures(drain, verify)


def recount(settings: Settings, backlog: Stream) -> dict[str, object]:
    """`leeway verify` over the whole of it."""
    words = [sys.executable, "-m", "infra.cli", "verify", "--stream", backlog.name, "--home", str(settings.home)]
    began, peak = time.monotonic(), 0.0
    process = subprocess.Popen(words)
    while process.poll() is None:
        try:
            peak = max(peak, memory(process.pid))
        except psutil.NoSuchProcess:
            break
        time.sleep(0.2)
    return {"exit": process.wait(), "seconds": round(time.monotonic() - began, 1), "peak_mb": peak}


def figures(drain: Drain, verify: Mapping[str, object]) -> dict[str, object]:
    """What is kept."""
    growth = {name: drain.growth(name) for name in NAMES}
    missed = [
        f"{name} takes {times} times as much memory in the second half as in the first, goal {GROWTH}"
        for name, (_, times) in growth.items()
        if times > GROWTH
    ]
    missed += [f"`leeway verify` ended with {verify['exit']}"] if verify["exit"] else []
    seconds = drain.until(lambda one: one.scored == drain.total)
    step = max(1, len(drain.readings) // 60)
    return {
        "records": drain.total,
        "bytes": len(value(f"sample-{0:09d}", START, SUBJECT.features(1)[0])),
        "scored_seconds": round(seconds, 1),
        "scored_per_second": round(drain.total / seconds),
        "stored_seconds": round(drain.readings[-1].at, 1),
        "peak_mb": {name: peak for name, (peak, _) in growth.items()},
        "growth": {name: times for name, (_, times) in growth.items()},
        "goal_growth": GROWTH,
        "verify": dict(verify),
        "over_time": [[one.at, one.scored, one.stored, *one.rss.values()] for one in drain.readings[::step]],
        "missed": missed,
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=10_000_000)
    result.keep("backlog", measure(parser.parse_args().records))
