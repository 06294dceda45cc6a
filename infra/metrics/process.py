"""What a process tells of itself: prometheus-client's own figures, and the disk."""

from collections.abc import Callable, Iterator

import psutil
from prometheus_client import ProcessCollector
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from infra.metrics import catalogue


class Own(Collector):
    """Of this process; `unready` says why it is not ready, "" if it is."""

    def __init__(self, unready: Callable[[], str]) -> None:
        self._unready, self._process = unready, psutil.Process()
        self._standard = ProcessCollector(registry=None)

    def collect(self) -> Iterator[Metric]:
        """One reading. Some systems tell nothing of a process's disk: then neither do we."""
        yield from self._standard.collect()
        ready = catalogue.READY.family()
        ready.add_metric((), float(not self._unready()))
        yield ready
        try:
            moved = self._process.io_counters()
        except (AttributeError, psutil.Error, OSError):
            return
        for count, value in ((catalogue.DISK_READ, moved.read_bytes), (catalogue.DISK_WRITTEN, moved.write_bytes)):
            family = count.family()
            family.add_metric((), value)
            yield family
