"""What an event says: the order of what moved, by size and by importance, and the words for it."""

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.duration import milliseconds, words
from schemas.messages import DriftEvent, DriftRow
from schemas.reference import SCORE, Cells
from streams.hindsight import rejudge
from streams.incident import Incident
from streams.judge import Judge
from streams.score import Scorer
from streams.wording import MINOR, NAMED, Known, percent, sentence
from support.models import Logistic, contract, declaration, scorer
from support.sketches import COUNTERS, rows

DAY = 86_400_000
END = 42 * DAY + 3_600_000 * 6
CELLS = Cells(feature="", kind="category", values=["a", "b"], counts=[600, 390, 0, 10], n=990)


def row(feature: str = "x", effect: float = 0.314, window: int = 4, **other: object) -> DriftRow:
    given: dict[str, object] = {
        "version": 2, "pane_end": END, "window": window, "feature": feature, "n": 900, "m": 1000, "effect": effect,
        "p": 0.0, "psi": 0.0, "mean": None, "std": None, "reference_mean": None, "reference_std": None,
        "missing": 0.01, "verdict": "drifted",
    }  # fmt: skip
    return DriftRow(**(given | other))  # type: ignore[arg-type] # checked by the fields that are read


def said(moved: list[DriftRow], importance: dict[str, float] | None = None, cells: Cells = CELLS) -> str:
    known = {one.feature: Known(cells, (importance or {}).get(one.feature)) for one in moved}
    return sentence(moved, "flights", known, DAY)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (row(), "x (over 4 days: distribution moved by 0.31)"),
        (row(window=1), "x (over 1 day: distribution moved by 0.31)"),
        (row(test="missing", missing=0.12, effect=0.11), "over 4 days: more missing values, 12 % against 1 %)"),
        (row(test="missing", missing=0.0, effect=0.01), "over 4 days: fewer missing values, 0 % against 1 %)"),
        (row(test="outside", effect=0.025), "2.5 % of the values outside the range seen before"),
        (row(test="new", effect=0.3), "30 % of the values never seen before"),
    ],
)
def test_each_kind_of_shift_has_its_words(given: DriftRow, words: str) -> None:
    assert said([given]).startswith("Until 1970-02-12 06:00 the inputs of flights version 2 moved: x (")
    assert words in said([given])


def test_where_rare_values_were_known_it_is_not_said_that_they_are_new() -> None:
    some = replace(CELLS, counts=[600, 380, 10, 10])

    assert "share of rare and unknown values moved by 20 %" in said([row(test="new", effect=0.2)], cells=some)


def test_the_importance_of_each_is_told_and_the_score_is_the_score() -> None:
    found = said([row(), row(SCORE), row("y")], {"x": 0.25, SCORE: 1.0, "y": 0.004})

    assert found == (
        "Until 1970-02-12 06:00 the inputs and the score of flights version 2 moved: "
        "x (over 4 days: distribution moved by 0.31; carries 25 % of the model's skill), "
        "the score (over 4 days: distribution moved by 0.31), "
        "y (over 4 days: distribution moved by 0.31; carries less than 1 % of the model's skill)."
    )
    assert "moved: the score (" in said([row(SCORE)], {SCORE: 1.0})
    assert "Until 1970-02-12 06:00 the score of flights" in said([row(SCORE)], {SCORE: 1.0})


def test_what_hardly_matters_is_called_so_and_what_is_not_known_is_not() -> None:
    minor = {"x": MINOR / 3, "y": MINOR / 3}

    assert said([row(), row("y")], minor).endswith(". None of them matters much to the model.")
    assert said([row()], minor).endswith(". It matters little to the model.")
    assert said([row(), row("y")], {"x": MINOR, "y": 0.0}).endswith("model's skill).")
    assert said([row(), row(SCORE)], minor | {SCORE: 1.0}).endswith(").")
    assert "model" not in said([row(), row("y")])


@given(st.lists(st.text("abc", min_size=1, max_size=4), unique=True, min_size=1, max_size=30))
def test_a_sentence_names_few_and_counts_the_rest(names: list[str]) -> None:
    found = said([row(name) for name in names])

    assert found.count("(over") == min(len(names), NAMED)
    assert (f" and {len(names) - NAMED} more." in found) == (len(names) > NAMED)


@given(st.floats(0, 1))
def test_percents_are_right_to_what_they_show(share: float) -> None:
    text = percent(share)

    assert float(text.removesuffix(" %")) == pytest.approx(100 * share, abs=0.5 if 100 * share >= 9.95 else 0.05001)
    assert len(text) <= 5


@given(st.integers(1, 10**6), st.sampled_from(["ms", "s", "m", "h", "d"]))
def test_lengths_in_words_are_the_lengths(count: int, unit: str) -> None:
    number, name = words(milliseconds(f"{count}{unit}")).split()
    short = {"millisecond": "ms", "second": "s", "minute": "m", "hour": "h", "day": "d"}[name.removesuffix("s")]

    assert milliseconds(f"{number.replace(',', '')}{short}") == milliseconds(f"{count}{unit}")


shares = st.none() | st.floats(0, 1)


def event(moved: dict[str, tuple[float, float | None]]) -> DriftEvent:
    incident = Incident("s", 2, 1)
    importance = {name: share for name, (_, share) in moved.items()}
    words = partial(sentence, stream="s", known={name: Known(CELLS, importance[name]) for name in moved}, pane_ms=DAY)
    found = incident.take(END, [row(name, effect, 1) for name, (effect, _) in moved.items()], importance, words)
    assert found is not None
    return found


@given(st.dictionaries(st.text("abc", min_size=1), st.tuples(st.floats(0.1, 1), shares), min_size=1, max_size=8))
def test_what_moved_is_all_there_and_in_order_of_size_times_importance(
    moved: dict[str, tuple[float, float | None]],
) -> None:
    found = event(moved).shifts

    weights = [one.effect * max(0.01, 1 if one.importance is None else one.importance) for one in found]
    assert {one.feature: (one.effect, one.importance) for one in found} == moved
    assert weights == sorted(weights, reverse=True)


def test_a_small_shift_that_matters_comes_before_a_large_one_that_does_not() -> None:
    found = event({"useless": (0.9, 0.0), "used": (0.2, 0.6), SCORE: (0.15, 1.0)})

    assert [one.feature for one in found.shifts] == [SCORE, "used", "useless"]
    assert "moved: the score (" in found.sentence


def test_the_judge_takes_importance_from_the_contract_and_so_does_who_judges_again() -> None:
    """Nothing of the model hangs on x, which alone moves."""
    known = replace(contract(), importance={"x": 0.0, "color": 0.5, "open": 0.5})
    model = Logistic(scorer().model.ref, known)
    counters = COUNTERS | {1: Scorer(declaration(), model).counter}
    judge = Judge(declaration())
    events: list[DriftEvent] = []
    for one in rows(6, [0, 1, 2]):
        judge.fold(one)
        events += [event for judged in judge.verdicts(counters) for event in judged.events]
    again = rejudge.judged(declaration(), rejudge.past(declaration(), rows(6, [0, 1, 2]), counters))

    assert {shift.feature: shift.importance for shift in events[0].shifts} == {SCORE: 1.0, "x": 0.0}
    assert events[0].shifts[0].feature == SCORE
    assert "x (over 1 minute: 31 % of the values outside the range seen before; carries less than 1 %" in (
        events[0].sentence
    )
    assert [event for judged in again for event in judged.events] == events
