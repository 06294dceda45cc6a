"""Sketches of a stream with one shift, as its partitions would write them."""

import numpy as np

from schemas.sketch import SketchRow
from streams.encode import Inputs
from support.models import MINUTE, scorer

COUNTERS = {1: scorer(1).counter, 2: scorer(2).counter}
PANES = 14


def rows(shift_from: int, partitions: list[int], version_2_from: int = PANES) -> list[SketchRow]:
    """Sixty samples a pane, dealt to `partitions`; x moves by 2 at pane `shift_from`."""
    rng = np.random.default_rng(0)
    found = []
    for pane in range(PANES):
        version = 2 if pane >= version_2_from else 1
        x = np.column_stack(
            (rng.uniform(-3, 3, 60) + 2 * (pane >= shift_from), rng.integers(0, 2, 60), np.arange(60) // 3 % 2)
        )
        owner = np.array(partitions)[np.arange(60) % len(partitions)]
        for partition in range(3):
            mine = Inputs(x[owner == partition], [1])
            scores = 1 / (1 + np.exp(-mine.x[:, 0]))
            sketch = COUNTERS[version].empty()
            COUNTERS[version].count(mine, scores, sketch)
            counts, sums = sketch.to_bytes()
            found.append(
                SketchRow(
                    partition=partition,
                    version=version,
                    pane_start=pane * MINUTE,
                    reach=0,
                    closed=(pane + 1) * MINUTE,
                    counts=counts,
                    sums=sums,
                    reference=COUNTERS[version].reference,
                )
            )
    return found
