"""Events of history in the order in which they became known: samples and labels of several tracks, merged in chunks."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.errors import Refused

Kind = Literal["sample", "label"]
Times = NDArray[np.int64]
CHUNK = 8_192
"""Events that are encoded at a time: bounds the memory of a replay, whatever the length of its history."""


class Event(NamedTuple):
    """One record to be sent: `time` is its event time in epoch milliseconds, `value` its JSON."""

    time: int
    kind: Kind
    key: bytes | None
    value: bytes


class Track(Protocol):
    """Records of one kind in event order; `times` is ascending, int64 epoch milliseconds."""

    @property
    def kind(self) -> Kind:
        """Whether these are samples or labels."""
        ...

    @property
    def times(self) -> Times:
        """When each record became known."""
        ...

    def records(self, low: int, high: int) -> Sequence[tuple[bytes | None, bytes]]:
        """Key and value of the records `low` to `high` (exclusive)."""
        ...


class Timeline:
    """All events of some tracks with start <= time < until; at the same time samples come before labels."""

    def __init__(self, tracks: Sequence[Track], start: int | None = None, until: int | None = None) -> None:
        self._tracks = sorted(tracks, key=lambda track: track.kind == "label")
        spans = [_span(track.times, start, until) for track in self._tracks]
        self._lows = [low for low, _ in spans]
        times = [track.times[low:high] for track, (low, high) in zip(self._tracks, spans, strict=True)]
        merged = np.concatenate([np.empty(0, np.int64), *times])
        order = np.argsort(merged, kind="stable")
        self._times = merged[order]
        self._owners = np.repeat(np.arange(len(times), dtype=np.int16), [part.size for part in times])[order]
        if self._times.size and self._times[0] <= 0:
            raise Refused(
                f"The first event has time {self._times[0]} ms: event times must be after 1970. Nothing was sent"
            )

    def __len__(self) -> int:
        return int(self._times.size)

    @property
    def first(self) -> int:
        """Event time of the first event; there must be one."""
        return int(self._times[0])

    def count(self, kind: Kind) -> int:
        """How many events of this kind there are."""
        owners = [index for index, track in enumerate(self._tracks) if track.kind == kind]
        return int(np.isin(self._owners, owners).sum())

    def chunks(self, size: int = CHUNK) -> Iterator[list[Event]]:
        """The events in order, encoded `size` at a time."""
        cursors = list(self._lows)
        for low in range(0, len(self), size):
            owners = self._owners[low : low + size]
            feeds = []
            for index, count in enumerate(np.bincount(owners, minlength=len(cursors)).tolist()):
                feeds.append(iter(self._tracks[index].records(cursors[index], cursors[index] + count)))
                cursors[index] += count
            kinds = [track.kind for track in self._tracks]
            times = self._times[low : low + size].tolist()
            yield [
                Event(time, kinds[owner], *next(feeds[owner]))
                for time, owner in zip(times, owners.tolist(), strict=True)
            ]


def _span(times: Times, start: int | None, until: int | None) -> tuple[int, int]:
    low = 0 if start is None else int(np.searchsorted(times, start))
    high = times.size if until is None else int(np.searchsorted(times, until))
    return low, max(low, high)
