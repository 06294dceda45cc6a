"""What a model goes by is told from what it does not, on rows that were held out, in bounded time."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.training import importance, report, version
from consumers.training.importance import permuted
from consumers.training.selection import Fold
from infra import bundle
from infra.boosting import Floats
from schemas.messages import ModelRef
from schemas.reference import Contract
from support.labelled import DAY, dataset, declaration, rows
from support.models import contract

NAMES = ["x", "n", "color", "open"]
DATA = dataset(rows(12, turn=100), 12 * DAY)


def still() -> float:
    return 0.0


def by_x(asked: Floats) -> Floats:
    return 1 / (1 + np.exp(-2 * np.nan_to_num(asked[:, 0])))


def halves(score: Callable[[Floats], Floats] = by_x) -> list[Fold]:
    places = np.arange(len(DATA))
    return [Fold(places[:900], score), Fold(places[900:], score)]


def test_only_what_the_model_uses_has_importance() -> None:
    found = permuted(DATA, halves(), NAMES, 0, still)

    assert found["x"].mean > 0.1
    assert 0 < found["x"].std < found["x"].mean / 10
    assert all((found[name].mean, found[name].std) == (0, 0) for name in ("n", "color", "open"))


def test_the_same_seed_gives_the_same_figures_and_each_fold_is_scored_by_its_own_model() -> None:
    swapped = [Fold(half.rows, score) for half, score in zip(halves(), (by_x, lambda x: 1 - by_x(x)), strict=True)]

    assert permuted(DATA, halves(), NAMES, 7, still) == permuted(DATA, halves(), NAMES, 7, still)
    assert permuted(DATA, halves(), NAMES, 7, still) != permuted(DATA, halves(), NAMES, 8, still)
    assert permuted(DATA, swapped, NAMES, 7, still)["x"].mean < permuted(DATA, halves(), NAMES, 7, still)["x"].mean


def test_what_did_not_vary_in_the_held_out_days_matters_by_what_it_was_before() -> None:
    rng = np.random.default_rng(0)
    rain = np.where(np.arange(len(DATA)) < 1_200, rng.random(len(DATA)) < 0.3, 0).astype(np.float64)
    wet = replace(DATA, rows=np.column_stack([rain, DATA.rows[:, 1:]]), labels=rain.astype(np.int64))
    dry = [Fold(np.arange(1_200, len(DATA)), lambda asked: np.where(asked[:, 0] > 0, 0.9, 0.1))]

    assert permuted(wet, dry, NAMES, 0, still)["x"].mean > 0.05


def test_scores_that_are_no_numbers_say_nothing_of_their_column() -> None:
    mixed = replace(DATA, rows=DATA.rows.copy())
    mixed.rows[1_200:, 1] = 0
    late = [Fold(np.arange(1_200, len(mixed)), lambda asked: np.where(asked[:, 1] > 0, np.nan, by_x(asked)))]

    assert set(permuted(mixed, late, NAMES, 0, still)) == {"x", "color", "open"}


def test_no_more_rows_are_scored_than_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importance, "ROWS", 100)
    asked: list[int] = []

    def score(given: Floats) -> Floats:
        asked.append(len(given))
        return by_x(given)

    permuted(DATA, halves(score), NAMES, 0, still)

    assert sum(asked) == 100 * (1 + importance.REPEATS * len(NAMES))


@pytest.mark.parametrize(("looks", "repeats"), [(0, 0), (3, 0), (4, 1), (7, 1), (8, 2), (1_000, importance.REPEATS)])
def test_when_time_ends_the_whole_repeats_count(looks: int, repeats: int) -> None:
    """`looks` columns are done in time; a repeat has four."""
    ticks = count()

    found = permuted(DATA, halves(), NAMES, 0, lambda: next(ticks) * importance.LIMIT_S / (looks + 0.5))

    assert bool(found) == bool(repeats)
    if repeats == 1:
        assert found["x"].std == 0
    if repeats == importance.REPEATS:
        assert found == permuted(DATA, halves(), NAMES, 0, still)


def test_a_version_carries_its_importance_and_its_run_the_figures(tmp_path: Path) -> None:
    result = version.make(tmp_path, declaration(), dataset(rows(26, turn=100), 26 * DAY), None, lambda _: None)
    ref = ModelRef(
        version=1, run_id="", model_sha256=result.model_sha256, contract_sha256=result.contract_sha256,
        trained_until=result.trained_until,
    )  # fmt: skip
    made = bundle.load(tmp_path, ref).contract

    assert list(made.importance) == NAMES
    assert max(made.skill, key=made.skill.__getitem__) == "x"
    assert made.skill["x"] > made.skill["color"] > max(made.skill["n"], made.skill["open"])
    assert result.metrics["importance/x"] == made.importance["x"]
    assert result.metrics["importance_std/x"] > 0
    assert not [name for name in report.figures(result.metrics, result.params) if "importance" in name]


def test_without_held_out_rows_nothing_is_known(tmp_path: Path) -> None:
    result = version.make(tmp_path, declaration(), dataset(rows(2, turn=100), 2 * DAY), None, lambda _: None)

    assert result.error is None
    assert not [name for name in result.metrics if name.startswith("importance")]


def known(importance: dict[str, float]) -> Contract:
    whole = contract()
    return Contract(**{name: getattr(whole, name) for name in whole.__struct_fields__} | {"importance": importance})


@given(st.dictionaries(st.text(max_size=5), st.floats(-10, 10), max_size=8))
def test_shares_are_of_one_whole(gains: dict[str, float]) -> None:
    shares = known(gains).skill

    assert all(0 <= share <= 1 for share in shares.values())
    assert not shares or sum(shares.values()) == pytest.approx(1)
    assert bool(shares) == any(gain > 0 for gain in gains.values())
