"""How soon a real change is told of, and how often at all."""

from dataclasses import dataclass

import numpy as np

from benchmarks.calibrate.product import HOUR_MS, WEEKS, events
from benchmarks.calibrate.worlds import CHANGES, Values, World

BEFORE, AFTER = 20, 60
"""Panes."""
TIMES = 20
"""Streams of each change."""


@dataclass(frozen=True, slots=True)
class Power:
    """`delays` are samples from the change to the alarm, of the streams where there was one; `early` alarms before."""

    change: str
    pane: int
    streams: int
    early: int
    delays: list[int]


def stream(change: str, pane: int, reference: int, seed: int) -> tuple[World, Values]:
    """One stream that changes after BEFORE panes."""
    kind, apply = CHANGES[change]
    world = World(kind, pane, reference)
    rng = np.random.default_rng([seed, pane])
    samples = world.draw(rng, reference + (BEFORE + AFTER) * pane)
    at = reference + BEFORE * pane
    return world, np.vstack((samples[:at], apply(rng, samples[at:], pane)))


def measure(change: str, pane: int, reference: int, settings: str) -> Power:
    """The first alarm of each of TIMES streams."""
    early, delays = 0, []
    for seed in range(TIMES):
        found = events(*stream(change, pane, reference, seed), settings)
        ends = [(event.event_time - WEEKS) // HOUR_MS for event in found if event.kind == "opened"]
        early += sum(end <= BEFORE for end in ends)
        late = [end for end in ends if end > BEFORE]
        delays += [(late[0] - BEFORE) * pane] if late else []
    return Power(change, pane, TIMES, early, delays)
