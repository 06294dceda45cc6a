"""Histograms of a few characters."""

from io import StringIO

import numpy as np
from rich.console import Console

from schemas.reference import LABEL, LOSS, Cells
from streams.hindsight import now
from streams.hindsight.shapes import BINS, sparks
from streams.outcomes import OutcomeJudge
from support.models import REFERENCE, declaration, number
from support.turnouts import rows


def test_a_number_moved_upwards_shows_at_the_right() -> None:
    cells = number("x", np.random.default_rng(0).normal(size=400))
    counts = np.zeros(cells.size, np.int64)
    counts[-40:-1] = 5

    was, now = sparks(cells, counts)

    assert len(was) == len(now) <= BINS
    assert was.index("█" if "█" in was else max(was)) in range(3, 9)
    assert now[-1] == "█"
    assert now[: BINS // 2].strip() == ""


def test_a_new_category_shows_last_and_nothing_missing_is_drawn() -> None:
    cells = Cells(feature="c", kind="category", values=["a", "b"], counts=[10, 30, 0, 5], n=40)

    assert sparks(cells, np.array([0, 20, 20, 99])) == ("█▃ ", "▅ ▅")


def test_a_feature_of_one_value_or_of_none_has_a_picture_too() -> None:
    one = Cells(feature="x", kind="number", cuts=[3.0], counts=[0, 9, 0, 0], n=9)
    none = Cells(feature="x", kind="number", cuts=[], counts=[0, 9], n=0)

    assert sparks(one, np.array([0, 4, 0, 0]))[1].strip() == "█"
    assert sparks(none, np.array([0, 4])) == (" ", " ")


def test_outcomes_stand_beside_features_with_the_day_until_which_they_are_known() -> None:
    judge = OutcomeJudge(declaration())
    judged = [one for row in rows(12) if (one := judge.of(row, REFERENCE)) is not None]
    console = Console(width=200, record=True, file=StringIO())
    console.print(now.table([row for row in judged[-1].rows if row.window == 1], {}))
    text = console.export_text()

    assert "the label, until 1970-01-01 00:12" in text
    assert "the loss, until 1970-01-01 00:12" in text
    assert LABEL not in text
    assert LOSS not in text
    assert "stable" in text
