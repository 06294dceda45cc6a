"""How far event time has come in one partition, not thrown off by a few records that are dated wrongly."""

from collections.abc import Iterable

CONFIRMATIONS = 100
"""So many records in a row that are all dated far off move the time there: the stream itself has jumped."""


class Progress:
    """The largest event time of a partition's records; a pure function of the partition's log up to here."""

    __slots__ = ("_max_jump_ms", "_strange", "time")

    def __init__(self, max_jump_ms: int) -> None:
        self._max_jump_ms = max_jump_ms
        self._strange = 0
        self.time: int | None = None

    def see(self, ts: int) -> int:
        """Takes the next record's event time (epoch ms) in; returns how far time has come."""
        now = self.time
        if now is None:
            now = ts
        elif abs(ts - now) <= self._max_jump_ms:
            self._strange = 0
            now = max(now, ts)
        else:
            self._strange += 1
            if self._strange >= CONFIRMATIONS:
                self._strange, now = 0, ts
        self.time = now
        return now


class Side:
    """One side of the join: how far each partition of its topic was read, and how far time has come in it.

    Args:
        max_jump_ms: a record dated further off than this does not move time at once.
        expected: partitions known to hold records: nothing is called old before each of them was begun.
    """

    def __init__(self, max_jump_ms: int, expected: Iterable[int]) -> None:
        self._max_jump_ms = max_jump_ms
        self._progress = {partition: Progress(max_jump_ms) for partition in expected}
        self._next: dict[int, int] = {}

    def is_new(self, partition: int, offset: int) -> bool:
        """Whether the record was not taken in before; it counts as taken in from now on."""
        if offset < self._next.get(partition, 0):
            return False
        self._next[partition] = offset + 1
        return True

    def see(self, partition: int, ts: int) -> tuple[int, int]:
        """Takes an event time in; returns it, or the partition's time if it is dated ahead of that; and that time."""
        progress = self._progress.get(partition)
        if progress is None:
            progress = self._progress[partition] = Progress(self._max_jump_ms)
        now = progress.see(ts)
        return min(ts, now), now

    @property
    def slowest(self) -> int | None:
        """The time that every partition has reached; None while one has not begun, or there is none."""
        times = [progress.time for progress in self._progress.values()]
        known = [time for time in times if time is not None]
        return min(known) if known and len(known) == len(times) else None

    @property
    def furthest(self) -> int | None:
        """The time that some partition has reached."""
        return max((progress.time for progress in self._progress.values() if progress.time is not None), default=None)
