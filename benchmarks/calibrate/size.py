"""False alarms where nothing changes: at least 2,000 panes a case, over many references."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from benchmarks.calibrate.product import ALLOWED, events
from benchmarks.calibrate.worlds import World

REFERENCES = 20
PANES = 100


@dataclass(frozen=True, slots=True)
class Size:
    """What came of one case; `most` is the upper end of the 99 % binomial interval of what is allowed."""

    world: World
    panes: int
    alarms: int
    most: int


def cases() -> Iterator[World]:
    """Sizes by kinds; many columns; seasons; serial correlation."""
    for kind in ("continuous", "tied", "binary", "category", "AR(1) .5", "AR(1) .9"):
        for reference in (1_000, 10_000):
            yield from (World(kind, pane, reference) for pane in (50, 200, 1_000, 10_000))
    for columns in (8, 50):
        yield from (World("continuous", pane, 10_000, columns) for pane in (50, 1_000))
    yield from (World("season", pane, 4 * 168 * pane) for pane in (50, 200))


def measure(world: World, seed: int) -> Size:
    """Alarms of one case."""
    alarms = 0
    for number in range(REFERENCES):
        rng = np.random.default_rng([seed, number])
        samples = world.draw(rng, world.reference + PANES * world.pane)
        alarms += sum(event.kind == "opened" for event in events(world, samples))
    panes = REFERENCES * PANES
    return Size(world, panes, alarms, int(binom.ppf(0.995, panes, ALLOWED)))
