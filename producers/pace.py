"""The clock of a replay: how far in event time it may have come by now; it can be held, and never sleeps itself."""

import time
from bisect import bisect_right
from collections.abc import Callable, Sequence

from producers.events import Event

SLICE_S = 0.02
"""A replay waits at least this long, so that what is due meanwhile goes out together."""
LONGEST_WAIT_S = 0.2
"""And at most this long, so that it soon sees that it should stop or hold."""


class Pace:
    """Event time that starts at `first` (epoch milliseconds) and runs `speed` times as fast as `clock` (seconds).

    Without a speed everything is due at once. Time between `hold` and `go` does not count.
    """

    def __init__(self, first: int, speed: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._first = first
        self._speed = speed
        self._clock = clock
        self._since = clock()
        self._held_at: float | None = None

    def hold(self) -> None:
        """Stops the clock; a second call changes nothing."""
        if self._held_at is None:
            self._held_at = self._clock()

    def go(self) -> None:
        """Lets the clock run on from where it was stopped."""
        if self._held_at is not None:
            self._since += self._clock() - self._held_at
            self._held_at = None

    def now(self) -> float:
        """The event time that has been reached, in epoch milliseconds; infinite without a speed."""
        if self._speed is None:
            return float("inf")
        wall = self._clock() if self._held_at is None else self._held_at
        return self._first + (wall - self._since) * 1000 * self._speed

    def due(self, events: Sequence[Event], low: int, most: int) -> int:
        """The end of those events from `low` on that are due, at most `most` of them."""
        high = min(len(events), low + most)
        now = self.now()
        return bisect_right(events, now, low, high, key=lambda event: event.time)

    def wait_s(self, moment: int) -> float:
        """How long to wait before looking again whether `moment` is due, between SLICE_S and LONGEST_WAIT_S."""
        if self._speed is None:
            return SLICE_S
        return min(max((moment - self.now()) / 1000 / self._speed, SLICE_S), LONGEST_WAIT_S)
