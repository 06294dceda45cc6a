"""Whether two outputs say the same: scores by source partition and offset."""

import msgspec

from infra import kafka


class _Row(msgspec.Struct):
    source: tuple[int, int]
    score: float


_decode = msgspec.json.Decoder(_Row).decode
TOLERANCE = 1e-9


def scores(bootstrap: str, topic: str, partition: int, limit: int) -> dict[tuple[int, int], float]:
    """The scores of the first `limit` committed records of one partition of an output."""
    found: dict[tuple[int, int], float] = {}
    for message in kafka.read(bootstrap, topic, partition, 0, limit):
        row = _decode(message.value() or b"")
        found[row.source] = row.score
    return found


def same(ours: dict[tuple[int, int], float], theirs: dict[tuple[int, int], float]) -> tuple[int, int]:
    """Records that both have, and how many of them differ by more than TOLERANCE."""
    shared = ours.keys() & theirs.keys()
    return len(shared), sum(abs(ours[place] - theirs[place]) > TOLERANCE for place in shared)
