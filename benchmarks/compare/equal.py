"""Whether two outputs say the same: scores by source partition and offset."""

import msgspec

from benchmarks.compare.subject import PARTITIONS
from infra import kafka


class _Row(msgspec.Struct):
    source: tuple[int, int]
    score: float


_decode = msgspec.json.Decoder(_Row).decode
TOLERANCE = 1e-9
CHECKED = 5_000
"""Predictions of one partition that are compared with those of the loop by hand."""
Scores = dict[tuple[int, int], float]


def scores(bootstrap: str, topic: str, partition: int, limit: int) -> Scores:
    """The scores of the first `limit` committed records of one partition of an output."""
    found: Scores = {}
    for message in kafka.read(bootstrap, topic, partition, 0, limit):
        row = _decode(message.value() or b"")
        found[row.source] = row.score
    return found


def truth(bootstrap: str, topic: str) -> Scores:
    """Those of the loop by hand, which keeps partitions and their order: enough to hold CHECKED others against."""
    found: Scores = {}
    for partition in range(PARTITIONS):
        found |= scores(bootstrap, topic, partition, 2 * CHECKED)
    return found


def verdict(ours: Scores, bootstrap: str, topic: str) -> dict[str, int]:
    """How many records of a topic were compared, and how many of them differ by more than TOLERANCE."""
    theirs = scores(bootstrap, topic, 0, CHECKED)
    shared = ours.keys() & theirs.keys()
    return {
        "compared": len(shared),
        "different": sum(abs(ours[place] - theirs[place]) > TOLERANCE for place in shared),
    }
