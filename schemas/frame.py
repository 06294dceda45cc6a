"""A frame: consecutive records of one partition of `samples`, untouched, in one message of `frames`."""

from collections.abc import Sequence
from operator import lt
from typing import Protocol

import msgspec

LAST_TIME = 1 << 62
"""A time beyond any that Kafka gives, in ms."""


class BadFrame(ValueError):
    """A message of `frames` that no framer of this stream wrote, or that is damaged: why."""


class Record(Protocol):
    """What a frame keeps of a Kafka message."""

    def offset(self) -> int | None: ...  # noqa: D102 - named as in confluent-kafka
    def timestamp(self) -> tuple[int, int]: ...  # noqa: D102 - named as in confluent-kafka
    def key(self) -> bytes | None: ...  # noqa: D102 - named as in confluent-kafka
    def value(self) -> bytes | None: ...  # noqa: D102 - named as in confluent-kafka


class Frame(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Records `first + offsets[i]` of `partition`; `prev` is the position after the record before them.

    `prev` equals `first` unless compaction or transaction markers took the offsets between, so that a reader
    who stands at `prev` knows that nothing is missing. `source` is the id that Kafka gave the topic `samples` that
    they were read from.
    """

    partition: int
    prev: int
    first: int
    offsets: list[int]
    times: list[int]
    keys: list[bytes | None]
    values: list[bytes | None]
    source: str = ""

    @property
    def end(self) -> int:
        """The position after the last record."""
        return self.first + self.offsets[-1] + 1


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Frame).decode


def read(data: bytes | None, partition: int) -> Frame:
    """A frame that was found on `partition`, checked: anybody may write to a topic.

    Raises:
        BadFrame: it does not decode, is of another partition, or its lists do not fit together.
    """
    try:
        frame = decode(data or b"")
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadFrame(f"it does not decode ({error})") from error
    _check(frame, partition)
    return frame


def _check(frame: Frame, partition: int) -> None:
    if frame.partition != partition:
        raise BadFrame(f"it says that it is of partition {frame.partition}")
    lengths = [len(column) for column in (frame.offsets, frame.times, frame.keys, frame.values)]
    if not frame.offsets or len(set(lengths)) > 1:
        raise BadFrame(f"its columns hold {lengths} records; all must hold the same number, at least 1")
    if frame.offsets[0] != 0 or not all(map(lt, frame.offsets, frame.offsets[1:])):
        raise BadFrame("its offsets do not ascend from 0")
    if not 0 <= frame.prev <= frame.first:
        raise BadFrame(f"it begins at {frame.first}, after {frame.prev}")
    if min(frame.times) < -1 or max(frame.times) > LAST_TIME:
        raise BadFrame("it holds a time that Kafka cannot have given")


def pack(partition: int, prev: int, records: Sequence[Record], source: str = "") -> Frame:
    """One frame of these records, which are consecutive in `partition` of the topic of id `source`, and not empty."""
    offsets = [offset for record in records if (offset := record.offset()) is not None]
    return Frame(
        partition,
        prev,
        offsets[0],
        [offset - offsets[0] for offset in offsets],
        [record.timestamp()[1] for record in records],
        [record.key() for record in records],
        [record.value() for record in records],
        source,
    )
