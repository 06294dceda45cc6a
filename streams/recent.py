"""The ids that a partition saw last, to tell a sample sent twice; kept in chunks, so that little is rewritten."""

from collections.abc import Iterator

import msgspec

CAPACITY = 65_536
"""A repeated id is noticed within so many samples of its partition."""
CHUNK = 512
FEW = 64
"""So many are looked up one by one."""


class RecentIds:
    """A ring of ids; `total` counts all ids ever added."""

    def __init__(self) -> None:
        self.total = 0
        self._ring: list[str | None] = [None] * CAPACITY
        self._known: set[str | None] = set()
        self._dirty: set[int] = set()

    def add(self, name: str) -> bool:
        """Whether `name` is new; it is remembered then."""
        if name in self._known:
            return False
        slot = self.total % CAPACITY
        old = self._ring[slot]
        if old is not None:
            self._known.discard(old)
        self._ring[slot] = name
        self._known.add(name)
        self._dirty.add(slot // CHUNK)
        self.total += 1
        return True

    def add_all(self, names: list[str]) -> list[bool]:
        """`add` of each in order; at once where all of them are new, which is nearly always."""
        fresh = set(names)
        start = self.total % CAPACITY
        end = start + len(names)
        if len(fresh) < len(names) or end > CAPACITY or not self._known.isdisjoint(fresh):
            if len(names) <= FEW:
                return [self.add(name) for name in names]
            half = len(names) // 2  # one that was seen before costs its neighbours little
            return self.add_all(names[:half]) + self.add_all(names[half:])
        self._known.difference_update(self._ring[start:end])
        self._ring[start:end] = names
        self._known |= fresh
        self._dirty.update(range(start // CHUNK, -(-end // CHUNK)))
        self.total += len(names)
        return [True] * len(names)

    def changed(self) -> Iterator[tuple[int, bytes]]:
        """Number and content of each chunk that changed since the last call."""
        for number in sorted(self._dirty):
            yield number, msgspec.msgpack.encode(self._ring[number * CHUNK : (number + 1) * CHUNK])
        self._dirty.clear()

    def keys(self) -> list[bytes]:
        """The keys of the chunks that hold any id."""
        return [b"ids/%d" % chunk for chunk in range(-(-min(self.total, CAPACITY) // CHUNK))]

    def same(self, other: "RecentIds") -> bool:
        """Whether the next ids are judged alike."""
        return (self.total, self._ring) == (other.total, other._ring)  # noqa: SLF001 - of its own class

    def restore(self, number: int, content: bytes) -> None:
        """Takes back a chunk as given by `changed`."""
        chunk = msgspec.msgpack.decode(content, type=list[str | None])
        self._ring[number * CHUNK : (number + 1) * CHUNK] = chunk
        self._known.update(name for name in chunk if name is not None)
