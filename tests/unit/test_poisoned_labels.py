"""Labels that were flipped for two days: a retrain then would harm, and the quality gate holds it."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from consumers.retrainer.quality import judge, leftout
from consumers.retrainer.quality.judge import Quality
from consumers.retrainer.quality.observed import Observed
from consumers.training import version
from consumers.training.dataset import Dataset, recoded
from consumers.training.loss import log_loss
from infra.serving import ServingModel
from support.labelled import DAY, HOUR, dataset, declaration, rows
from support.made import loaded

WORSE = 1.005
"""Times the loss of the model that was never retrained: what counts as none the worse."""


def flipped(data: Dataset, start: int, end: int) -> Dataset:
    """The labels that came in these days say the opposite."""
    at = (data.known >= start * DAY) & (data.known < end * DAY)
    return replace(data, labels=np.where(at, 1 - data.labels, data.labels))


def known(day: int) -> Dataset:
    """A calm stream."""
    return dataset(rows(40, turn=100), day * DAY)


@pytest.fixture(scope="module")
def champion(tmp_path_factory: pytest.TempPathFactory) -> ServingModel:
    folder = tmp_path_factory.mktemp("champion")
    return loaded(folder, version.make(folder, declaration(), known(20), None, lambda _: None), 1)


@cache
def truth() -> Dataset:
    """What comes after the labels are right again."""
    data = dataset(rows(40, turn=100), 40 * DAY + HOUR)
    return data.of(data.times >= 27 * DAY)


def loss(model: ServingModel) -> float:
    asked = recoded(truth(), list(declaration().features), model.contract.features, model.contract.categories)
    return float(log_loss(model.predict(asked), truth().labels).mean())


def retrained(folder: Path, data: Dataset, champion: ServingModel) -> ServingModel:
    """What serves after a retrain on this data."""
    made = version.make(folder, declaration(), data, champion, lambda _: None)
    assert made.gate is not None
    return loaded(folder, made, 2) if made.gate.passed else champion


def quality(day: int, champion: ServingModel) -> Quality:
    """What the quality gate says on that day, the champion serving since day 20."""
    data = flipped(known(day), 22, 24)
    declared, contract = list(declaration().features), champion.contract
    scores = champion.predict(recoded(data, declared, contract.features, contract.categories))
    first = np.ones(len(data), dtype=bool)
    seen = Observed(data.times, data.rows, data.values, data.labels, data.known, first, scores)
    return judge.judge(declaration(), champion.contract, seen, day * DAY)


def test_nothing_is_trained_while_the_flipped_days_are_fresh(champion: ServingModel) -> None:
    doubts = {day: quality(day, champion).doubt is not None for day in range(21, 40)}
    assert [day for day, doubt in doubts.items() if doubt] == list(range(23, 32))


def test_later_they_are_left_out_and_the_model_is_none_the_worse(champion: ServingModel, tmp_path: Path) -> None:
    data = leftout.without(flipped(known(33), 22, 24), quality(33, champion).left_out)
    assert loss(retrained(tmp_path, data, champion)) <= WORSE * loss(champion)


def test_without_both_gates_they_would_be_felt(champion: ServingModel, tmp_path: Path) -> None:
    """Else the tests above could not fail: by its loss the model that is trained on the flipped days wins on them."""
    made = version.make(tmp_path, declaration(), flipped(known(25), 22, 24), champion, lambda _: None)
    assert made.gate is not None
    assert (made.gate.gain or 0) > 0
    assert made.gate.failed == ["agreement"]
