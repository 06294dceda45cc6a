"""The quality gate: broken producers are told from a world that changes, and their rows are left out."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.retrainer.quality import leftout, units
from consumers.retrainer.quality.leftout import Span
from consumers.retrainer.quality.observed import Observed
from schemas.declaration import parse
from support import broken
from support.broken import between, look, seen
from support.labelled import DAY, dataset, declaration, rows, text

X, N, COLOR = 0, 1, 2


def renamed(found: Observed, start: float) -> Observed:
    """Every color has another name from then on."""
    names = [*found.values["color"], *(f"new {name}" for name in found.values["color"])]
    changed = broken.column(found, COLOR, start, 99, len(found.values["color"]), 1)
    return replace(changed, values={"color": names})


def repeated(found: Observed, start: float) -> Observed:
    """Each sample is sent twice from then on, the second time with an id of its own."""
    at = between(found, start, 99)
    changed = found.rows.copy()
    changed[at[1::2]] = changed[at[: 2 * (len(at) // 2) : 2]]
    return replace(found, rows=changed)


FAULTS = {
    "x missing": (broken.column(seen(), X, 20, 99, np.nan), "x is missing in 100 % of the samples from 1970-01-21"),
    "color missing": (broken.column(seen(), COLOR, 20, 99, np.nan), "where 2 to 8 % were usual"),
    "x constant": (broken.column(seen(), X, 20, 99, 7.5), "x has one value only from 1970-01-21 00:00 on, 7.5"),
    "n in another unit": (broken.column(seen(), N, 20, 99, 0, 1000), "it looks like values times 1,000"),
    "color all new": (renamed(seen(), 20), "100 % of the values of color"),
    "the label constant": (broken.labels(seen(), 20, 99, 1), "the label has one value only"),
    "samples without a label although it was due": (broken.unlabelled(seen(), 20, 99, 50), "are without a label"),
    "samples repeated": (repeated(seen(), 20), "are repeated"),
    "samples rejected": (replace(seen(), rejected=dict.fromkeys(range(20, 40), 900)), "80 % of the samples"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_broken_producer_is_named_with_what_was_seen_and_what_to_do(name: str) -> None:
    found, words = FAULTS[name]
    assert look(found, 20).doubt is None
    quality = look(found, 24)
    assert quality.doubt is not None
    assert quality.doubt.startswith(f"data quality: {name}: ")
    assert words in quality.doubt
    assert "Mend what produces it" in quality.doubt
    assert 'trusted_from = "1970-01-21"' in quality.doubt
    assert [one.start for one in quality.broken] == [20 * DAY]


def test_one_pane_is_a_doubt_and_two_are_an_incident() -> None:
    found = broken.column(seen(), X, 20, 99, np.nan)
    first, second = look(found, 21), look(found, 22)
    assert first.doubt is not None
    assert (first.broken, first.left_out) == ([], [])
    assert [one.column for one in second.broken] == ["x"]
    assert second.left_out == [Span(19 * DAY, 23 * DAY)]


def test_a_gap_of_one_pane_is_over_with_it() -> None:
    quality = look(broken.column(seen(), X, 20, 21, np.nan), 22)
    assert (quality.doubt, quality.left_out) == (None, [])


def test_what_is_mended_is_waited_for_and_then_left_out() -> None:
    found = broken.column(seen(), X, 20, 24, np.nan)
    soon, later = look(found, 26), look(found, 32)
    assert soon.broken == []
    assert soon.doubt is not None
    assert soon.doubt.startswith("data quality: x missing, right again: ")
    assert "hold this until 1970-02-02 00:00" in soon.doubt
    assert later.doubt is None
    assert later.left_out == [Span(19 * DAY, 25 * DAY)]


def test_labels_go_by_when_they_came() -> None:
    quality = look(broken.labels(seen(), 20, 22, 0), 32)
    assert quality.left_out == [Span(19 * DAY, 23 * DAY, by_label=True)]


def test_a_world_that_turns_round_is_believed_when_it_stays_so() -> None:
    for day in range(15, 40):
        quality = look(seen(turn=20.0), day)
        doubted = 21 <= day <= 28  # by the longest window, of 8 panes
        assert (quality.doubt is not None) == doubted
        assert bool(quality.left_out) == (22 <= day <= 28)


def test_labels_that_were_flipped_for_two_days_are_left_out() -> None:
    at = (seen().known >= 20 * DAY) & (seen().known < 22 * DAY)
    found = replace(seen(), labels=np.where(at, 1 - seen().labels, seen().labels))
    assert look(found, 20).doubt is None
    now, later = look(found, 22), look(found, 31)
    assert now.doubt is not None
    assert now.doubt.startswith("data quality: the label turned round: the label goes against the scores")
    assert (later.doubt, later.left_out) == (None, [Span(19 * DAY, 23 * DAY, by_label=True)])


@pytest.mark.parametrize("step", [0.02, 0.1])
def test_a_slow_change_is_none_either(step: float) -> None:
    found = seen()
    changed = found.rows.copy()
    changed[:, N] *= np.exp(step * np.maximum(0, found.times / DAY - 16))
    for day in range(15, 40):
        assert look(replace(found, rows=changed), day).doubt is None


def test_what_is_trusted_is_not_doubted() -> None:
    found = broken.column(seen(), N, 20, 99, 0, 1000)
    declared = parse(text("s").replace(b"[retrain]", b'[retrain]\ntrusted_from = "1970-01-21"'), "s.toml")
    assert look(found, 30).doubt is not None
    assert look(found, 30, declared=declared).doubt is None


def test_what_was_left_out_before_says_nothing_of_what_is_usual() -> None:
    found = broken.column(broken.column(seen(), X, 8, 13, np.nan), X, 20, 99, np.nan)
    assert look(found, 22).doubt is None  # it was missing for days that the champion was trained on
    assert look(found, 22, [Span(7 * DAY, 14 * DAY)]).doubt is not None


spans = st.lists(st.builds(lambda a, b, c: Span(a, a + b, c), st.integers(0, 60), st.integers(1, 20), st.booleans()))


@given(spans, st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=30))
def test_spans_that_were_written_down_leave_out_the_same_rows(found: list[Span], at: list[tuple[int, int]]) -> None:
    times, known = np.array(at, dtype=np.int64).reshape(-1, 2).T
    read = leftout.parse(leftout.written(found))
    np.testing.assert_array_equal(leftout.kept(times, known, read), leftout.kept(times, known, found))
    assert len(read) <= len(found)


def test_a_data_set_without_spans_is_the_same_and_one_with_them_has_its_own_digest() -> None:
    data = dataset(rows(20, 100), 20 * DAY)
    assert leftout.without(data, [Span(99 * DAY, 100 * DAY)]) is data
    rest = leftout.without(data, [Span(5 * DAY, 6 * DAY)])
    assert rest.digest != data.digest
    assert not ((rest.times >= 5 * DAY) & (rest.times < 6 * DAY)).any()
    assert len(data) - len(rest) == len(data.times[data.span(5 * DAY, 6 * DAY)])


@given(st.floats(1, 1e6), st.floats(0.01, 0.2), st.sampled_from([unit for unit in units.UNITS if unit.factor > 0]))
def test_a_steady_number_in_another_unit_is_found_and_without_a_change_it_is_not(
    mean: float, spread: float, unit: units.Unit
) -> None:
    means, stds = np.array([mean, mean * 1.001]), np.array([mean * spread, mean * spread * 1.2])
    assert units.changed(mean * 1.0005, mean * spread, means, stds) is None
    found = units.changed(mean * unit.factor + unit.offset, mean * spread * unit.factor, means, stds)
    moved = abs(mean * unit.factor + unit.offset - mean) > 0.003 * mean
    assert (found is not None) or not moved


def test_what_varies_by_itself_as_a_unit_would_is_not_judged() -> None:
    assert units.changed(30.0, 3.0, np.array([10.0, 40.0]), np.array([1.0, 4.0])) is None


def test_the_declaration_says_what_a_date_is() -> None:
    assert declaration().trusted_ms == 0
    with pytest.raises(Exception, match=r"retrain\.trusted_from: .*write a date in ISO 8601"):
        parse(text("s").replace(b"[retrain]", b'[retrain]\ntrusted_from = "soon"'), "s.toml")
    assert msgspec.structs.replace(declaration().retrain, trusted_from="x").trusted_from == "x"
