"""Records as Kafka gives them, and frames of them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from schemas.frame import Frame, pack


@dataclass(frozen=True)
class Stored:
    """A record of a partition, with the methods of a confluent-kafka message."""

    place: int
    content: bytes | None
    time: int = 0
    name: bytes | None = None

    def offset(self) -> int:
        return self.place

    def value(self) -> bytes | None:
        return self.content

    def timestamp(self) -> tuple[int, int]:
        return 1, self.time

    def key(self) -> bytes | None:
        return self.name


def sample(time: int, name: str | None = None, **features: Any) -> bytes:
    """The JSON of a toy sample; features that are not given are ordinary."""
    values = {"x": 0.5, "color": "red", "open": True} | features
    return json.dumps({"ts": time, "features": values} | ({} if name is None else {"id": name})).encode()


def log(values: Sequence[bytes | None], stamp: int = 10**12) -> list[Stored]:
    """These values at offsets 0, 1, ..."""
    return [Stored(i, value, stamp) for i, value in enumerate(values)]


def frames(records: Sequence[Stored], cuts: Sequence[int], partition: int = 0) -> list[Frame]:
    """The records cut into frames before these indices, chained by `prev`."""
    edges = [0, *sorted({c for c in cuts if 0 < c < len(records)}), len(records)]
    found, previous = [], records[0].place
    for start, end in pairwise(edges):
        found.append(pack(partition, previous, records[start:end]))
        previous = found[-1].end
    return found
