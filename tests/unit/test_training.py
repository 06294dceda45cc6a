"""Training from columns: time order, the gate, the contract's cells, and the vocabulary."""

import zlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.training import gate, selection, version
from consumers.training.candidates import ALL, RECENT
from consumers.training.dataset import Dataset, Ints, codes, recoded, with_vocabulary
from infra import bundle
from infra.boosting import Floats
from infra.cells import columns
from schemas.errors import Refused
from schemas.messages import ModelRef
from schemas.reference import SCORE
from support.labelled import DAY, HOUR, TREES, dataset, declaration, rows

POOL = ThreadPoolExecutor(1)
numbers = st.lists(st.one_of(st.just(float("nan")), st.floats(-50, 50), st.integers(-3, 3).map(float)), max_size=600)


def spy(data: Dataset) -> tuple[list[tuple[int, int]], selection.Selection]:
    """What each model of a fold was trained on (last label known, rows), and the selection."""
    seen: list[tuple[int, int]] = []

    def fit(trained: Floats, labels: Ints, _: Floats | None) -> Callable[[Floats], Floats]:
        places = trained[:, 0].astype(int)
        seen.append((int(data.known[places].max()), len(labels)))
        return lambda asked: np.full(len(asked), labels.mean())

    found = selection.select(data, declaration().retrain, fit, 0, POOL)
    return seen, found


def numbered(days: int = 26) -> Dataset:
    """Rows whose first column is their place."""
    data = dataset(rows(days, turn=100), days * DAY)
    data.rows[:, 0] = np.arange(len(data))
    return data


def test_a_fold_is_trained_on_what_was_known_before_it() -> None:
    data = numbered()
    seen, found = spy(data)
    starts = [start for start, _ in selection.blocks(data, declaration().retrain)]
    assert [known < start for (known, _), start in zip(seen, np.repeat(starts, 2), strict=True)] == [True] * 4
    assert data.times[found.places].min() >= starts[0]
    assert seen[0][1] > seen[1][1]


def test_windows_that_hold_the_same_rows_are_trained_once() -> None:
    seen, found = spy(numbered(9))
    assert len(seen) == 2
    np.testing.assert_array_equal(found.scores[ALL], found.scores[RECENT])
    assert found.chosen == ALL


def test_labels_that_come_late_are_not_known_to_a_fold() -> None:
    data = numbered()
    delayed = Dataset(data.rows, data.labels, data.times, data.times + 2 * DAY, data.values, data.as_of, data.digest)
    prompt, _ = spy(data)
    seen, _ = spy(delayed)
    assert all(fewer < more for (_, fewer), (_, more) in zip(seen, prompt, strict=True))


def test_too_short_a_history_cannot_be_selected_on() -> None:
    with pytest.raises(Refused, match="no stretch of 3d"):
        spy(numbered(2))


def test_the_recent_window_wins_after_the_world_turned_round() -> None:
    data = dataset(rows(26, turn=14), 26 * DAY)
    declared = declaration()
    coded = with_vocabulary(data, declared, 200)
    found = selection.select(coded, declared.retrain, version.fitter(declared, coded), 0, POOL)
    assert found.chosen == RECENT
    assert found.losses[RECENT] < found.losses[ALL]


def test_all_history_stays_the_choice_without_a_turn() -> None:
    declared = declaration()
    coded = with_vocabulary(dataset(rows(26, turn=100), 26 * DAY), declared, 200)
    assert selection.select(coded, declared.retrain, version.fitter(declared, coded), 0, POOL).chosen == ALL


@given(st.integers(0, 2**31), st.floats(0, 0.5))
def test_equal_models_do_not_pass(seed: int, min_gain: float) -> None:
    rng = np.random.default_rng(seed)
    scores, labels = rng.random(300), rng.integers(0, 2, 300)
    assert not gate.judge(scores, scores, labels, np.arange(300) * HOUR, min_gain, 0).passed


@given(st.integers(0, 2**31))
def test_a_worse_model_never_passes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, 300)
    good: Floats = np.where(labels == 1, 0.7, 0.3).astype(np.float64)
    found = gate.judge(good, 1.0 - good, labels, np.arange(300) * HOUR, 0.0, 0)
    assert not found.passed
    assert found.high is not None
    assert found.high < 0
    assert gate.judge(1 - good, good, labels, np.arange(300) * HOUR, 0.0, 0).passed


def test_too_few_rows_and_scores_that_are_no_numbers_fail_closed() -> None:
    labels = np.ones(99, dtype=np.int64)
    assert "only 99" in gate.judge(np.full(99, 0.1), np.full(99, 0.9), labels, labels, 0.0, 0).reason
    labels = np.ones(200, dtype=np.int64)
    found = gate.judge(np.full(200, 0.1), np.full(200, np.nan), labels, labels, 0.0, 0)
    assert (found.passed, found.reason) == (False, "a score of the challenger is not a probability")


@given(numbers)
def test_number_cells_count_every_value_once(values: list[float]) -> None:
    column = np.array(values, dtype=np.float64)
    cells = columns.numbers("x", column)
    assert sum(cells.counts) == len(column)
    assert cells.size == 2 * len(cells.cuts) + 2
    assert cells.counts[-1] == int(np.isnan(column).sum())
    assert len(cells.cuts) <= columns.MAX_CUTS
    assert cells.cuts == sorted(set(cells.cuts))
    present = column[~np.isnan(column)]
    edges = [-np.inf, *cells.cuts, np.inf]
    for count, low, high in zip(cells.counts[::2], edges, edges[1:], strict=False):
        assert count == int(((present > low) & (present < high)).sum())
    assert cells.counts[1:-1:2] == [int((present == cut).sum()) for cut in cells.cuts]
    assert cells.counts[0] == cells.counts[-2] == 0
    if len(present):
        assert set(cells.cuts) <= set(present.tolist())
        assert cells.cuts[-1] == present.max()


def test_the_contract_describes_the_reference_window(tmp_path: Path) -> None:
    declared = declaration()
    data = dataset(rows(40, turn=100), 40 * DAY)
    result = version.make(tmp_path, declared, data, None, lambda _: None)
    ref = ModelRef(
        version=1, run_id="", model_sha256=result.model_sha256, contract_sha256=result.contract_sha256,
        trained_until=result.trained_until,
    )  # fmt: skip
    made = bundle.load(tmp_path, ref).contract
    inside = int((data.times >= 12 * DAY).sum())
    cells = {found.feature: found for found in made.reference}
    assert list(cells) == ["x", "n", "color", "open", SCORE]
    assert [sum(cells[name].counts) for name in ("x", "n", "color", "open")] == [inside] * 4
    assert cells["open"].values == ["false", "true"]
    assert cells["color"].counts[-2] == 0
    assert cells["color"].values == made.categories["color"]
    assert 500 <= cells[SCORE].n < inside
    days = [found.held for found in made.reference if found.held]
    assert {(held.start_ms, held.block_ms) for held in days} == {(12 * DAY, DAY)}
    assert [len(zlib.decompress(held.counts)) // 4 for held in days] == [27 * found.size for found in made.reference]
    assert (made.trained_until, made.rows) == (40 * DAY, len(data))
    assert made.outcomes is not None
    assert made.outcomes.n == cells[SCORE].n
    assert made.outcomes.loss == pytest.approx(result.metrics["log_loss"])
    drawn = {f"pictures/{name}.png" for name in ("loss_per_day", "reliability", "importance")}
    assert set(result.pictures) == drawn | {"report.html"}
    assert all((tmp_path / name).stat().st_size > 1000 for name in result.pictures)


def test_the_same_data_gives_the_same_scores(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        version.make(folder, declaration(model=TREES), dataset(rows(12, turn=100), 12 * DAY), None, lambda _: None)
        found.append((folder / bundle.CONTRACT).read_bytes())
    assert found[0] == found[1]


def test_the_vocabulary_keeps_the_most_frequent_values() -> None:
    colors: list[str | None] = ["b", "a", "c", "a", "b", None, "d"]
    column, values = codes(colors)
    base = dataset(rows(1, turn=1, per_day=7), 2 * DAY)
    data = Dataset(
        np.column_stack([base.rows[:, :2], column, base.rows[:, 3]]), base.labels, base.times, base.known,
        {"color": values}, base.as_of, "",
    )  # fmt: skip
    cut = with_vocabulary(data, declaration(), 2)
    assert cut.values["color"] == ["a", "b"]
    np.testing.assert_array_equal(cut.rows[:, 2], [1, 0, np.nan, 0, 1, np.nan, np.nan])
    assert cut.rare["color"].tolist() == [False, False, True, False, False, False, True]
    cells = columns.categories("color", cut.rows[:, 2], cut.values["color"], int(cut.rare["color"].sum()))
    assert cells.counts == [2, 2, 2, 1]


def test_another_versions_codes_are_looked_up_by_value() -> None:
    data = dataset(rows(2, turn=100), 2 * DAY)
    names = ["x", "n", "color", "open"]
    coded = recoded(data, names, names, {"color": ["green", "red"]})
    theirs = [None if np.isnan(code) else ["green", "red"][int(code)] for code in coded[:, 2]]
    ours = [None if np.isnan(code) else data.values["color"][int(code)] for code in data.rows[:, 2]]
    assert theirs == [value if value in ("green", "red") else None for value in ours]
