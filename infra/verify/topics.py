"""What the topics hold of one partition, under read_committed: places of records and rows, in batches of arrays."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import msgspec
from confluent_kafka import Message

from infra import kafka
from infra.verify.rows import Rows, rows
from schemas import reasons
from schemas.topics import Topics

BATCH = 10_000


class _Source(msgspec.Struct, gc=False):
    """What is read of a prediction."""

    source: tuple[int, int]


class _Named(msgspec.Struct, gc=False):
    """What is read of a sample."""

    id: str | None = None


_source = msgspec.json.Decoder(_Source).decode
_named = msgspec.json.Decoder(_Named).decode


def batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """BATCH messages at a time."""
    left = iter(messages)
    while batch := list(islice(left, BATCH)):
        yield batch


def predictions(bootstrap: str, topics: Topics, partition: int, strange: list[int]) -> Iterator[Rows]:
    """The rows of `predictions`; offsets of messages that are no prediction of this partition go to `strange`."""
    for batch in batches(kafka.read(bootstrap, topics.predictions, partition)):
        yield _rows(batch, [_scored(message.value()) for message in batch], partition, strange)


def rejected(bootstrap: str, topics: Topics, partition: int, strange: list[int]) -> Iterator[Rows]:
    """The rows of `rejected` that are of samples: it takes records of other topics as well."""
    for batch in batches(kafka.read(bootstrap, topics.rejected, partition)):
        places = [_place(message.headers()) for message in batch]
        ours = [(m, (p[1], p[2])) for m, p in zip(batch, places, strict=True) if p[0] in ("", topics.samples)]
        yield _rows([m for m, _ in ours], [place for _, place in ours], partition, strange)


def _rows(batch: list[Message], places: list[tuple[int, int]], partition: int, strange: list[int]) -> Rows:
    own = [m.offset() or 0 for m in batch]
    strange.extend(offset for offset, place in zip(own, places, strict=True) if place[0] != partition)
    kept = [i for i, place in enumerate(places) if place[0] == partition]
    return rows([places[i][1] for i in kept], [own[i] for i in kept], [hash(batch[i].key()) for i in kept])


def _scored(value: bytes | None) -> tuple[int, int]:
    try:
        return _source(value or b"").source
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        return -1, -1


def _place(found: Any) -> tuple[str, int, int]:
    try:
        return reasons.source(dict(found or [])[reasons.SOURCE].decode())
    except (KeyError, ValueError, AttributeError):
        return "", -1, -1


def own_id(value: bytes | None) -> str | None:
    """The id that a sample gives itself, or None."""
    try:
        return _named(value or b"").id
    except (ValueError, RecursionError):
        return None


class Records:
    """The records of a partition of `samples`, from `start` on, a stretch at a time."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self._messages = batches(messages)
        self._held: list[Message] = []

    def below(self, stop: int) -> Iterator[list[Message]]:
        """Those that have not been given yet below `stop`, in batches."""
        while True:
            if self._held and (self._held[-1].offset() or 0) >= stop:
                yield [m for m in self._held if (m.offset() or 0) < stop]
                self._held = [m for m in self._held if (m.offset() or 0) >= stop]
                return
            yield self._held
            self._held = next(self._messages, [])
            if not self._held:
                return
