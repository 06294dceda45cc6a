"""Rows of `outcomes`, as the evaluator would write them."""

import numpy as np

from schemas.messages import LOSS_SCALE, SQUARE_SCALE, Outcome
from support.models import MINUTE


def outcome(
    pane: int, losses: list[float], positives: int, version: int = 1, predictions: int | None = None,
    adwin: tuple[int, float] | None = (100, 0.5),
) -> Outcome:  # fmt: skip
    """The row of a pane."""
    return Outcome(
        version=version,
        pane_start=pane * MINUTE,
        pane_end=(pane + 1) * MINUTE,
        predictions=len(losses) if predictions is None else predictions,
        labelled=len(losses),
        positives=positives,
        loss=sum(round(loss * LOSS_SCALE) for loss in losses),
        squares=sum(round(loss * loss * SQUARE_SCALE) for loss in losses),
        adwin_width=adwin[0] if adwin else None,
        adwin_mean=adwin[1] if adwin else None,
        adwin_delta=1e-6,
        changed=False,
    )


def rows(
    panes: int, worse_from: int | None = None, other_from: int | None = None, version_2_from: int | None = None,
    between: float = 0.0, seed: int = 0, size: int = 300,
) -> list[Outcome]:  # fmt: skip
    """Losses of mean .5, a quarter positive; from a pane on mean .7, or half of them positive."""
    chance = np.random.default_rng(seed)
    found = []
    for pane in range(panes):
        level = 0.5 + chance.normal(0, between) + 0.2 * (worse_from is not None and pane >= worse_from)
        share = 0.25 + 0.25 * (other_from is not None and pane >= other_from)
        losses = np.clip(chance.normal(level, 0.3, size), 0.001, 5).tolist()
        version = 2 if version_2_from is not None and pane >= version_2_from else 1
        found.append(outcome(pane, losses, int(chance.binomial(size, share)), version))
    return found
