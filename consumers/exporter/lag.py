"""How long the oldest record that a reader has not read yet has waited: from where a partition ended, and when."""

from bisect import bisect_right

MOST = 240
"""Looks kept of a partition; beyond it every other one of the older half goes, so long lags are told coarsely."""


class Trail:
    """Where one partition ended at each look. An end that did not move is not noted again."""

    __slots__ = ("_at", "_ends")

    def __init__(self) -> None:
        self._at: list[float] = []
        self._ends: list[int] = []

    def look(self, at: float, end: int) -> None:
        """Takes a look in: the next offset of the partition at this time (seconds).

        An end below the last one is of a topic that was made again: the trail begins anew.
        """
        if self._ends and end < self._ends[-1]:
            self._at, self._ends = [], []
        if not self._ends or end > self._ends[-1]:
            self._at.append(at)
            self._ends.append(end)
        if len(self._ends) > MOST:
            keep = [*range(0, MOST // 2, 2), *range(MOST // 2, len(self._ends))]
            self._at, self._ends = [self._at[i] for i in keep], [self._ends[i] for i in keep]

    def waited(self, now: float, offset: int) -> float:
        """Seconds that the record at `offset` has waited at least; 0 if it has not come, or a look ago at most."""
        first = bisect_right(self._ends, offset)
        return now - self._at[first] if first < len(self._ends) else 0.0
