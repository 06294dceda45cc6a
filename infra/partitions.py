"""Partitions added to a running stream: every topic that has as many as `samples` must get them, `samples` last."""

import time
from collections.abc import Callable, Mapping, Sequence

from schemas.declaration import Declaration
from schemas.errors import Refused
from schemas.topics import TABLE, specification

SETTLING_S = 10.0
"""Two topics are widened one after the other, and brokers hear of it one after the other."""
REMEDY = (
    "Set [stream] partitions to {wanted} in the declaration, run `python -m infra.provisioning DECLARATION` (`leeway"
    " up` does), and start the stream's processes again: all its topics get them. Keys then go to other partitions than"
    " before, so a sample sent again may not be known for a duplicate"
)


def room(
    source: str,
    needed: int,
    target: str,
    rooms: Callable[[], int],
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Sees that `target` has the `needed` partitions of `source`; waits SETTLING_S for them.

    Raises:
        Refused: it has not; nothing can be written for the others.
        Unavailable: the broker does not answer.
    """
    for _ in range(int(SETTLING_S)):
        found = rooms()
        if found >= needed:
            return
        pause(1.0)
    raise Refused(
        f"{source} has {needed} partitions or more, and {target} has {found}: partitions were added to a running"
        f" stream. Nothing is lost; records wait in {source}. {REMEDY.format(wanted=f'what {source} has')}"
    )


def wider(existing: Mapping[str, int], declaration: Declaration) -> Sequence[tuple[str, int]]:
    """The topics that must get partitions, each with their new number, in this order: `samples` is the last.

    Raises:
        Refused: a topic has more than its row of the table says; Kafka cannot take partitions away.
    """
    found: list[tuple[str, int]] = []
    for row in sorted(TABLE, key=lambda row: row.name == "samples"):
        name, wanted, _ = specification(row, declaration)
        there = existing.get(name, wanted)
        if there > wanted:
            raise Refused(
                f"Topic {name} has {there} partitions, the declaration wants {wanted}. Kafka cannot take partitions"
                f" away. {REMEDY.format(wanted=there)}"
            )
        if there < wanted:
            found.append((name, wanted))
    return found
