"""A frame: consecutive records of one partition of `samples`, untouched, in one message of `frames`."""

from collections.abc import Sequence
from typing import Protocol

import msgspec


class Record(Protocol):
    """What a frame keeps of a Kafka message."""

    def offset(self) -> int | None: ...  # noqa: D102 - named as in confluent-kafka
    def timestamp(self) -> tuple[int, int]: ...  # noqa: D102 - named as in confluent-kafka
    def key(self) -> bytes | None: ...  # noqa: D102 - named as in confluent-kafka
    def value(self) -> bytes | None: ...  # noqa: D102 - named as in confluent-kafka


class Frame(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """Records `first + offsets[i]` of `partition`; `prev` is the position after the record before them.

    `prev` equals `first` unless compaction or transaction markers took the offsets between, so that a reader
    who stands at `prev` knows that nothing is missing.
    """

    partition: int
    prev: int
    first: int
    offsets: list[int]
    times: list[int]
    keys: list[bytes | None]
    values: list[bytes | None]

    @property
    def end(self) -> int:
        """The position after the last record."""
        return self.first + self.offsets[-1] + 1


encode = msgspec.msgpack.Encoder().encode
decode = msgspec.msgpack.Decoder(Frame).decode


def pack(partition: int, prev: int, records: Sequence[Record]) -> Frame:
    """One frame of these records, which are consecutive in `partition` and not empty."""
    offsets = [offset for record in records if (offset := record.offset()) is not None]
    return Frame(
        partition,
        prev,
        offsets[0],
        [offset - offsets[0] for offset in offsets],
        [record.timestamp()[1] for record in records],
        [record.key() for record in records],
        [record.value() for record in records],
    )
