"""A year judged as it would be live, without servers: by the product's own training, stage and judge."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from benchmarks.shuffled.year import Year
from consumers.training import history, version
from infra import bundle
from schemas.declaration import Declaration
from schemas.frame import Frame
from schemas.messages import ModelRef
from schemas.position import Position
from schemas.sketch import SketchRow
from streams.hindsight import rejudge
from streams.hindsight.command import ALPHA, PSI
from streams.hindsight.spans import Span, spans
from streams.recent import RecentIds
from streams.score import Partition, Scorer, Serving, Stage

FRAME = 4_000
DAILY = 900
"""Departures of a day, about."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """`panes` judged; incidents; and the ends of panes (epoch ms) in which the usual rules alarm."""

    panes: int
    tests: int
    incidents: list[Span]
    by_p: list[int]
    by_psi: list[int]
    until: int
    """The end of the last pane, epoch ms."""
    worth: list["Worth"]


@dataclass(frozen=True, slots=True)
class Worth:
    """Of one column's reference: its samples, the independent ones that tell as much, and those of a day of 900."""

    feature: str
    samples: int
    reference: int
    day: int
    season: bool


def _worth(declaration: Declaration, scorer: Scorer) -> list[Worth]:
    pane = declaration.pane_ms
    return [
        Worth(
            cells.feature,
            sum(cells.counts),
            round(one.against({0: 1}).values),
            round(one.window(DAILY, pane)),
            cells.season is not None,
        )
        for one in scorer.counter.references
        for cells in (one.cells,)
        if cells.feature not in declaration.unwatched
    ]


def judge(declaration: Declaration, year: Year, start: int) -> Verdict:
    """The verdicts on the year from `start` (epoch ms) on, by version 1, which is trained on what came before."""
    one = replace(declaration, stream=replace(declaration.stream, partitions=1))
    scorer = _trained(one, year, start)
    rows = _counted(one, scorer, year, start)
    found = rejudge.past(one, rows, {1: scorer.counter})
    judged = rejudge.judged(one, found)
    by_p, by_psi = rejudge.naive(found, ALPHA, PSI)
    incidents = spans(event for verdict in judged for event in verdict.events)
    tests = sum(len(verdict.rows) for verdict in judged)
    return Verdict(len(judged), tests, incidents, by_p, by_psi, judged[-1].pane_end, _worth(one, scorer))


def _trained(declaration: Declaration, year: Year, start: int) -> Scorer:
    """By the code of `leeway train`."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        year.history(folder / "history.parquet", start)
        data = history.read(folder / "history.parquet", declaration, None)
        made = version.make(folder, declaration, data, None, lambda _: None)
        ref = ModelRef(
            version=1, run_id="", model_sha256=made.model_sha256, contract_sha256=made.contract_sha256,
            trained_until=made.trained_until,
        )  # fmt: skip
        return Scorer(declaration, bundle.load(folder, ref))


def _counted(declaration: Declaration, scorer: Scorer, year: Year, start: int) -> Sequence[SketchRow]:
    """Frame by frame, as a lane counts."""
    stage, serving, state = Stage(declaration), Serving(scorer), Partition(0, Position(), RecentIds())
    times = year.samples.times
    first = int(np.searchsorted(times, start))
    for low in range(first, len(times), FRAME):
        records = year.samples.records(low, min(low + FRAME, len(times)))
        offsets, moments = list(range(len(records))), times[low : low + FRAME].tolist()
        keys: list[bytes | None] = [key for key, _ in records]
        values: list[bytes | None] = [value for _, value in records]
        stage.apply(state, Frame(0, low - first, low - first, offsets, moments, keys, values), serving)
    here = state.position
    if here.scored != len(times) - first or here.late:
        raise RuntimeError(f"of {len(times) - first} samples {here.scored} were scored and {here.late} late")
    return [_row(declaration, state, key) for key in sorted(state.panes)]


def _row(declaration: Declaration, state: Partition, key: tuple[int, int]) -> SketchRow:
    sketch, (number, start) = state.panes[key], key
    counts, sums = sketch.to_bytes()
    return SketchRow(
        partition=0, version=number, pane_start=start, reach=state.position.next,
        closed=start + declaration.pane_ms, counts=counts, sums=sums, reference=sketch.reference,
    )  # fmt: skip
