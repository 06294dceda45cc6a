"""What a stage takes while it works: wall-clock, CPU of its process and of the servers, and memory."""

import math
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field

import psutil
from confluent_kafka import TopicPartition

from benchmarks.scaling.place import Place, Process, cpu
from benchmarks.scaling.subject import PARTITIONS
from infra import kafka

OPENS, CLOSES = 0.1, 0.97
"""Shares of the work between which it is measured: start and end are not."""
READ_S, PATIENCE_S = 0.1, 180.0
Done = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Spent:
    """Of one process, or several, that did `count` samples.

    `cpu`: all CPU-seconds from their start, by name. `rss`: bytes resident at most.
    `rate`: samples/s by the wall, without start and end; NaN if that was over between two readings.
    `starts_s`: from the start until the first output was seen.
    """

    count: int
    rate: float
    cpu: Mapping[str, float]
    rss: float
    starts_s: float


@dataclass(frozen=True, slots=True)
class Costs:
    """What a sample more costs: clients fetch far ahead of what they have done, so no part of one run tells that."""

    few: Spent
    many: Spent

    def us(self, name: str) -> float:
        """CPU-microseconds a sample of `own`, `kafka` or `postgres`; what the start takes is in both runs."""
        return (self.many.cpu[name] - self.few.cpu[name]) / self._more * 1e6

    @property
    def grown(self) -> float:
        """Bytes of memory a sample."""
        return max(0.0, self.many.rss - self.few.rss) / self._more

    @property
    def _more(self) -> int:
        return self.many.count - self.few.count


@dataclass(slots=True)
class Reading:
    """Of one moment; `done` in offsets, `rss` in bytes."""

    at: float
    done: int
    cpu: dict[str, float]
    rss: int


@dataclass(slots=True)
class Meter:
    """Reads until `total` offsets are done, which are `count` samples."""

    place: Place
    done: Done
    total: int
    count: int
    readings: list[Reading] = field(default_factory=list)

    def watch(self, processes: list[Process], began: float) -> Spent:
        """Waits for the work to be done; `began` is when the processes were started (monotonic).

        Raises:
            TimeoutError: it was not, within PATIENCE_S.
            RuntimeError: a process ended.
        """
        watched = [psutil.Process(process.pid) for process in processes]
        servers = {name: self.place.spent(name) for name in self.place.servers}
        while not self.readings or self.readings[-1].done < self.total:
            if any(process.poll() is not None for process in processes):
                raise RuntimeError(f"a process ended; log: {self.place.home / 'logs' / 'measured.log'}")
            if time.monotonic() - began > PATIENCE_S:
                raise TimeoutError(f"{self.readings[-1].done} of {self.total} are done after {PATIENCE_S} s")
            spent = {name: self.place.spent(name) - before for name, before in servers.items()}
            spent["own"] = sum(map(cpu, watched))
            memory = sum(one.memory_info().rss for one in watched)
            self.readings.append(Reading(time.monotonic(), self.done(), spent, memory))
            time.sleep(READ_S)
        return self._spent(began)

    def _spent(self, began: float) -> Spent:
        """The rate is that between the first reading after OPENS and the first one of the last step before CLOSES."""
        first = next(one for one in self.readings if one.done >= OPENS * self.total)
        last = max((one for one in self.readings if one.done <= CLOSES * self.total), key=lambda one: one.done)
        last = next(one for one in self.readings if one.done == last.done)
        share, took = (last.done - first.done) / self.total, last.at - first.at
        shown = next(one for one in self.readings if one.done)
        return Spent(
            self.count,
            share * self.count / took if share > 0 else math.nan,
            self.readings[-1].cpu,
            max(one.rss for one in self.readings),
            shown.at - began,
        )


class Ends:
    """The end offsets of a topic, all partitions together."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._marks, self._topic = kafka.Watermarks(bootstrap), topic

    def __call__(self) -> int:
        """Now."""
        return sum(self._marks.of(self._topic, partition)[1] for partition in range(PARTITIONS))

    def close(self) -> None:
        """Gives the client up."""
        self._marks.close()


class Committed:
    """The offsets that a group has committed in a topic, all partitions together."""

    def __init__(self, bootstrap: str, group: str, topic: str) -> None:
        self._client = kafka.consumer(bootstrap, group)
        self._places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]

    def __call__(self) -> int:
        """Now."""
        return sum(max(0, place.offset) for place in self._client.committed(self._places, timeout=10))

    def close(self) -> None:
        """Gives the client up."""
        self._client.close()


def ends(bootstrap: str, topic: str) -> int:
    """`Ends`, once."""
    with closing(Ends(bootstrap, topic)) as asked:
        return asked()
