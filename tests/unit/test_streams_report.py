"""The page of `leeway drift --report`: what it says is what was judged, and nothing in it can do harm."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import msgspec
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.errors import Refused
from schemas.messages import DriftRow
from schemas.reference import SCORE, Cells, Contract, places
from streams.hindsight import choice, spans
from streams.hindsight.kept import Live
from streams.hindsight.report import axis, category, number, svg, words
from streams.hindsight.report.facts import Facts
from streams.hindsight.report.page import FEATURES, LARGEST, page
from streams.hindsight.report.thin import MOST, thin
from support import models, story
from support.models import MINUTE
from support.sketches import PANES, rows

HOSTILE = '<script src="http://evil">x</script>" onload="y'
SHIFTED = rows(6, [0, 1, 2])


class Seen(HTMLParser):
    """The elements of a page, and its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self._words: list[str] = []
        self.feed(text)
        self.words = "".join(self._words)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self._words.append(data)


def drawings(text: str) -> list[ET.Element]:
    return [ET.fromstring(part.split("</svg>")[0] + "</svg>") for part in _split(text)]  # noqa: S314 - our own


def _split(text: str) -> list[str]:
    return ["<svg" + part for part in text.split("<svg")[1:]]


def row(at: int = 0, **other: Any) -> DriftRow:
    given = {"version": 1, "pane_end": at, "window": 1, "feature": "x", "n": 100, "m": 900, "effect": 0.05, "p": 0.5,
             "psi": 0.01, "mean": 1.0, "std": 2.0, "reference_mean": 1.5, "reference_std": 2.5, "missing": 0.1,
             "verdict": "stable", "low": 0.01, "high": 0.09, "psi_limit": 0.2}  # fmt: skip
    return msgspec.convert(given | other, DriftRow)


def test_the_page_says_what_was_judged() -> None:
    found = story.facts(SHIFTED)

    seen = Seen(page(found))

    moved = max((one for one in found.now if one.feature == "x"), key=lambda one: one.effect)
    assert f"{moved.effect:.3f} (95 %: {moved.low:.3f} to {moved.high:.3f})" in seen.words
    assert all(name in seen.words for name in ("x", "color", "open", "the score", "Tolerance", "Budget"))
    assert found.spans[0].sentence in seen.words
    assert "Not on this page" not in seen.words
    names = [found.now[0].feature, *found.runs]
    assert set(names) == {"x", "color", "open", SCORE}


def test_every_drawing_is_well_formed_and_says_what_it_shows() -> None:
    found = drawings(page(story.facts(SHIFTED)))

    columns, windows, numbers = 4, 4, 2
    assert len(found) == 1 + columns * windows + (columns - numbers) + 2 * numbers
    assert all(one.attrib["role"] == "img" and (one[0].tag, bool(one[0].text)) == ("title", True) for one in found)


def test_features_that_moved_most_come_first() -> None:
    seen = Seen(page(story.facts(SHIFTED)))

    places_of = [seen.words.rindex(f"{name}drifted") for name in ("x", "the score")]
    assert max(places_of) < seen.words.rindex("colorstable")


def test_text_from_data_stays_text() -> None:
    made = models.contract()
    reference = [
        replace(one, values=[HOSTILE, "red\0\u202e"]) if one.feature == "color" else one for one in made.reference
    ]
    found = story.facts(SHIFTED)
    cells = {one.feature: one for one in reference}
    counts = {name: (cells[name], counted) for name, (_, counted) in found.counts.items()}
    told = [spans.Span(1, 0, None, HOSTILE, (MINUTE,))]
    hostile = Facts(
        found.declaration, found.levels, found.now, found.contract, counts, found.runs, told, found.extent, [HOSTILE]
    )

    text = page(hostile)

    seen = Seen(text)
    assert "script" not in seen.tags
    assert not [name for name, _ in seen.attributes if name.startswith("on") or name == "src"]
    assert not [
        value for name, value in seen.attributes if name in ("href", "xlink:href") and not value.startswith("#")
    ]
    assert seen.words.count(HOSTILE) >= 2
    assert svg.label(HOSTILE, 26) in seen.words
    assert "\0" not in text
    assert "\u202e" not in text
    assert len(drawings(text)) > 1


def test_a_page_is_bounded_and_says_what_it_leaves_out() -> None:
    found = story.facts(SHIFTED)
    columns = FEATURES + 60
    run = [row(MINUTE * at, window=2**w, effect=at % 97 / 97, low=0.0, high=1.0) for w in range(4) for at in range(400)]
    wide = Cells(
        feature="x", kind="category", values=["v" * 200 + str(i) for i in range(500)], counts=[9] * 502, n=4509
    )
    fine = models.number("x", np.random.default_rng(0).normal(size=1000))
    shapes = [(wide, np.arange(502)), (fine, np.random.default_rng(1).integers(0, 9, fine.size))]
    names = [f"f{i:03}" for i in range(columns)]
    many = Facts(
        found.declaration, found.levels, [row(feature=name, effect=i / 999) for i, name in enumerate(names)], None,
        {name: shapes[i % 2] for i, name in enumerate(names)}, dict.fromkeys(names, run),
        [spans.Span(v, 0, 400 * MINUTE, "s" * 2000) for v in range(300)], (0, 400 * MINUTE),
    )  # fmt: skip

    text = page(many)

    said = Seen(text).words
    assert len(text.encode()) < LARGEST
    assert f"{columns} columns were judged; drawn are the {FEATURES} that moved most" in said
    assert "Of 300 incidents the last 200 are told" in said
    assert "of each 3 windows in a row" in said
    assert text.count("<section id=") == FEATURES
    assert names[-1] in said
    assert f">{names[0]}<" not in text


def test_what_is_not_kept_any_more_is_said_and_not_drawn() -> None:
    purged = story.facts(SHIFTED, kept=SHIFTED[-6:])
    forgotten = replace_contract(story.facts(SHIFTED))

    assert purged.counts == {}
    assert "Of 4 columns the counts are not kept in full" in Seen(page(purged)).words
    assert "The version is not in MLflow any more" in Seen(page(forgotten)).words
    assert len(drawings(page(purged))) == 1 + 4 * 4


def replace_contract(found: Facts) -> Facts:
    remark = ["The version is not in MLflow any more"]
    return Facts(found.declaration, found.levels, found.now, None, {}, found.runs, found.spans, found.extent, remark)


def test_the_counts_that_are_drawn_are_those_that_were_judged() -> None:
    found = story.facts(SHIFTED)

    for one in found.now:
        cells, counts = found.counts[one.feature]
        assert int(counts.sum()) == one.n
        if cells.kind == "number" and one.test == "shape":
            mark = number.widest(cells, counts)
            assert mark is not None
            assert mark.d == one.effect


def test_runs_follow_the_newest_version_or_the_one_that_was_asked_for() -> None:
    two = rows(6, [0, 1, 2], version_2_from=9)

    every, first = story.facts(two), story.facts(two, version=1)
    early = story.facts(two, span=(0, 5 * MINUTE))

    assert {one.version for one in every.runs["x"]} == {1, 2}
    assert {one.pane_end // MINUTE for one in every.runs["x"]} == set(range(1, PANES + 1))
    assert {one.version for one in first.runs["x"]} == {one.version for one in first.now} == {1}
    assert (early.extent, early.now[0].pane_end, early.spans) == ((0, 5 * MINUTE), 5 * MINUTE, [])
    assert {span.version for span in first.spans} == {1}


def test_a_window_that_nobody_judged_is_refused() -> None:
    live = story.record(SHIFTED)

    with pytest.raises(Refused, match="empty"):
        choice.last(story.DECLARATION, Live({}, {}))
    with pytest.raises(Refused, match="versions that were judged: 1"):
        choice.last(story.DECLARATION, live, version=9)
    with pytest.raises(Refused, match="there are 1, 2, 4, 8"):
        choice.last(story.DECLARATION, live, window=3)


@given(st.lists(st.integers(-20, 20), min_size=1), st.lists(st.integers(-25, 25), min_size=1))
def test_d_is_where_the_mark_is(reference: list[int], window: list[int]) -> None:
    one, other = np.array(reference, float), np.array(window, float)
    cells = models.number("x", one)
    counts = np.append(np.bincount(places(np.array(cells.cuts), other), minlength=cells.size - 1), 3)

    found = number.widest(cells, counts)

    assert found is not None
    everywhere = np.union1d(one, other)
    assert found.d == pytest.approx(max(abs((one <= at).mean() - (other <= at).mean()) for at in everywhere))
    compare = np.less if found.below else np.less_equal
    assert found.reference == pytest.approx(compare(one, found.at).mean())
    assert found.window == pytest.approx(compare(other, found.at).mean())


def test_categories_are_whole_and_the_unheard_of_comes_last() -> None:
    cells = Cells(feature="c", kind="category", values=[*"abcdef"], counts=[6, 5, 4, 3, 2, 1, 0, 9], n=21)

    found = category.pairs(cells, np.array([0, 0, 0, 0, 0, 50, 30, 20]), most=3)

    assert [pair.name for pair in found] == ["a", "b", "f", "3 others", "new", "missing"]
    assert sum(pair.reference for pair in found) == pytest.approx(1)
    assert sum(pair.window for pair in found) == pytest.approx(1)
    assert [pair.window for pair in found[-2:]] == [0.3, 0.2]


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e9), st.integers(2, 12))
def test_ticks_are_round_few_and_inside(low: float, span: float, most: int) -> None:
    found = axis.ticks(low, low + span, most)

    assert len(found) <= most
    assert all(low - span * 1e-6 <= one <= low + span * (1 + 1e-6) for one in found)
    assert all(a < b for a, b in pairwise(found))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
@example([-1.7e308, 1.7e308])
@example([8e307, -9.9e306])
@example([0.0, 2e-311])
def test_values_as_far_or_as_close_as_floats_can_be_are_drawn(values: list[float]) -> None:
    with np.errstate(over="ignore", invalid="ignore"):
        cells = models.number("x", np.array(values))
    counts = np.arange(cells.size)

    text = str(number.histograms(cells, counts, "x") + number.curves(cells, counts, "x"))
    assert len(drawings(text)) == 2
    assert "nan" not in text


@given(st.integers(0, 2**41), st.integers(60_000, 2**41), st.integers(3, 14))
def test_times_are_few_and_inside(start: int, span: int, most: int) -> None:
    found = axis.times(start, start + span, most)

    assert len(found) <= most
    assert all(start <= at <= start + span for at, _ in found)
    assert all(a < b for (a, _), (b, _) in pairwise(found))


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=1000), st.integers(1, 50))
def test_thinning_keeps_the_largest_and_every_stretch_that_drifted(given_: list[tuple[float, bool]], most: int) -> None:
    run = [row(i, effect=effect, verdict="drifted" if bad else "stable") for i, (effect, bad) in enumerate(given_)]

    found = thin(run, most)

    assert len(found) <= most
    assert [one.pane_end for one in found] == sorted(one.pane_end for one in found)
    stretch = max(1, -(-len(run) // most))
    alarms = {one.pane_end // stretch for one in run if one.verdict == "drifted"}
    assert {one.pane_end // stretch for one in found if one.verdict == "drifted"} == alarms
    assert len(thin(run[:MOST])) == len(run[:MOST])


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"verdict": "insufficient"}, "too few for a verdict"),
        ({"effect": 0.2, "verdict": "drifted", "test": "missing"}, "share of missing values.*more than chance"),
        ({"effect": 0.2}, "beyond the tolerance of 0.1, but chance could"),
        ({"effect": 0.02}, "within the tolerance of 0.1"),
    ],
)
def test_a_verdict_is_one_sentence(other: dict[str, Any], said: str) -> None:

    assert re.search(said, words.verdict(row(**other), 0.1))


def test_stability_is_named_by_its_band_and_held_against_chance() -> None:
    assert [words.stability(row(psi=psi)).split("rule of thumb ")[1] for psi in (0.09, 0.1, 0.25)] == [
        "calm; chance alone stays below 0.200",
        "a moderate shift; chance alone stays below 0.200",
        "a major shift; chance alone stays below 0.200",
    ]


def test_contracts_are_told_where_they_are_known() -> None:
    made: Contract = replace(models.contract(), trained_from=0, trained_until=86_400_000, rows=330)

    seen = Seen(page(story.facts(SHIFTED, made=made)))

    assert "330 rows, 1970-01-01 00:00 to 1970-01-02 00:00" in seen.words
