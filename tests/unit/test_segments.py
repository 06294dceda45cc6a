"""A stream judged by the values of a feature as well: what is counted, what is said, and what it costs the budget."""

import dataclasses
import io
import random
import re
from itertools import groupby

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from numpy.typing import NDArray
from rich.console import Console
from scipy.stats import binom

from consumers.training import shifted
from consumers.training.dataset import Dataset
from infra.cells import segments as training
from schemas import messages, reference
from schemas.apart import apart
from schemas.declaration import parse
from schemas.errors import Refused
from schemas.messages import DriftEvent, DriftRow
from schemas.reference import SCORE, Cells, identity, places
from schemas.segment import Segment, feature_of, in_segment, nameable
from streams.encode import Inputs
from streams.hindsight import choice, now
from streams.hindsight.kept import Live
from streams.hindsight.report.compose import compose
from streams.hindsight.report.page import page
from streams.levels import levels
from streams.summarize import Counter
from streams.verdict import Judged
from support.labelled import DAY
from support.segmented import COLOR, DAYS, X, contract, declaration, history, judged, score, sketches

Floats = NDArray[np.float64]
PLAIN, DECLARED = declaration(), declaration("color")
DATA = history(PLAIN)
WHOLE, MADE = contract(PLAIN, DATA), contract(DECLARED, DATA)
COUNTER = Counter(DECLARED, MADE)
RED = "x for color = red"


def rows(found: list[Judged]) -> list[DriftRow]:
    return [row for one in found for row in one.rows]


def events(found: list[Judged]) -> list[DriftEvent]:
    return [event for one in found for event in one.events]


def red_moves(day: int, coded: Floats) -> None:
    if day >= 4:
        coded[coded[:, COLOR] == MADE.categories["color"].index("red"), X] += 0.7


def all_move(day: int, coded: Floats) -> None:
    if day >= 4:
        coded[:, X] += 0.7


def test_what_is_judged_as_a_whole_stays_as_it_was() -> None:
    count = len(WHOLE.reference)

    assert reference.encode(replace(MADE, reference=MADE.reference[:count])) == reference.encode(WHOLE)
    assert b"segment" not in reference.encode(WHOLE)
    assert Counter(PLAIN, WHOLE).reference == identity(WHOLE.reference) != COUNTER.reference


def test_cells_of_before_are_read_and_have_the_name_that_they_had() -> None:
    cells = [Cells(feature="x", kind="number", cuts=[1.0, 2.0], counts=[0, 3, 0, 4, 0, 1], n=7, mean=1.5, m2=1.75)]

    assert identity(cells) == "e4812f7cda548e7a"
    read = msgspec.json.decode(msgspec.json.encode(cells), type=list[Cells])
    assert (read, read[0].column) == (cells, "x")


def test_each_frequent_value_has_its_columns_over_its_own_samples() -> None:
    columns = MADE.reference[len(WHOLE.reference) :]
    by_segment = {segment: list(found) for segment, found in groupby(columns, key=lambda one: one.segment)}

    assert [segment.value for segment in by_segment if segment] == MADE.categories["color"]
    for segment, found in by_segment.items():
        assert segment
        inside = DATA.rows[:, COLOR] == MADE.categories["color"].index(segment.value)
        assert [one.feature for one in found] == ["x", "n", "open", SCORE]
        assert {sum(one.counts) for one in found} == {int(inside.sum())}
        assert found[0].mean == pytest.approx(np.nanmean(DATA.rows[inside, X]))
        assert all(one.rhythm and one.held and len(one.cuts) <= training.CUTS for one in found)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 4), st.randoms(use_true_random=False))
def test_counts_of_a_segment_are_those_of_its_samples_however_they_come(
    seed: int, parts: int, chance: random.Random
) -> None:
    rng = np.random.default_rng(seed)
    x = np.column_stack(
        (rng.normal(size=200).round(1), rng.integers(0, 5, 200), rng.integers(-1, 3, 200), rng.integers(0, 2, 200))
    ).astype(np.float64)
    x[rng.random(200) < 0.1, X] = np.nan
    x[rng.random(200) < 0.1, COLOR] = np.nan
    order = list(range(200))
    chance.shuffle(order)
    whole, merged = COUNTER.empty(), COUNTER.empty()
    COUNTER.count(Inputs(x, [COLOR]), score(x), whole)
    for part in np.array_split(np.array(order), parts):
        one = COUNTER.empty()
        COUNTER.count(Inputs(x[part], [COLOR]), score(x[part]), one)
        merged = one.merge(merged)

    assert merged.to_bytes() == whole.to_bytes()
    for (against, counts), moments in zip(COUNTER.parts(whole.counts), whole.moments, strict=True):
        cells = against.cells
        if not cells.segment or cells.feature == "open":
            continue
        mine = x[x[:, COLOR] == MADE.categories["color"].index(cells.segment.value)]
        column = score(mine) if cells.feature == SCORE else mine[:, MADE.features.index(cells.feature)]
        present = column[~np.isnan(column)]
        found = np.bincount(places(np.array(cells.cuts), present), minlength=cells.size - 1)
        assert counts.tolist() == [*found.tolist(), len(column) - len(present)]
        assert moments[0] == len(present)


def test_neither_partitions_nor_order_change_a_verdict() -> None:
    one, three = (
        judged(DECLARED, COUNTER, sketches(COUNTER, MADE, 10, red_moves, partitions=count), count) for count in (1, 3)
    )

    assert events(one)
    assert [messages.encode(row) for row in rows(one)] == [messages.encode(row) for row in rows(three)]
    assert [messages.encode(event) for event in events(one)] == [messages.encode(event) for event in events(three)]


def test_what_moves_in_one_segment_is_named_there_and_found_sooner_than_in_the_whole() -> None:
    found = judged(DECLARED, COUNTER, sketches(COUNTER, MADE, 30, red_moves))
    drifted = [row for row in rows(found) if row.verdict == "drifted" and feature_of(row.feature) == "x"]
    first = {name: min(row.pane_end for row in drifted if row.feature == name) for name in {r.feature for r in drifted}}

    assert set(first) <= {"x", RED}
    assert first[RED] < first.get("x", 1 << 62)
    opened = events(found)[0]
    assert [shift.feature for shift in opened.shifts if feature_of(shift.feature) == "x"] == [RED]
    assert "x for color = red (over " in opened.sentence
    assert "the score for color = red (over " in opened.sentence
    carried = next(shift.importance for shift in opened.shifts if shift.feature == RED)
    assert carried == pytest.approx(0.6 / 3, rel=0.1)  # x carries six tenths, red has a third of the samples


def test_what_moves_everywhere_is_told_of_the_whole_once() -> None:
    found = events(judged(DECLARED, COUNTER, sketches(COUNTER, MADE, 14, all_move)))

    assert {shift.feature for event in found for shift in event.shifts} == {"x", SCORE}
    assert [event.kind for event in found] == ["opened"]


def test_without_segments_rows_and_levels_are_those_of_a_stream_that_never_heard_of_them() -> None:
    plain = Counter(PLAIN, WHOLE)
    without = rows(judged(PLAIN, plain, sketches(plain, WHOLE, 8)))
    beside = [row for row in rows(judged(DECLARED, COUNTER, sketches(COUNTER, MADE, 8))) if not in_segment(row.feature)]

    figures = [[(r.feature, r.window, r.n, r.m, r.effect, r.p, r.mean) for r in one] for one in (without, beside)]
    assert figures[0] == figures[1]
    assert levels(PLAIN, {"x"}).whole == levels(DECLARED, {"x"}).whole


def test_all_tests_together_have_the_budget_with_segments_as_without() -> None:
    names = {row.feature for row in rows(judged(DECLARED, COUNTER, sketches(COUNTER, MADE, 2)))}
    found, tests = levels(DECLARED, names), 3 * len(DECLARED.drift.windows)

    spent = sum(found.of(name).test for name in names) * tests
    bets = sum(np.exp(-found.of(name).needed) for name in names)
    assert spent == pytest.approx(DECLARED.half_of_them)
    assert bets == pytest.approx(DECLARED.half_of_them)
    assert found.whole.test == pytest.approx(levels(PLAIN, {"x"}).whole.test / 2)


def test_where_nothing_changes_alarms_stay_within_the_budget() -> None:
    """Only significance decides: 1 alarm in 20 panes is allowed."""
    open_minded = declaration(
        "color", "open", budget="20d", tolerance=0.001, share_tolerance=0.001, persistence=1, minimum=1
    )
    alarms, panes, tests = 0, 0, list[DriftRow]()
    for seed in range(2):
        made = contract(open_minded, history(open_minded, seed))
        counter = Counter(open_minded, made)
        found = judged(open_minded, counter, sketches(counter, made, 60, seed=seed + 100))
        alarms += sum(event.kind == "opened" for event in events(found))
        panes += len(found)
        tests += [row for row in rows(found) if in_segment(row.feature) and row.window == 1]

    assert (panes, len(tests)) == (120, 120 * (3 * 4 + 2 * 4))
    assert alarms <= binom.ppf(0.999, panes, open_minded.false_alarms)
    assert sum(row.p < 0.05 for row in tests) <= 0.05 * len(tests)


def test_only_frequent_values_that_can_be_named_have_a_segment_and_the_rest_is_said() -> None:
    values = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "rare", "two\nlines", ""]
    sizes = [900, 800, 700, 600, 500, 400, 300, 200, 150, 99, 1000, 1000]
    column = np.repeat(np.arange(len(values), dtype=np.float64), sizes)
    count = len(column)
    data = replace_rows(column, values)

    found = training.segments(DECLARED, data, np.ones(count, bool))

    assert [one.value for one, _ in found] == list("abcdefgh")
    assert [int(mask.sum()) for _, mask in found] == sizes[:8]
    told = apart(contract(DECLARED, data), ["color"])
    share = 1 - sum(sizes[:8]) / count
    assert told == [
        f"Judged by color: a, b, c, d, e, f, g, h; the other {share:.1%} of the reference only as part of the whole"
    ]
    assert apart(MADE, ["color"])[0].startswith("Judged by color: ")


def replace_rows(column: Floats, values: list[str]) -> Dataset:
    count = len(column)
    rng = np.random.default_rng(0)
    numbers = np.column_stack(
        (rng.normal(size=count), rng.integers(0, 5, count), column, rng.integers(0, 2, count))
    ).astype(np.float64)
    times = np.sort(rng.integers(0, DAYS * DAY, count))
    order = rng.permutation(count)
    return Dataset(
        numbers[order], rng.integers(0, 2, count), times, times, {"color": values}, DAYS * DAY, "",
        {"color": np.zeros(count, bool)},
    )  # fmt: skip


def test_segments_of_several_features_and_columns_of_all_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    both = declaration("color", "open")
    everything = np.ones(len(DATA), bool)
    assert [one.feature for one, _ in training.segments(both, DATA, everything)] == ["color"] * 3 + ["open"] * 2

    monkeypatch.setattr(training, "SEGMENTS", 2)
    assert [one.feature for one, _ in training.segments(both, DATA, everything)] == ["open"] * 2
    monkeypatch.setattr(training, "COLUMNS", 4)
    assert len(training.segments(both, DATA, everything)) == 1


@pytest.mark.parametrize(
    "given", ['["x"]', '["color", "color"]', '["size"]', '["hidden"]', '["a", "b", "c", "d", "e"]']
)
def test_segments_that_cannot_be_are_refused_with_what_is_allowed(given: str) -> None:
    text = f'[stream]\nname = "s"\nsegments = {given}\n[features.x]\nkind = "number"\n'
    text += "".join(f'[features.{one}]\nkind = "category"\n' for one in ("color", "a", "b", "c", "d", "e"))
    text += '[features.hidden]\nkind = "boolean"\nwatch = false\n'

    with pytest.raises(Refused, match=r"s.toml: stream.segments: .*up to 4 .*watched, each once: color, a, b, c, d, e"):
        parse(text.encode(), "s.toml")


def test_names_of_columns_lead_back_to_their_feature() -> None:
    column = Segment(feature="color", value="red for x = 1").column(SCORE)

    assert (feature_of(column), in_segment(column), in_segment("x")) == (SCORE, True, False)
    assert reference.named(column) == "the score for color = red for x = 1"
    assert reference.named("x") == "x"
    assert [nameable(value) for value in ("JFK", "", "a\nb", " a", "x" * 41, "\0")] == [True, *[False] * 5]


def test_values_of_segments_stay_text_on_the_screen_and_on_the_page() -> None:
    hostile = replace_values(["[red]", "<b>x</b>", "a/../b"])
    declared = declaration("color")
    made = contract(declared, hostile)
    counter = Counter(declared, made)
    given_rows = list(sketches(counter, made, 10, all_move))
    found = judged(declared, counter, iter(given_rows))
    live = Live(
        {(row.version, row.pane_end, row.window, row.feature): messages.encode(row) for row in rows(found)},
        {event.id: messages.encode(event) for event in events(found)},
    )
    last = choice.last(replace(declared, stream=replace(declared.stream, partitions=1)), live)
    one = replace(declared, stream=replace(declared.stream, partitions=1))
    facts = compose(one, live, given_rows, made, last, None, choice.EVER)

    text = page(facts)
    console = Console(width=200, record=True, file=io.StringIO())
    console.print(now.table(facts.now, facts.counts))  # type: ignore[arg-type] # the same mapping
    shown = console.export_text()

    assert "x for color = [red]" in shown
    assert "x for color = &lt;b&gt;x&lt;/b&gt;" in text
    assert "<b>x</b>" not in text
    assert "Judged by color: " in text
    assert {row.feature for row in facts.now} >= {"x for color = [red]", "(score) for color = a/../b"}
    assert set(facts.counts) == {row.feature for row in facts.now}
    names = [shifted._file(f"x for color = {value}") for value in ("[red]", "<b>x</b>", "a/../b")]  # noqa: SLF001 - of it
    assert all(re.fullmatch(r"[A-Za-z0-9_-]+", name) for name in names)
    assert len(set(names)) == 3


def replace_values(values: list[str]) -> Dataset:
    return dataclasses.replace(DATA, values={"color": values})
