"""Measures the resident memory of the whole demo, by the second, and keeps the largest sum."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import psutil

from infra import embedded

EVERY_S = 2.0


@dataclass(slots=True)
class Memory:
    """Megabytes of all processes together: now, and at most so far."""

    now_mb: float = 0.0
    peak_mb: float = 0.0

    def take(self, size: int) -> None:
        """Takes a new sum of bytes."""
        self.now_mb = size / 2**20
        self.peak_mb = max(self.peak_mb, self.now_mb)


@contextmanager
def measured(home: Path) -> Iterator[Memory]:
    """Measures in the background for as long as the block runs."""
    memory, ended = Memory(), Event()

    def watch() -> None:
        while not ended.wait(EVERY_S):
            memory.take(resident(home))

    thread = Thread(target=watch, name="memory", daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        ended.set()
        thread.join()


def resident(home: Path) -> int:
    """Resident bytes of this process, of the supervisor and of all their children; shared pages are counted once."""
    roots = [psutil.Process()]
    supervisor = embedded.state(home)
    if supervisor is not None:
        with suppress(psutil.NoSuchProcess):
            roots.append(psutil.Process(supervisor.pid))
    found = {}
    for root in roots:
        with suppress(psutil.NoSuchProcess):
            found.update({process.pid: process for process in (root, *root.children(recursive=True))})
    return sum(_bytes(process) for process in found.values())


def _bytes(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.AccessDenied:  # another account's process, such as PostgreSQL's when we are not root
        return int(process.memory_info().rss)
    except (psutil.NoSuchProcess, OSError):
        return 0
