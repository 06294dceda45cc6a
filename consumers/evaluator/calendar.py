"""Ids by the event time from which their age is counted, in buckets: what is old is found without a search."""

from collections.abc import Iterator


class Calendar:
    """Buckets of an eighth of the retention: an entry is dropped at most that much after its time."""

    def __init__(self, retention_ms: int) -> None:
        self._retention_ms = retention_ms
        self._width = max(1, retention_ms // 8)
        self._buckets: dict[int, list[str]] = {}
        self._passed: int | None = None

    def add(self, since: int, name: str) -> None:
        """Notes an id."""
        self._buckets.setdefault(since // self._width, []).append(name)

    def over(self, since: int) -> bool:
        """Whether an entry of that time is past its retention."""
        return self._passed is not None and since // self._width < self._passed

    def advance(self, now: int) -> Iterator[str]:
        """Moves on to `now` and gives the ids of buckets that are past their retention."""
        self._passed = (now - self._retention_ms) // self._width
        for bucket in [bucket for bucket in self._buckets if bucket < self._passed]:
            yield from self._buckets.pop(bucket)

    @property
    def oldest(self) -> int | None:
        """The time of the oldest bucket."""
        return min(self._buckets) * self._width if self._buckets else None

    def pop_oldest(self) -> list[str]:
        """Takes the oldest bucket out, whatever its age."""
        return self._buckets.pop(min(self._buckets)) if self._buckets else []
