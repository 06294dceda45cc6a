"""What is said of a metric: name, labels, meaning and who tells it. It is made when it is first used."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more of each counter, which nobody asks for
REGISTRY = CollectorRegistry()
"""Of this process: what its own code counts. A process tells only the metrics that its code has come by."""


@dataclass(frozen=True)
class Metric:
    """`name` ends with the unit; `labels` come beside `stream` and `process`, which every series of ours carries.

    `by` names the processes that tell it. Each label has few values, known beforehand: that is said in `meaning` where
    it is not plain.
    """

    kind: ClassVar[str]
    name: str
    meaning: str
    by: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Count(Metric):
    """A counter: it only grows, and begins anew when its process does unless its meaning says otherwise."""

    kind: ClassVar[str] = "counter"

    @cached_property
    def live(self) -> Counter:
        """The one of this process."""
        return Counter(self.name, self.meaning, self.labels, registry=REGISTRY)

    def family(self) -> CounterMetricFamily:
        """An empty reading, for what is looked up when Prometheus asks."""
        return CounterMetricFamily(self.name, self.meaning, labels=self.labels)


@dataclass(frozen=True)
class Level(Metric):
    """A gauge."""

    kind: ClassVar[str] = "gauge"

    @cached_property
    def live(self) -> Gauge:
        """The one of this process."""
        return Gauge(self.name, self.meaning, self.labels, registry=REGISTRY)

    def family(self) -> GaugeMetricFamily:
        """An empty reading, for what is looked up when Prometheus asks."""
        return GaugeMetricFamily(self.name, self.meaning, labels=self.labels)


@dataclass(frozen=True)
class Spread(Metric):
    """A histogram with fixed `buckets`."""

    kind: ClassVar[str] = "histogram"
    buckets: Sequence[float] = ()

    @cached_property
    def live(self) -> Histogram:
        """The one of this process."""
        return Histogram(self.name, self.meaning, self.labels, buckets=self.buckets, registry=REGISTRY)
