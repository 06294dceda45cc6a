"""When the demo is over: all that was sent is accounted for, written and judged, and nothing is in flight."""

from dataclasses import dataclass, field

from infra import balance, offsets
from infra.cli import decisions, tables
from infra.cli.demo.measures import in_flight
from infra.settings import Settings
from schemas.topics import Topics

QUIET_S = 3.0
"""So long nothing may be added to the topics that follow from others: then nobody is at work any more."""
FOLLOWING = ("drift", "drift-events", "performance", "decisions", "models", "served")


@dataclass(slots=True)
class Ending:
    """Asks, each time, for the first thing that is not over yet."""

    settings: Settings
    stream: str
    _ends: dict[str, object] = field(default_factory=dict)
    _since: float = 0.0

    def open(self, now: float) -> str:
        """What is waited for, in words; "" when all is over. `now` is monotonic.

        Raises:
            Unavailable: a server does not answer.
        """
        return self._scored() or self._written() or self._read() or self._decided() or self._quiet(now)

    def _scored(self) -> str:
        ends = offsets.ends(self.settings.kafka, Topics(self.stream).samples)
        lanes = balance.lanes(self.settings.kafka, Topics(self.stream), list(ends))
        behind = balance.balance(ends, lanes).total.lag
        return f"{behind:,} samples to be scored" if behind else ""

    def _written(self) -> str:
        with tables.connect(self.settings.postgres) as connection:
            behind = balance.read(self.settings.kafka, connection, self.stream).total.lag
        return f"{behind:,} samples to be written to PostgreSQL" if behind else ""

    def _read(self) -> str:
        groups = offsets.groups(self.settings.kafka, f"{self.stream}.")
        readers = [group for group in groups if group.rpartition(".")[2] in ("warehouse", "evaluator", "retrainer")]
        behind = {group: sum(topics.values()) for group, topics in offsets.lags(self.settings.kafka, readers).items()}
        waiting = [
            f"{group.partition('.')[2]} has {count:,} records to read" for group, count in behind.items() if count
        ]
        return ", ".join(waiting)

    def _decided(self) -> str:
        start = in_flight(decisions.from_topic(self.settings.kafka, self.stream))
        return f"retrain {start.retrain} is in flight" if start else ""

    def _quiet(self, now: float) -> str:
        ends: dict[str, object] = {
            name: offsets.ends(self.settings.kafka, f"{self.stream}.{name}") for name in FOLLOWING
        }
        if ends != self._ends:
            self._ends, self._since = ends, now
        return "" if now - self._since >= QUIET_S else "the last verdicts"
