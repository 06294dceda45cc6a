"""What is committed of the partitions that a scorer holds, as Prometheus reads it."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from infra.metrics import catalogue
from infra.metrics.kinds import Level
from schemas.errors import Unavailable
from schemas.position import NEVER, Position


class Balance(Collector):
    """The balance of the partitions that this process holds, from what is committed alone.

    Args:
        booked: their committed positions.
        queued: frames of each that wait for its commit.
        end: the end of a partition of samples; raises Unavailable.
    """

    def __init__(
        self,
        booked: Callable[[], Mapping[int, Position]],
        queued: Callable[[], Mapping[int, int]],
        end: Callable[[int], int],
    ) -> None:
        self._booked, self._queued, self._end = booked, queued, end

    def collect(self) -> Iterator[Metric]:
        """One reading."""
        booked = dict(sorted(self._booked().items()))
        for name, count in catalogue.BALANCE.items():
            counter = count.family()
            for partition, position in booked.items():
                counter.add_metric((str(partition),), getattr(position, name))
            yield counter
        told = {partition: position for partition, position in booked.items() if position.largest > NEVER}
        yield _level(catalogue.OPEN, {partition: position.open for partition, position in booked.items()})
        yield _level(catalogue.SCORING, {partition: position.version for partition, position in booked.items()})
        yield _level(catalogue.EVENT_TIME, {partition: one.largest / 1000 for partition, one in told.items()})
        yield _level(catalogue.QUEUE, self._queued())
        yield _level(catalogue.WAITING, self._waiting(booked))

    def _waiting(self, booked: Mapping[int, Position]) -> dict[int, int]:
        """None where the broker is away: what is committed is told all the same."""
        try:
            return {partition: max(0, self._end(partition) - position.next) for partition, position in booked.items()}
        except Unavailable:
            return {}


def _level(level: Level, values: Mapping[int, float]) -> GaugeMetricFamily:
    family = level.family()
    for partition, value in values.items():
        family.add_metric((str(partition),), value)
    return family
