"""Hostile and poor data, from training to the verdict: bounded, counted, told, and never a made-up number."""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from numpy.typing import NDArray

from consumers.training import contract as training
from consumers.training import version
from consumers.training.dataset import Dataset, with_vocabulary
from consumers.training.pipeline import MAX_CATEGORIES
from schemas.declaration import Declaration, parse
from schemas.messages import ModelRef
from schemas.position import Position
from schemas.sketch import SketchRow
from streams.decode import Batch
from streams.encode import Encoder
from streams.judge import Judge
from streams.recent import RecentIds
from streams.score import Partition, Scorer, Serving, Stage
from streams.summarize import Counter
from streams.verdict import Judged
from support import models
from support.labelled import DAY, LINE
from support.made import loaded
from support.models import Logistic
from support.records import frames, log
from support.sketches import COUNTERS, PANES, rows

Floats = NDArray[np.float64]
TREES = ("sklearn.ensemble:HistGradientBoostingClassifier", "{ max_iter = 5 }")
POOR = """
[stream]
name = "poor"
pane = "1d"
partitions = 1
segments = ["single", "nothing", "same"]
[features.x]
kind = "number"
[features.flat]
kind = "number"
[features.gone]
kind = "number"
required = false
[features.nothing]
kind = "category"
required = false
[features.single]
kind = "category"
[features.same]
kind = "boolean"
[features.lost]
kind = "boolean"
required = false
[model]
estimator = "{estimator}"
params = {params}
[retrain]
recent = "10d"
fold = "3d"
minimum_labels = 200
"""
NAMES = ("x", "flat", "gone", "nothing", "single", "same", "lost")


def poor(model: tuple[str, str] = TREES) -> Declaration:
    """One feature that says something, and all kinds that say nothing: constant, or never there."""
    return parse(POOR.format(estimator=model[0], params=model[1]).encode(), "poor.toml")


def history(days: int, per_day: int = 100) -> Dataset:
    rng, count = np.random.default_rng(0), days * per_day
    times, x, nan = np.sort(rng.integers(0, days * DAY, count)), rng.normal(size=count), np.full(count, np.nan)
    columns = np.column_stack((x, np.full(count, 3.0), nan, nan, np.zeros(count), np.ones(count), nan))
    labels = (rng.random(count) < 1 / (1 + np.exp(-2 * x))).astype(np.int64)
    return Dataset(columns, labels, times, times + 1000, {"nothing": [], "single": ["only"]}, days * DAY, "digest")


def trained(folder: Path, declared: Declaration, data: Dataset) -> Scorer:
    made = version.make(folder, declared, data, None, lambda _: None)
    assert made.undrawn == []
    return Scorer(declared, loaded(folder, made))


def scored(declared: Declaration, scorer: Scorer, values: Sequence[bytes]) -> Partition:
    state = Partition(0, Position(), RecentIds())
    for frame in frames(log(list(values), stamp=2**42), []):
        Stage(declared).apply(state, frame, Serving(scorer))
    assert (state.position.scored, state.position.rejected) == (len(values), 0)
    return state


def judged(declared: Declaration, state: Partition, counter: Counter) -> list[Judged]:
    judge = Judge(declared)
    for (number, start), sketch in sorted(state.panes.items()):
        counts, sums = sketch.to_bytes()
        judge.fold(
            SketchRow(
                partition=0, version=number, pane_start=start, reach=0, closed=start + declared.pane_ms, counts=counts,
                sums=sums, reference=sketch.reference,
            )
        )  # fmt: skip
    return list(judge.verdicts({1: counter}))


def sample(at: int, x: float, **other: object) -> bytes:
    features = {"x": x, "flat": 3.0, "single": "only", "same": True} | other
    return msgspec.json.encode({"ts": at, "features": features})


@pytest.mark.parametrize("model", [TREES, LINE], ids=["trees", "line"])
def test_columns_that_are_constant_or_never_there_are_trained_on_counted_and_judged(
    model: tuple[str, str], tmp_path: Path
) -> None:
    declared, rng = poor(model), np.random.default_rng(1)
    scorer = trained(tmp_path, declared, history(14))
    values = [((31 + place // 150) * DAY + place, float(one)) for place, one in enumerate(rng.normal(size=1_800))]
    calm = [sample(at, value) for at, value in values]
    awake = [sample(at, value, gone=1.5, nothing="new", lost=False, flat=3.5) for at, value in values]

    found = judged(declared, scored(declared, scorer, calm), scorer.counter)
    assert [event for one in found for event in one.events] == []
    assert {row.verdict for one in found[4:] for row in one.rows} == {"stable"}
    assert {row.feature for one in found for row in one.rows} == {*NAMES, "(score)"}  # no segment is worth having

    found = judged(declared, scored(declared, scorer, awake), scorer.counter)
    moved = {row.feature: row.test for one in found for row in one.rows if row.verdict == "drifted"}
    assert {"gone", "nothing", "lost", "flat"} <= moved.keys()
    assert {moved[name] for name in ("gone", "nothing", "lost")} == {"missing"}
    assert all(np.isfinite([row.effect, row.p, row.psi, row.missing]).all() for one in found for row in one.rows)


@settings(max_examples=20)
@given(st.lists(st.sampled_from([None, 0.25, -3.0, 50.0]), min_size=PANES, max_size=PANES))
def test_windows_of_one_sample_are_judged_without_a_word_where_that_is_allowed(values: list[float | None]) -> None:
    declared = replace(
        models.declaration(1), drift=replace(models.declaration().drift, minimum=1, windows=(1, 2), budget="10m")
    )
    scorer = models.scorer()
    texts = [
        msgspec.json.encode({"ts": pane * models.MINUTE, "features": {"x": value, "color": "red", "open": True}})
        for pane, value in enumerate(values)
    ]

    found = judged(declared, scored(declared, scorer, texts), scorer.counter)

    assert len(found) == PANES
    assert {row.n for one in found for row in one.rows if row.window == 1} == {1}
    for row in (row for one in found for row in one.rows):
        assert 0 <= row.effect <= 1
        assert 0 <= row.p <= 1
        assert row.std is None or row.window > 1


@pytest.mark.parametrize(("days", "per_day"), [(3, 100), (1, 40), (2, 3)])
def test_a_reference_that_is_shorter_than_stated_says_how_much_it_is(days: int, per_day: int) -> None:
    declared, data = poor(), history(days, per_day)
    assert declared.drift.reference == "28d"
    score = lambda given: np.full(len(given), 0.5)  # noqa: E731 - of a model that knows nothing
    made = training.contract(declared, with_vocabulary(data, declared, 200), None, np.ones(len(data), bool), score, {})
    scorer = Scorer(declared, Logistic(ModelRef(version=1, run_id="", model_sha256="", contract_sha256="",
                                                trained_until=0), made))  # fmt: skip
    texts = [sample((31 + at // 150) * DAY + at % 150, float(at % 7)) for at in range(600)]

    found = judged(declared, scored(declared, scorer, texts), scorer.counter)

    assert {row.m for one in found for row in one.rows} == {days * per_day}
    enough = days * per_day >= declared.drift.minimum
    assert ({row.verdict for one in found for row in one.rows} == {"insufficient"}) != enough


def test_two_million_values_of_a_category_are_one_cell_and_no_memory() -> None:
    many, kept = 2_000_000, 100_000
    declared = parse(b'[stream]\nname = "many"\nsegments = ["user"]\n[features.user]\nkind = "category"\n', "many.toml")
    names = [f"user-{number:07d}" for number in range(kept)]
    column = np.concatenate((np.arange(kept, dtype=np.float64), np.zeros(5_000), np.ones(3_000)))
    times = np.arange(len(column))
    data = Dataset(column[:, None], times % 2, times, times, {"user": names}, len(column), "")
    known = with_vocabulary(data, declared, MAX_CATEGORIES)
    made = training.contract(declared, known, None, np.ones(len(data), bool), lambda x: np.full(len(x), 0.5), {})
    encode, counter = Encoder(declared, made), Counter(declared, made)
    pane, size = counter.empty(), 0

    for first in range(0, many, 4_000):
        texts = tuple(f"user-{number:07d}" for number in range(first, first + 4_000))
        count = np.arange(4_000)
        batch = Batch(count, list(texts), [True] * 4_000, count, [], np.empty((4_000, 0)), [texts])
        counter.count(encode(batch), np.full(4_000, 0.5), pane)
        size = max(size, sum(map(len, pane.to_bytes())))

    cells = made.reference[0]
    assert (len(cells.values), cells.counts[-2]) == (MAX_CATEGORIES, kept - MAX_CATEGORIES)
    user = next(counts for reference, counts in counter.parts(pane.counts) if not reference.cells.segment)
    assert user.tolist() == [*[1] * MAX_CATEGORIES, many - MAX_CATEGORIES, 0]
    assert size < 10_000
    assert [one.segment.value for one in made.reference if one.segment] == names[:2]


def test_clocks_that_jump_do_not_move_a_verdict() -> None:
    """Ahead by a day or more is refused; by less it is counted as ahead; behind, as late: beside all the others."""
    declared = models.declaration(1)
    scorer, stage = models.scorer(), Stage(declared)
    minute, hour = models.MINUTE, 60 * models.MINUTE

    def text(ts: int, x: float) -> bytes:
        return msgspec.json.encode({"ts": ts, "features": {"x": x, "color": "red", "open": True}})

    honest = [(at, text(at, (at % 7 - 3) / 2)) for at in range(2 * hour, 2 * hour + 6 * minute, 500)]
    jumping = [pair for at, value in honest for pair in ((at, value), *_jumps(at, text))]
    states = []
    for stream in (honest, jumping):
        state = Partition(0, Position(), RecentIds())
        for place, (stamp, value) in enumerate(stream):
            frame = frames(log([value], stamp), [])[0]
            stage.apply(state, msgspec.structs.replace(frame, prev=place, first=place), Serving(scorer))
        states.append(state)
    plain, jumped = states

    assert {key: pane.to_bytes() for key, pane in plain.panes.items()} == {
        key: pane.to_bytes() for key, pane in jumped.panes.items()
    }
    assert (jumped.position.rejected, jumped.position.ahead, jumped.position.late) == (72, 72, 72)
    assert jumped.position.received == jumped.position.scored + jumped.position.rejected


def _jumps(at: int, text: Callable[[int, float], bytes]) -> list[tuple[int, bytes]]:
    """Beside each tenth sample: a clock a year ahead, one two hours ahead, and one an hour behind."""
    if at % 5_000:
        return []
    hour = 3_600_000
    return [(at, text(at + 365 * 24 * hour, 9.0)), (at, text(at + 2 * hour, 9.0)), (at, text(at - hour, 9.0))]


def test_partials_of_another_reference_are_named_and_not_added() -> None:
    stream, judge = rows(6, [0, 1, 2]), Judge(models.declaration())
    for place, row in enumerate(stream):
        judge.fold(msgspec.structs.replace(row, reference="another") if place == 4 else row)

    counted, strangers = {}, set[tuple[int, int, int]]()
    for end, evidence in judge.evidence(COUNTERS):
        counted[end] = evidence[1][0].finding.n
        strangers |= judge.strangers

    end = stream[4].pane_start + models.MINUTE
    assert strangers == {(1, end, 1)}
    assert counted == {pane * models.MINUTE + models.MINUTE: 60 for pane in range(PANES)} | {end: 40}
