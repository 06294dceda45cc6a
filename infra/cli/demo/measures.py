"""Reads what the live view shows: counts from the lanes' state a few times a second, the rest from PostgreSQL once."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
from confluent_kafka import OFFSET_BEGINNING, KafkaException, TopicPartition

from infra import balance, kafka
from infra.balance import Balance
from infra.cli import tables
from infra.cli.demo.moment import Hold, Losses, losses, milliseconds
from infra.cli.tables import Decision, Shift
from infra.settings import Settings
from schemas import position
from schemas.messages import HOLDING_STEPS, RELEASING_STEPS, Models
from schemas.position import Position
from schemas.topics import Topics

RATE_S = 3.0
"""Throughput is that of the last seconds."""
TRAIL = 5_000


@dataclass(slots=True)
class Story:
    """What the tables say; the counts leave the first champion's own training out."""

    shifts: tuple[Shift, ...] = ()
    losses: Losses = field(default_factory=Losses)
    decisions: tuple[Decision, ...] = ()
    drift_events: int = 0
    champion: int | None = None


class Lanes:
    """Follows the position rows and the ends of `samples`."""

    def __init__(self, settings: Settings, stream: str, partitions: int) -> None:
        topics = Topics(stream)
        self._samples = topics.samples
        self._client = kafka.consumer(settings.kafka, "leeway-demo")
        self._client.assign([TopicPartition(topics.state, one, OFFSET_BEGINNING) for one in range(partitions)])
        self._positions: dict[int, Position] = {}
        self._ends = dict.fromkeys(range(partitions), (0, 0))
        self._past: deque[tuple[float, int]] = deque()

    def update(self) -> None:
        """Takes what has come since; while the broker is away everything stays as it was."""
        for message in self._client.consume(2000, 0.05):
            value = message.value()
            if message.error() is None and message.key() == position.KEY and value is not None:
                self._positions[message.partition() or 0] = msgspec.json.decode(value, type=Position)
        try:
            for partition in self._ends:
                self._ends[partition] = self._client.get_watermark_offsets(TopicPartition(self._samples, partition), 5)
        except KafkaException:
            return

    @property
    def balance(self) -> Balance:
        """The balance by the lanes' own counts."""
        return balance.balance(self._ends, self._positions)

    @property
    def date(self) -> int:
        """The largest event time that has been scored, in ms."""
        return max((lane.largest for lane in self._positions.values()), default=0)

    def rate(self, now: float) -> float:
        """Samples scored per second over the last seconds; `now` is monotonic."""
        self._past.append((now, self.balance.total.scored))
        while now - self._past[0][0] > RATE_S:
            self._past.popleft()
        (then, before), (_, after) = self._past[0], self._past[-1]
        return (after - before) / max(now - then, 0.1) if now - then > RATE_S / 3 else 0.0

    def close(self) -> None:
        """Leaves the broker."""
        self._client.close()


def story(settings: Settings, stream: str, first: Models) -> Story:
    """Reads the tables.

    Raises:
        Unavailable: PostgreSQL does not answer.
    """
    champion = first.champion
    with tables.connect(settings.postgres) as connection:
        return Story(
            shifts=tuple(tables.shifts(connection, stream)),
            losses=losses(tables.qualities(connection, stream), champion.version, champion.trained_until),
            decisions=tuple(tables.decisions(connection, stream, TRAIL)),
            drift_events=len(tables.events(connection, stream)),
            champion=tables.serving(connection, stream),
        )


def in_flight(decisions: Sequence[Decision]) -> Decision | None:
    """What set a retrain to work, if one is at work."""
    working: dict[str, Decision] = {}
    for one in decisions:
        if one.step in HOLDING_STEPS:
            working.setdefault(one.retrain, one)
        elif one.step in RELEASING_STEPS:
            working.pop(one.retrain, None)
    return next(reversed(working.values()), None)


def hold(decisions: Sequence[Decision], now: float) -> Hold | None:
    """The hold that goes with it; `now` in epoch seconds."""
    start = in_flight(decisions)
    return None if start is None else Hold(start.retrain, max(0.0, now - start.at.timestamp()))


def retrains(decisions: Sequence[Decision], first: Models) -> int:
    """Retrains that were started."""
    return len({one.retrain for one in decisions if one.step == "started"} - {first.retrain})


def promotions(decisions: Sequence[Decision], first: Models) -> tuple[tuple[int, int], ...]:
    """Event time in ms and version of each promotion."""
    return tuple(
        (milliseconds(one.event_time), one.version)
        for one in decisions
        if one.step == "promoted" and one.retrain != first.retrain and one.version is not None
    )
