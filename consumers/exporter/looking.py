"""Looks at Kafka every few seconds: what groups have committed, and where partitions end."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import structlog
from confluent_kafka.admin import AdminClient
from prometheus_client.core import Metric

from consumers.exporter.lag import Trail
from consumers.loop import Place
from infra import offsets
from infra.metrics import catalogue
from schemas.errors import Unavailable
from schemas.topics import Topics

LOOK_S = 5.0
GROUPS_S = 60.0
"""Groups come and go seldom."""
_log = structlog.get_logger()


@dataclass(slots=True)
class Lags:
    """Of the consumer groups of one stream. `clock` gives epoch seconds."""

    stream: str
    bootstrap: str
    client: AdminClient
    clock: Callable[[], float]
    groups: list[str] = field(default_factory=list)
    committed: dict[str, Mapping[Place, int]] = field(default_factory=dict)
    ends: Mapping[Place, int] = field(default_factory=dict)
    looked: float = 0.0
    _trails: dict[Place, Trail] = field(default_factory=dict)
    _next: float = 0.0
    _listed: float = 0.0

    def look(self) -> None:
        """Asks if it is time to. Without an answer the last one stands, and its age is told."""
        now = self.clock()
        if now < self._next:
            return
        self._next = now + LOOK_S
        try:
            self._ask(now)
        except Unavailable as error:
            _log.warning("lag_unknown", error=str(error), next="the last one known is told on")

    def _ask(self, now: float) -> None:
        if now - self._listed >= GROUPS_S:
            self.groups, self._listed = offsets.groups(self.bootstrap, f"{self.stream}."), now
        committed = {group: offsets.committed(self.client, group) for group in self.groups}
        self.ends = offsets.newest(self.client, {place for places in committed.values() for place in places})
        for place, end in self.ends.items():
            self._trails.setdefault(place, Trail()).look(now, end)
        self.committed = {group: places for group, places in committed.items() if places}
        self.looked = now

    def tell(self) -> Iterator[Metric]:
        """The lags as of the last look."""
        records, seconds = catalogue.LAG.family(), catalogue.LAG_SECONDS.family()
        for group, places in self.committed.items():
            worst: dict[str, float] = {}
            for (topic, partition), offset in places.items():
                if topic == Topics(self.stream).sketches:  # Faust's offset there only says where the judge sits
                    continue
                end = self.ends.get((topic, partition), offset)
                records.add_metric((group, topic, str(partition)), max(0, end - offset))
                trail = self._trails.get((topic, partition), Trail())
                worst[topic] = max(worst.get(topic, 0.0), trail.waited(self.looked, offset))
            for topic, waited in worst.items():
                seconds.add_metric((group, topic), waited)
        looked = catalogue.LOOKED.family()
        looked.add_metric((), self.looked)
        yield from (records, seconds, looked)
