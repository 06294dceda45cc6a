"""What a competitor's processes take while they work: CPU and wall-clock between a tenth and nearly all of the work.

Start-up is not measured: the window opens when a tenth of the records are out and closes at the last reading before
the end. Readings are of output records in Kafka, so a competitor that has taken records in but not given them out has
not done them.
"""

import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from infra import kafka

OPENS, CLOSES = 0.1, 0.97
READ_S = 0.1
PATIENCE_S = 180.0


@dataclass(frozen=True, slots=True)
class Measured:
    """Records a second by the wall, and a CPU-second of the competitor's own processes; the broker's share beside."""

    records: int
    wall: float
    cpu: float
    broker: float
    rss_mb: int

    def __str__(self) -> str:
        return (
            f"{self.per_second:>10,.0f}/s {self.per_cpu_second:>10,.0f}/CPU-s "
            f"broker {self.broker / self.wall:4.2f} cores {self.rss_mb:>6} MB"
        )

    @property
    def per_second(self) -> float:
        """Records a second."""
        return self.records / self.wall

    @property
    def per_cpu_second(self) -> float:
        """Records a CPU-second."""
        return self.records / self.cpu


class Ends:
    """The number of committed records in a topic (transaction markers count too), asked often with one client."""

    def __init__(self, bootstrap: str, topic: str, partitions: int) -> None:
        self._marks, self._topic, self._partitions = kafka.Watermarks(bootstrap), topic, range(partitions)

    def __call__(self) -> int:
        """Now."""
        return sum(self._marks.of(self._topic, partition)[1] for partition in self._partitions)

    def close(self) -> None:
        """Gives the client up."""
        self._marks.close()


@dataclass(slots=True)
class Reading:
    """Of one moment."""

    at: float
    done: int
    cpu: float
    broker: float


@dataclass(slots=True)
class Meter:
    """Watches processes until `total` records are out."""

    done: Callable[[], int]
    total: int
    broker: psutil.Process
    log: Path
    readings: list[Reading] = field(default_factory=list)
    rss: int = 0

    def watch(self, processes: Sequence[subprocess.Popen[bytes]]) -> Measured:
        """Waits for the work to be done.

        Raises:
            TimeoutError: it was not, within PATIENCE_S.
            RuntimeError: a process ended, or everything came out at once.
        """
        watched = [psutil.Process(process.pid) for process in processes]
        deadline = time.monotonic() + PATIENCE_S
        while not self.readings or self.readings[-1].done < self.total:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self.readings[-1].done if self.readings else 0} of {self.total} records are out")
            self._check(processes)
            rss = sum(one.memory_info().rss for process in watched for one in [process, *process.children(True)])
            self.rss = max(self.rss, rss)
            done = self.done()
            self.readings.append(Reading(time.monotonic(), done, sum(map(_cpu, watched)), _cpu(self.broker)))
            time.sleep(READ_S)
        return self.measured()

    def _check(self, processes: Sequence[subprocess.Popen[bytes]]) -> None:
        for process in processes:
            if process.poll() is not None:
                raise RuntimeError(f"ended with {process.returncode}; log: {self.log.name}")

    def measured(self) -> Measured:
        """The figures of the window."""
        first = next(one for one in self.readings if one.done >= OPENS * self.total)
        within = [one for one in self.readings if one.done <= CLOSES * self.total and one.done > first.done]
        last = within[-1] if within else self.readings[-1]
        last = next(one for one in self.readings if one.done == last.done)  # who commits in steps is read at a step
        if last.done <= first.done:
            raise RuntimeError(f"all {self.total} records came out at once: give it more of them")
        return Measured(
            last.done - first.done,
            last.at - first.at,
            last.cpu - first.cpu,
            last.broker - first.broker,
            round(self.rss / 2**20),
        )


def _cpu(process: psutil.Process) -> float:
    """CPU-seconds of a process and its children."""
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        with suppress(psutil.NoSuchProcess):  # a child that has ended meanwhile
            times = one.cpu_times()
            total += times.user + times.system
    return total
