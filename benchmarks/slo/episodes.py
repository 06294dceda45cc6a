"""Shift after shift on one running stream: each from calm to the event, or to a limit, and back to calm."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.slo.heard import Heard
from benchmarks.slo.sender import Sender
from benchmarks.slo.stream import CALM, PANE_S, Shift

LIMIT = 24
"""Panes that a shift lasts at most; one that was not told within them is missed."""
CLEAR = 12
"""Panes of calm after it: the longest window of 8 and a persistence of 2 have forgotten it then."""
CLOSED_S = 60.0
"""Within which its incident is to be closed."""
GRACE_S = 3.0
"""After LIMIT, for the verdict on the last of its panes."""


@dataclass(frozen=True, slots=True)
class Episode:
    """A shift over samples `first` to `last` (exclusive), their event times in ms, and the event that told of it."""

    shift: Shift
    first: int
    last: int
    first_ms: int
    last_ms: int
    told: Heard | None


def run(sender: Sender, heard: Sequence[Heard], shifts: Iterable[Shift], seed: int) -> list[Episode]:
    """All of them, one after the other; each begins anywhere in a pane."""
    random, found = np.random.default_rng(seed), []
    sender.go_on(None, _passed(CLEAR * PANE_S))
    for shift in shifts:
        sender.go_on(None, _passed(float(random.uniform(0, PANE_S))))
        found.append(_episode(sender, heard, shift))
    return found


def _episode(sender: Sender, heard: Sequence[Heard], shift: Shift) -> Episode:
    first = sender.count
    first_ms, limit = sender.time_ms(first), _passed(LIMIT * PANE_S)
    sender.go_on(shift, lambda: limit() or (shift.kind != CALM and _opened(heard, first_ms) is not None))
    last, late = sender.count, _passed(GRACE_S)
    sender.go_on(None, lambda: late() or _opened(heard, first_ms) is not None)
    told = _opened(heard, first_ms)
    if shift.kind != CALM or told:
        clear, too_long = _passed(CLEAR * PANE_S), _passed(CLOSED_S)
        sender.go_on(None, lambda: clear() and (_closed(heard) or too_long()))
    return Episode(shift, first, last, first_ms, sender.time_ms(last), told)


def _passed(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def _opened(heard: Sequence[Heard], after_ms: int) -> Heard | None:
    """The first one about a pane that ends after this."""
    return next((one for one in heard if one[1].kind == "opened" and one[1].event_time > after_ms), None)


def _closed(heard: Sequence[Heard]) -> bool:
    return not heard or heard[-1][1].kind == "closed"
