"""Rows of `outcomes` waiting for the judge, and how far verdicts on them were given."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import msgspec
import structlog
from confluent_kafka import Consumer, TopicPartition

from infra import kafka
from schemas.declaration import Declaration
from schemas.errors import Fatal
from schemas.messages import Outcome, decode_outcome
from schemas.topics import Topics
from streams.outcomes import OutcomeJudge
from streams.summarize import Counter
from streams.verdict import Judged

log = structlog.get_logger()


@dataclass(slots=True)
class Docket:
    """`ruled` is the first offset of `outcomes` that no verdict was given on; rows before it are judged in silence."""

    judge: OutcomeJudge
    reader: Consumer
    ruled: int
    waiting: deque[tuple[int, Outcome]] = field(default_factory=deque)

    def verdicts(self, counters: Callable[[set[int]], Mapping[int, Counter]]) -> list[Judged]:
        """Reads on, and gives the verdicts that are due; stops before a version of which no reference can be had.

        Raises:
            Fatal: Kafka refuses.
        """
        self._read()
        known = counters({row.version for _, row in self.waiting}) if self.waiting else {}
        found: list[Judged] = []
        while self.waiting and self.waiting[0][1].version in known:
            offset, row = self.waiting.popleft()
            verdict = self.judge.of(row, known[row.version].outcomes)
            if verdict is not None and offset >= self.ruled:
                found.append(verdict)
            self.ruled = max(self.ruled, offset + 1)
        return found

    def _read(self) -> None:
        while batch := self.reader.consume(500, 0.0):
            for message in batch:
                error = message.error()
                if error is None:
                    self._take(message.offset() or 0, message.value())
                elif error.fatal():
                    raise Fatal(f"outcomes: {error}")

    def _take(self, offset: int, value: bytes | None) -> None:
        try:
            self.waiting.append((offset, decode_outcome(value or b"")))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            log.warning("unreadable_outcome", offset=offset, error=str(error), done="passed over")

    def close(self) -> None:
        """Gives the reader back."""
        self.reader.close()


def open_docket(bootstrap: str, declaration: Declaration, ruled: int) -> Docket:
    """From the first row of `outcomes` that is kept, since a verdict depends on those before it."""
    reader = kafka.consumer(bootstrap, f"{declaration.name}.judge")
    reader.assign([TopicPartition(Topics(declaration.name).outcomes, 0, 0)])
    return Docket(OutcomeJudge(declaration), reader, ruled)
