"""What the evaluator's own topics hold already, from an earlier process."""

from collections.abc import Callable, Iterator
from typing import TypeVar

import msgspec
import structlog

from consumers.evaluator.outbox import key
from consumers.headers import headers
from infra import kafka, offsets
from schemas import reasons
from schemas.messages import Outcome, Performance, decode_outcome
from schemas.topics import Topics

Row = TypeVar("Row")
_performance = msgspec.json.Decoder(Performance).decode
_log = structlog.get_logger()


def stored_rows(bootstrap: str, topics: Topics) -> list[Performance]:
    """The rows that `performance` holds, the last of each key.

    Raises:
        Unavailable: the broker does not answer.
    """
    found = {key(row): row for row in _decoded(bootstrap, topics.performance, _performance)}
    return list(found.values())


def stored_outcomes(bootstrap: str, topics: Topics) -> list[Outcome]:
    """The rows that `outcomes` holds.

    Raises:
        Unavailable: the broker does not answer.
    """
    return list(_decoded(bootstrap, topics.outcomes, decode_outcome))


def stored_aside(bootstrap: str, topics: Topics) -> list[tuple[int, int]]:
    """Partition and offset of each label that `rejected` holds.

    Raises:
        Unavailable: the broker does not answer.
    """
    found = []
    for partition in offsets.ends(bootstrap, topics.rejected):
        for message in kafka.read(bootstrap, topics.rejected, partition):
            place = headers(message).get(reasons.SOURCE, b"")
            if place.startswith(f"{topics.labels}/".encode()):
                _, at, offset = reasons.source(place.decode())
                found.append((at, offset))
    return found


def _decoded(bootstrap: str, topic: str, decode: Callable[[bytes], Row]) -> Iterator[Row]:
    for partition in offsets.ends(bootstrap, topic):
        for message in kafka.read(bootstrap, topic, partition):
            try:
                yield decode(message.value() or b"")
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                _log.warning(
                    "unreadable_row", topic=topic, partition=partition, offset=message.offset(), error=str(error)
                )
