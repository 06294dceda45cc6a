"""Holds what was found against each record of the run, made once more."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from fuzz.found import Found, digest
from fuzz.samples import PARTITIONS, Record, place
from fuzz.strict import is_json
from schemas.reasons import Reason
from schemas.sample import sample_id
from streams.recent import CAPACITY

SHOWN = 10
"""Problems told one by one; the others are counted."""


class Envelope(msgspec.Struct):
    """What the account needs of a scored sample, decoded on its own."""

    features: msgspec.Raw
    id: str | None = None


_envelope = msgspec.json.Decoder(Envelope).decode


@dataclass(slots=True)
class Account:
    """Holds what was found against each record in turn."""

    found: Found
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    wrong: int = 0
    seen: dict[tuple[int, str], int] = field(default_factory=dict)

    def settle(self, records: Iterable[Record]) -> None:
        """All records of the run, in order."""
        for i, record in enumerate(records):
            outcome = self._outcome(i, record)
            self.outcomes[record.kind, outcome] += 1
            if record.ends and outcome not in record.ends:
                self._problem(i, record, f"{outcome}, not {sorted(record.ends)}")
            if self.found.late[i] and (outcome != "scored" or self.found.late[i] > 1 or self._differs_late(i, record)):
                self._problem(i, record, "is in `late`, but not as it was sent, once, and scored")

    def _outcome(self, i: int, record: Record) -> str:
        predicted, rejected = int(self.found.predicted[i]), int(self.found.rejected[i])
        if predicted + rejected > 1:
            self._problem(i, record, f"predicted {predicted} times, rejected {rejected} times")
        if predicted:
            self._predicted(i, record)
            return "scored"
        if rejected:
            return self._rejected(i, record)
        if not self._was_seen(i, record):
            self._problem(i, record, "nowhere")
        return "duplicate"

    def _predicted(self, i: int, record: Record) -> None:
        envelope = _envelope(record.value or b"")
        partition, offset = place(i)
        name = sample_id(envelope.id, partition, offset)
        if digest(bytes(envelope.features), name.encode()) != int(self.found.digest[i]):
            self._problem(i, record, "its prediction has another id or other features")
        if envelope.id is None:
            return
        before = self.seen.get((partition, name))
        if before is not None and offset - before <= CAPACITY:
            self._problem(i, record, f"scored, though its id was scored at offset {before}")
        self.seen[partition, name] = offset

    def _rejected(self, i: int, record: Record) -> str:
        if digest(record.value, record.key) != int(self.found.digest[i]):
            self._problem(i, record, "other bytes are in `rejected`")
        reason = self.found.reason[i]
        if reason == Reason.NOT_JSON and is_json(record.value or b""):
            self._problem(i, record, "rejected as not_json, which it is")
        return reason

    def _was_seen(self, i: int, record: Record) -> bool:
        """Whether a record that is nowhere has an id that was scored before."""
        try:
            name = _envelope(record.value or b"").id
        except (ValueError, RecursionError):
            return False
        return name is not None and (i % PARTITIONS, name) in self.seen

    def _differs_late(self, i: int, record: Record) -> bool:
        return digest(record.value, record.key) != int(self.found.late_digest[i])

    def _problem(self, i: int, record: Record, what: str) -> None:
        self.wrong += 1
        if len(self.problems) < SHOWN:
            self.problems.append(f"record {i} ({record.kind}) {record.value!r:.300}: {what}")
