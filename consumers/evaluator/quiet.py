"""Which partitions have nothing to read: they hold no outcome up, as an idle partition holds up no verdict."""

from collections.abc import Callable, Mapping
from time import monotonic

from consumers.loop import Place

IDLE_S = 60.0
"""A partition that was read to its end, and has given nothing for so long, is quiet."""
ASK_S = 10.0
"""The broker is asked this often at most where partitions end."""


class Quiet:
    """Follows how far each partition was read.

    Args:
        ends: asks the broker for the end of each partition.
        clock: seconds, monotonic.
    """

    def __init__(self, ends: Callable[[], Mapping[Place, int]], clock: Callable[[], float] = monotonic) -> None:
        self._ends = ends
        self._clock = clock
        self._at: dict[Place, tuple[int, float]] = {}
        self._quiet: set[Place] = set()
        self._next = clock() + IDLE_S

    def heard(self, reached: Mapping[Place, int]) -> None:
        """Partitions were read up to these offsets (exclusive)."""
        now = self._clock()
        for place, offset in reached.items():
            if offset > self._at.get(place, (-1, now))[0]:
                self._at[place] = offset, now
                self._quiet.discard(place)

    def of(self, topic: str) -> frozenset[int]:
        """The quiet partitions of a topic.

        Raises:
            Unavailable: the broker does not answer.
        """
        now = self._clock()
        silent = {place for place, (_, since) in self._at.items() if now - since >= IDLE_S}
        if silent - self._quiet and now >= self._next:
            self._next = now + ASK_S
            ends = self._ends()
            self._quiet |= {place for place in silent if self._at[place][0] >= ends.get(place, 0)}
        return frozenset(partition for name, partition in self._quiet if name == topic)
