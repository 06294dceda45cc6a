"""What Leeway tells Prometheus: every name, its unit, labels and meaning, in this one place."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec
import structlog
from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from schemas.errors import Refused, Unavailable
from schemas.position import Position

LABELS = ("stream", "partition")
"""Of every series here: `partition` is one of `samples`. A partition is told by the scorer that holds it."""
COUNTS = {
    "received": "Records of samples that were taken; the sum of scored, rejected, duplicates and unavailable",
    "scored": "Records of samples with a prediction",
    "rejected": "Records of samples put aside with a reason",
    "duplicates": "Records of samples whose id was scored before in this partition",
    "late": "Scored samples that came too late for their window (among the scored)",
    "ahead": "Scored samples too far ahead of the stream to be believed (among the scored)",
    "unavailable": "Records of samples deleted before they were read",
}
"""leeway_samples_NAME_total, counters, in records: fields of the committed position, so they never count twice."""
OPEN = "leeway_samples_open", "Records taken that ended nowhere, or (negative) twice: anything but 0 is a fault"
WAITING = "leeway_samples_waiting", "Offsets of samples after the committed position: the backlog"
LOOPBACK = "127.0.0.1"
log = structlog.get_logger()


class Balance(Collector):
    """The balance of the partitions that this process holds, from what is committed alone.

    `booked` gives their committed positions, `end` the end of a partition of samples (raises Unavailable).
    """

    def __init__(self, stream: str, booked: Callable[[], Mapping[int, Position]], end: Callable[[int], int]) -> None:
        self._stream, self._booked, self._end = stream, booked, end

    def collect(self) -> Iterator[Metric]:
        """One reading."""
        booked = sorted(self._booked().items())
        for name, meaning in COUNTS.items():
            counter = CounterMetricFamily(f"leeway_samples_{name}", meaning, labels=LABELS)
            for partition, position in booked:
                counter.add_metric((self._stream, str(partition)), getattr(position, name))
            yield counter
        balance, waiting = GaugeMetricFamily(*OPEN, labels=LABELS), GaugeMetricFamily(*WAITING, labels=LABELS)
        for partition, position in booked:
            balance.add_metric((self._stream, str(partition)), position.open)
        for partition, end in self._ends([partition for partition, _ in booked]).items():
            waiting.add_metric((self._stream, str(partition)), max(0, end - dict(booked)[partition].next))
        yield from (balance, waiting)

    def _ends(self, partitions: list[int]) -> dict[int, int]:
        """None where the broker is away: what is committed is told all the same."""
        try:
            return {partition: self._end(partition) for partition in partitions}
        except Unavailable:
            return {}


def serve(port: int, *collectors: Collector) -> int:
    """Tells these at http://127.0.0.1:PORT/metrics from a thread of its own; 0 takes a free port. The port.

    Raises:
        Refused: the port is taken.
    """
    registry = CollectorRegistry()
    for collector in collectors:
        registry.register(collector)
    try:
        server, _ = start_http_server(port, LOOPBACK, registry)
    except OSError as error:
        raise Refused(
            f"Metrics cannot be served at {LOOPBACK}:{port} ({error.strerror}): another process has that port, perhaps"
            " another scorer of this machine. Use --metrics 0, which takes a free port and writes it to HOME/metrics"
        ) from error
    return int(server.server_port)


def announce(home: Path, name: str, port: int) -> Path:
    """Writes where `name` is served to HOME/metrics/NAME.json, for Prometheus' `file_sd_configs`; gives the file."""
    path = home / "metrics" / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}")
    fresh.write_bytes(msgspec.json.encode([{"targets": [f"{LOOPBACK}:{port}"], "labels": {"process": name}}]))
    fresh.replace(path)
    log.info("metrics.served", address=f"{LOOPBACK}:{port}", told=str(path))
    return path
