"""What a version's outcomes are held against: rows that its recipe had not seen."""

import numpy as np
import pytest

from consumers.evaluator.quality import log_loss
from consumers.training.candidates import ALL
from consumers.training.outcomes import outcomes
from consumers.training.selection import LEAST_UNSEEN, Selection
from support.labelled import DAY, dataset, rows


def test_they_are_of_the_chosen_scores_inside_the_reference_alone() -> None:
    data = dataset(rows(12, turn=100), 12 * DAY)
    inside = data.times >= 4 * DAY
    places = np.flatnonzero(data.times >= 3 * DAY)
    chance = np.random.default_rng(0)
    scores = {name: chance.random(len(places)) for name in (ALL, "recent")}
    scores["recent"][:5] = 0, 1, 0, 1, 0

    found = outcomes(data, Selection("recent", places, scores, {}, []), inside)

    kept = inside[places]
    losses = [
        log_loss(score, label)
        for score, label in zip(scores["recent"][kept].tolist(), data.labels[places][kept].tolist(), strict=True)
    ]
    assert found is not None
    assert (found.n, found.positives) == (len(losses), data.labels[inside].sum())
    assert found.loss == pytest.approx(np.mean(losses))
    assert found.std == pytest.approx(np.std(losses, ddof=1))


def test_too_few_rows_are_nothing_to_be_held_against() -> None:
    data = dataset(rows(12, turn=100), 12 * DAY)
    places = np.arange(len(data))
    selection = Selection(ALL, places, {ALL: np.full(len(data), 0.5)}, {}, [])
    assert outcomes(data, None, data.times >= 0) is None
    assert outcomes(data, selection, places < LEAST_UNSEEN - 1) is None
    assert outcomes(data, selection, places < LEAST_UNSEEN) is not None
