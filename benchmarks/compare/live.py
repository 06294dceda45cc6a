"""Framer and scorer at work on live samples: what comes out committed, and how long after it was due."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from confluent_kafka import TopicPartition

from benchmarks.compare.arena import Process, end
from benchmarks.compare.course import Course
from benchmarks.compare.load import Sent
from benchmarks.compare.stream import Stream
from benchmarks.compare.subject import PARTITIONS
from infra import kafka

PATIENCE_S = 60.0
SETTLES_S = 2.0
"""Latencies of so long after a start are left out."""
SILENT_S = 0.3
WIDTH = 8


@dataclass(slots=True)
class Live:
    """`delays`: ms from when a sample was due until its committed prediction was read."""

    course: Course
    stream: Stream
    reader: Any
    runs: int = 0
    processes: dict[str, Process] = field(default_factory=dict)

    def capacity(self, count: int) -> float:
        """Samples a second, from the first one sent to the last one's prediction, as fast as it goes."""
        sent, _, last = self._pass(0, count)
        return sent.count / (last - sent.first)

    def at(self, rate: float, seconds: float) -> dict[str, Any]:
        """Latency at a steady rate."""
        sent, delays, last = self._pass(rate, int(rate * seconds))
        settled = delays[int(SETTLES_S * rate) :] if seconds > 2 * SETTLES_S else delays
        return {
            "rate": round(rate),
            "reached": round(sent.count / (last - sent.first)),
            "p50_ms": round(float(np.percentile(settled, 50)), 1),
            "p99_ms": round(float(np.percentile(settled, 99)), 1),
            "max_ms": round(float(settled.max()), 1),
            "sender_behind_ms": sent.behind_ms,
        }

    def load(self, rate: float, count: int) -> subprocess.Popen[bytes]:
        """A sender that has been started."""
        self.runs += 1
        words = [self.course.arena.settings.kafka, self.stream.topics.samples, f"{self.stream.name}-{self.runs}"]
        command = [sys.executable, "-m", "benchmarks.compare.load", *words, str(rate), str(count), str(WIDTH)]
        return subprocess.Popen(command, env=self.course.arena.variables, stdout=subprocess.PIPE)

    def _pass(self, rate: float, count: int) -> tuple[Sent, np.ndarray[Any, np.dtype[np.float64]], float]:
        """What was sent, the delays in the order of arrival, and when the last prediction was read."""
        sender = self.load(rate, count)
        try:
            delays, last = self.read(count)
            said, _ = sender.communicate(timeout=PATIENCE_S)
        finally:
            sender.kill()
            sender.wait()
        return msgspec.json.decode(said, type=Sent), delays, last

    def read(self, count: int) -> tuple[np.ndarray[Any, np.dtype[np.float64]], float]:
        """Reads so many committed predictions: their delays in ms, and when the last one came (epoch seconds).

        Raises:
            TimeoutError: they did not come.
        """
        delays: list[float] = []
        heard = now = time.time()
        while len(delays) < count:
            messages = self.reader.consume(5_000, 0.002)
            now = time.time()
            if now - heard > PATIENCE_S:
                raise TimeoutError(f"{len(delays)} of {count} predictions came; log: {self.course.arena.log.name}")
            if messages:
                heard, ms = now, now * 1000
                delays += [ms - message.timestamp()[1] for message in messages if message.error() is None]
        return np.array(delays), now

    def read_out(self) -> None:
        """Reads what is committed already, until nothing has come for a while."""
        while self.reader.consume(5_000, SILENT_S):
            pass

    def start(self, *names: str) -> None:
        """`framer`, `scorer`, or both."""
        commands = {"framer": self.course.framer(self.stream), "scorer": self.course.scorer(self.stream)}
        for name in names:
            self.processes[name] = self.course.arena.start(commands[name])

    def stop(self) -> None:
        """Kills what was started."""
        for process in self.processes.values():
            end(process)


@contextmanager
def live(course: Course, *, warm: bool = True) -> Iterator[Live]:
    """A fresh stream with framer and scorer; if `warm`, they have scored a first few thousand samples."""
    found = course.fresh([])
    reader = kafka.consumer(course.arena.settings.kafka, f"{found.name}.latency", fetch_wait_max_ms=10)
    reader.assign([TopicPartition(found.topics.predictions, partition, 0) for partition in range(PARTITIONS)])
    place = Live(course, found, reader)
    try:
        place.start("framer", "scorer")
        if warm:
            place.capacity(5_000)
        yield place
    finally:
        place.stop()
        reader.close()
