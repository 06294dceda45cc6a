"""What the event times of a history propose: the pane, the lateness allowed, the lengths of training windows."""

from dataclasses import dataclass

import numpy as np

from producers.events import Times

DAY_MS = 86_400_000
PANES = {"1m": 60_000, "5m": 300_000, "15m": 900_000, "1h": 3_600_000, "6h": 21_600_000, "1d": DAY_MS, "7d": 7 * DAY_MS}
"""The panes that are proposed."""
ENOUGH = 200
"""Samples that a pane should have, so that its statistics say something."""
FEW = 4
_LATENESS = {"1m": "15s", "5m": "1m", "15m": "5m", "1h": "15m", "6h": "90m", "1d": "6h", "7d": "1d"}
_UNITS = (("d", DAY_MS), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1))


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Proposals, as lengths of time in words; `samples` is how many a pane has on average."""

    pane: str
    samples: float
    lateness: str
    max_jump: str
    reference: str
    budget: str
    recent: str
    fold: str
    cooldown: str
    maximum_age: str
    span: str


def rhythm(times: Times) -> Rhythm:
    """The proposals for samples at these times (epoch milliseconds, in any order, at least one)."""
    ordered = np.sort(times)
    span = max(int(ordered[-1] - ordered[0]), 1)
    rate = times.size / span
    pane = next((name for name, length in PANES.items() if rate * length >= ENOUGH), "7d")
    gap = int(np.diff(ordered).max()) if times.size > 1 else 0
    length = PANES[pane]

    def panes(number: int, share: float) -> str:
        """So many panes, but no more than this share of the history, and at least one."""
        return in_words(max(min(number * length, int(span * share) // length * length), length))

    def days(number: int, share: float) -> str:
        """So many days, but no more than this share of the history: in whole days, or panes where those are few."""
        unit = max(DAY_MS, length) if min(number * DAY_MS, span * share) >= FEW * DAY_MS else length
        return in_words(max(int(min(number * DAY_MS, span * share)) // unit * unit, length))

    return Rhythm(
        pane=pane,
        samples=rate * length,
        lateness=_LATENESS[pane],
        max_jump=in_words(max(30 * DAY_MS, -(-2 * gap // DAY_MS) * DAY_MS)),
        reference=panes(28 * DAY_MS // length, 0.5),
        budget=in_words(100 * max(DAY_MS, length)),
        recent=days(56, 1.0),
        fold=days(4, 1 / 7),
        cooldown=days(7, 0.2),
        maximum_age=days(56, 2.0),
        span=in_words(span, roughly=True),
    )


def in_words(length: int, *, roughly: bool = False) -> str:
    """A length in milliseconds as a whole number of the largest unit that fits it exactly (or roughly)."""
    for unit, size in _UNITS:
        if length % size == 0 or (roughly and length >= 3 * size):
            return f"{length // size}{unit}"
    return f"{length}ms"
