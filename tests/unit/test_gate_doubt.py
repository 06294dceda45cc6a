"""What a challenger that knows more is granted: to be worse by as much as the days may have made it by chance."""

import numpy as np
import pytest
from numpy.typing import NDArray

from consumers.training.gate import judge
from schemas.declaration import DAY_MS

DAYS, DAILY = 8, 200
TIMES = np.repeat(np.arange(DAYS), DAILY) * DAY_MS
LABELS = np.tile([0, 1], DAYS * DAILY // 2)


def scores(edges: list[float]) -> NDArray[np.float64]:
    """How sure of the right class a model is on each day."""
    sure = 0.5 + np.repeat(edges, DAILY)
    return np.where(LABELS == 1, sure, 1 - sure)


CHAMPION = scores([0.2] * DAYS)
A_BAD_DAY = scores([0.22] * (DAYS - 1) + [0.0])
"""Better on seven days, much worse on one: on the whole worse, but one day in eight says little."""


@pytest.mark.parametrize(("doubt", "passed"), [(0.0, False), (1.0, True)])
def test_a_challenger_that_may_be_worse_by_chance_passes_with_doubt_only(doubt: float, passed: bool) -> None:  # noqa: FBT001 - a parameter
    verdict = judge(CHAMPION, A_BAD_DAY, LABELS, TIMES, 0.0, 0, doubt)
    assert verdict.gain is not None
    assert verdict.gain < 0
    assert verdict.passed == passed
    assert f"{'above' if passed else 'not above'} " in verdict.reason


def test_a_challenger_that_is_worse_every_day_is_kept_out_whatever_the_doubt() -> None:
    assert not judge(CHAMPION, scores([0.19, 0.18] * (DAYS // 2)), LABELS, TIMES, 0.0, 0, 2.0).passed
