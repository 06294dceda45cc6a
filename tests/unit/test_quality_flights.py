"""The year of flights through the quality gate: nothing of it is called broken, and what is broken in it is."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from consumers.retrainer.history import History
from consumers.retrainer.quality import judge
from consumers.retrainer.quality.observed import Observed
from consumers.retrainer.rows import Labelled, Scored
from consumers.training.dataset import codes, with_vocabulary
from infra.boosting import Floats
from producers.flights import flights
from schemas.declaration import load
from schemas.reference import Contract
from support import broken
from support.labelled import DAY

DECLARATION = load(Path(__file__).parents[2] / "flights.toml")
FIRST = 15_706
"""1 January 2013, in days since the epoch."""
Fault = Callable[[Floats], Floats]


@cache
def history() -> History:
    """The year as the retrainer has read it at its end."""
    year = flights(DECLARATION)
    rows, values = np.empty((len(year.samples.times), len(DECLARATION.features))), {}
    for place, (name, feature) in enumerate(DECLARATION.features.items()):
        column = year.samples.features[name]
        if feature.kind == "category":
            rows[:, place], values[name] = codes(column.tolist())
        else:
            rows[:, place] = column
    found = History(DECLARATION)
    late = rows[:, 0] / 24  # later in the day more flights are: as a model would know
    found.take_samples(Scored(_places(year.samples.times), _names(year.samples.ids), rows, values, late))
    found.take_labels(Labelled(_places(year.labels.times), _names(year.labels.ids), year.labels.values))
    return found


def _places(times: np.ndarray) -> np.ndarray:
    return np.column_stack([np.zeros(len(times)), np.arange(len(times)), times]).astype(np.int64)


def _names(ids: np.ndarray) -> list[bytes]:
    return [str(name).encode() for name in ids.tolist()]


@cache
def champion(day: int) -> Contract:
    """Of a champion that was trained on the first days of the year."""
    data = history().known((FIRST + day) * DAY)
    return broken.of(DECLARATION, with_vocabulary(data, DECLARATION, 200))


def observed(trained: int, day: int) -> Observed:
    return history().observed(judge.since(DECLARATION, champion(trained)), (FIRST + day) * DAY, {})


@pytest.mark.parametrize("trained", [28, 151, 273])
def test_no_day_of_the_year_is_called_broken_but_the_last_which_has_no_weather(trained: int) -> None:
    seen = observed(trained, 365)
    calm = judge.judge(DECLARATION, champion(trained), seen, (FIRST + 364) * DAY)
    assert (calm.doubt, calm.broken, calm.left_out) == (None, [], [])
    last = judge.judge(DECLARATION, champion(trained), seen, (FIRST + 365) * DAY)
    assert last.broken == []  # one day is no incident
    assert last.doubt is not None
    assert last.doubt.startswith("data quality: temperature missing and 7 more: ")


@pytest.mark.parametrize(
    ("name", "fault", "words"),
    [
        ("distance", lambda column: column * 1.609344, "distance in another unit"),
        ("distance", lambda column: column / 1.609344, "distance in another unit"),
        ("temperature", lambda column: column * np.nan, "temperature missing"),
        ("temperature", lambda column: (column - 32) / 1.8, "temperature in another unit"),
        ("carrier", lambda column: column * 0 + 3, "carrier constant"),
        ("carrier", lambda column: column + 1_000, "carrier all new"),
        ("humidity", lambda column: column / 100, "humidity in another unit"),
    ],
)
@pytest.mark.parametrize("trained", [28, 212])
def test_what_a_broken_producer_does_to_it_is_found(trained: int, name: str, fault: Fault, words: str) -> None:
    day = trained + 12
    seen = observed(trained, day)
    rows, place = seen.rows.copy(), list(DECLARATION.features).index(name)
    at = seen.times >= (FIRST + day - 2) * DAY
    rows[at, place] = fault(rows[at, place])
    many = {key: [*known, *(f"{key} {number}" for number in range(2_000))] for key, known in seen.values.items()}
    found = judge.judge(DECLARATION, champion(trained), replace(seen, rows=rows, values=many), (FIRST + day) * DAY)
    assert found.doubt is not None
    assert found.doubt.startswith(f"data quality: {words}")
    assert [one.column for one in found.broken] == [name]
