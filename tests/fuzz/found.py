"""What the topics hold of each record, as a reader of committed rows finds it."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from confluent_kafka import Message

from fuzz.run import TOPICS
from fuzz.samples import PARTITIONS
from infra import kafka
from schemas import reasons
from schemas.reasons import Reason


class Prediction(msgspec.Struct):
    """What the account needs of a prediction."""

    source: tuple[int, int]
    features: msgspec.Raw
    score: float


_prediction = msgspec.json.Decoder(Prediction).decode


@dataclass(slots=True)
class Found:
    """By the record's number in the run: how often it was predicted, rejected, and in `late`; and what was repeated.

    `digest` is of a prediction's features and key, or of a rejected value and key; `late_digest` of a late value and
    key. uint8 and uint64 (records,).
    """

    records: int
    predicted: Any = field(init=False)
    rejected: Any = field(init=False)
    late: Any = field(init=False)
    digest: Any = field(init=False)
    late_digest: Any = field(init=False)
    reason: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.predicted, self.rejected, self.late = (np.zeros(self.records, np.uint8) for _ in range(3))
        self.digest, self.late_digest = (np.zeros(self.records, np.uint64) for _ in range(2))

    def read(self, bootstrap: str) -> "Found":
        """Everything that is committed."""
        for partition in range(PARTITIONS):
            for message in kafka.read(bootstrap, TOPICS.predictions, partition):
                row = _prediction(message.value() or b"")
                i = number(*row.source)
                self.predicted[i] += 1
                self.digest[i] = digest(bytes(row.features), message.key())
            for message in kafka.read(bootstrap, TOPICS.rejected, partition):
                i, self.reason[i] = _aside(message)
                self.rejected[i] += 1
                self.digest[i] = digest(message.value(), message.key())
            for message in kafka.read(bootstrap, TOPICS.late, partition):
                i, _ = _aside(message)
                self.late[i] += 1
                self.late_digest[i] = digest(message.value(), message.key())
        return self


def _aside(message: Message) -> tuple[int, str]:
    """The number of a record that was put aside, and why, out of its headers."""
    headers: dict[str, Any] = dict(message.headers() or [])
    _, partition, offset = reasons.source(headers[reasons.SOURCE].decode())
    return number(partition, offset), str(Reason(headers[reasons.REASON].decode()))


def number(partition: int, offset: int) -> int:
    """The number in the run of the record there."""
    return offset * PARTITIONS + partition


def digest(*parts: bytes | None) -> int:
    """64 bits of these; None is not the same as empty."""
    sha = hashlib.blake2b(digest_size=8)
    for part in parts:
        sha.update(b"-" if part is None else b"%d:" % len(part) + part)
    return int.from_bytes(sha.digest(), "little")
