"""The judge at work: reads committed `sketches` and `outcomes`, and writes verdicts, whole panes in one transaction."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import structlog
from confluent_kafka import Consumer, Producer, TopicPartition

from infra import kafka
from infra.metrics.catalogue import STAGE, STAGE_RECORDS
from schemas import messages, sketch
from schemas.declaration import Declaration
from schemas.errors import Fatal
from schemas.topics import Topics
from streams.docket import Docket, open_docket
from streams.judge import Judge
from streams.summarize import Counter
from streams.transaction import TRANSACTION_S, Transaction
from streams.verdict import Judged

log = structlog.get_logger()
RULED = "leeway.ruled"
"""Header of the last row of each commit: how far it ruled, as end of the pane/offset in `outcomes`."""
Counters = Callable[[set[int]], Mapping[int, Counter]]
"""The counters of these versions, as far as they can be had."""


@dataclass(slots=True)
class Court:
    """One a stream; where it has ruled up to is told by what stands last in `drift`, so nothing else is kept.

    Outcomes come later than what is known of inputs, so there are two such places.
    """

    topics: Topics
    counters: Counters
    judge: Judge
    reader: Consumer
    transaction: Transaction
    ruled: int | None
    docket: Docket
    told: set[tuple[int, int, int]] = field(default_factory=set)

    def sit(self) -> int:
        """Reads what is committed, publishes the verdicts that are due, and gives their number. Blocks meanwhile.

        Raises:
            Fatal: another worker has taken over, or Kafka refuses.
        """
        self._read()
        versions = {version for pane in self.judge.rows.values() for version in pane}
        verdicts = list(self.judge.verdicts(self.counters(versions)))
        self._tell()
        new = [verdict for verdict in verdicts if self.ruled is None or verdict.pane_end > self.ruled]
        outcomes = self.docket.verdicts(self.counters)
        if new or outcomes:
            self.ruled = new[-1].pane_end if new else self.ruled
            with STAGE.live.labels("judge").time():
                self._publish([*new, *outcomes])
            STAGE_RECORDS.live.labels("judge").inc(len(new) + len(outcomes))
        return len(new) + len(outcomes)

    def _read(self) -> None:
        while batch := self.reader.consume(500, 0.05):
            for message in batch:
                error = message.error()
                if error is None:
                    self.judge.fold(sketch.decode(message.value() or b""))
                elif error.fatal():
                    raise Fatal(f"{self.topics.sketches}: {error}")

    def _tell(self) -> None:
        for version, pane_end, partition in sorted(self.judge.strangers - self.told):
            log.warning(
                "counts over another reference were not added: a version was made again under the same number; "
                "`leeway replay-from` counts anew from samples",
                version=version, pane_end=pane_end, partition=partition,
            )  # fmt: skip
        self.told = set(self.judge.strangers)

    def _publish(self, verdicts: list[Judged]) -> None:
        produce = self.transaction.produce
        for event in (event for verdict in verdicts for event in verdict.events):
            produce(self.topics.drift_events, messages.encode(event), event.stream.encode(), timestamp=event.event_time)
        rows = [row for verdict in verdicts for row in verdict.rows]
        for row in rows:
            key, said = f"{row.version}/{row.window}/{row.feature}", self._far() if row is rows[-1] else []
            produce(self.topics.drift, messages.encode(row), key.encode(), timestamp=row.pane_end, headers=said)
        for budget in (budget for verdict in verdicts for budget in verdict.budgets):
            produce(
                self.topics.budget, messages.encode(budget), f"{budget.version}".encode(), timestamp=budget.pane_end
            )
        self.transaction.commit()

    def _far(self) -> list[tuple[str, bytes]]:
        return [(RULED, f"{'' if self.ruled is None else self.ruled}/{self.docket.ruled}".encode())]

    def close(self) -> None:
        """Gives the readers back."""
        self.reader.close()
        self.docket.close()


def open_court(bootstrap: str, declaration: Declaration, counters: Counters) -> Court:
    """Fences an earlier judge, reads where it had ruled up to, and starts from the first sketch that is kept."""
    topics = Topics(declaration.name)
    writer = Producer(
        {"bootstrap.servers": bootstrap, "transactional.id": f"{declaration.name}.judge", "linger.ms": 5,
         "transaction.timeout.ms": TRANSACTION_S * 1000, "compression.type": "lz4"}
    )  # fmt: skip
    writer.init_transactions(TRANSACTION_S)
    reader = kafka.consumer(bootstrap, f"{declaration.name}.judge")
    reader.assign([TopicPartition(topics.sketches, 0, 0)])
    ruled, outcomes = _ruled(bootstrap, topics)
    docket = open_docket(bootstrap, declaration, outcomes)
    return Court(topics, counters, Judge(declaration), reader, Transaction(writer, 0, "judge"), ruled, docket)


def _ruled(bootstrap: str, topics: Topics) -> tuple[int | None, int]:
    """The end of the last pane, and the first offset of `outcomes`, that was not ruled on.

    A row without the header was written before outcomes were judged.
    """
    start = kafka.tail(bootstrap, topics.drift, 0, 1000)
    last = deque(kafka.read(bootstrap, topics.drift, 0, start), maxlen=1)
    if not last:
        return None, 0
    said = dict(last[0].headers() or []).get(RULED)
    if not isinstance(said, bytes):
        return messages.decode_drift(last[0].value() or b"").pane_end, 0
    pane_end, _, offset = said.decode().partition("/")
    return int(pane_end) if pane_end else None, int(offset)
