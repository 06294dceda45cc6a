"""The disk and the network of this machine, and what `leeway up` keeps alive on it."""

from collections.abc import Iterator
from pathlib import Path

import psutil
from prometheus_client.core import Metric

from infra import embedded
from infra.metrics import catalogue


def tell(home: Path) -> Iterator[Metric]:
    """One reading; `home` is the deployment's folder."""
    disk, moved = psutil.disk_usage(str(home)), psutil.net_io_counters()
    for level, value in (
        (catalogue.DISK_FREE, disk.free),
        (catalogue.DISK_SIZE, disk.total),
        (catalogue.NET_RECEIVED, moved.bytes_recv),
        (catalogue.NET_SENT, moved.bytes_sent),
    ):
        family = level.family()
        family.add_metric((), value)
        yield family
    yield from _supervised(home)


def _supervised(home: Path) -> Iterator[Metric]:
    state = embedded.state(home)
    if state is None:
        return
    running, restarts = catalogue.RUNNING.family(), catalogue.RESTARTS.family()
    resident = catalogue.RESIDENT.family()
    for one in state.processes:
        if one.state == "stopped" and one.last_exit == 0:  # it had one thing to do, and has done it
            continue
        running.add_metric((one.name,), float(one.state in ("ready", "running", "starting")))
        restarts.add_metric((one.name,), one.restarts)
        resident.add_metric((one.name,), one.rss)
    yield from (running, restarts, resident)
