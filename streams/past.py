"""What scored which offsets of a partition, as `served` tells it: so that samples can be scored again as they were."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from schemas.errors import Refused
from schemas.messages import Served
from schemas.position import Position

SIZE = 4_000
"""Records applied at once, at most."""


def switches(said: Iterable[Served], partition: int) -> list[Served]:
    """The versions of one partition, each from its offset on, ascending; of two at one offset the later one scored."""
    found: list[Served] = []
    for one in said:
        if one.partition == partition:
            while found and found[-1].from_offset >= one.from_offset:
                found.pop()
            found.append(one)
    return found


def cut(records: Iterable[Any], past: Sequence[Served]) -> Iterator[list[Any]]:
    """The records in batches, each scored by one version."""
    edges = [one.from_offset for one in past]
    batch: list[Any] = []
    for record in records:
        if batch and (len(batch) == SIZE or any(batch[-1].offset() < edge <= record.offset() for edge in edges)):
            yield batch
            batch = []
        batch.append(record)
    if batch:
        yield batch


def adopt(here: Position, past: Sequence[Served], offset: int) -> Served:
    """Sets the version that scored the record at `offset`, as the lane did.

    Raises:
        Refused: `served` does not tell it any more.
    """
    serving = None
    for one in past:
        if one.from_offset <= offset:
            serving = one
    if serving is None:
        raise Refused(
            f"`served` does not tell which version scored partition offset {offset}: its rows of that time are gone."
            " The state cannot be rebuilt from there; nothing was changed"
        )
    here.version, here.switched = serving.version, serving.from_offset
    return serving
