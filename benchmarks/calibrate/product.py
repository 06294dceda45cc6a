"""The product's own path: a reference as training makes it, panes counted as in a lane, verdicts as by the judge."""

from collections.abc import Iterator

import numpy as np

from benchmarks.calibrate.worlds import CATEGORIES, Values, World
from infra.cells import columns as training
from infra.cells.season import Calendar, calendar, in_time
from schemas.declaration import Declaration, parse
from schemas.messages import DriftEvent
from schemas.reference import SCORE, Cells, Contract, places
from schemas.sketch import SketchRow
from streams.encode import Inputs
from streams.judge import Judge
from streams.summarize import Counter

HOUR_MS = 3_600_000
HEAD = """[stream]
name = "calibrate"
pane = "1h"
partitions = 1
[drift]
minimum = 1
"""
ALONE = 'budget = "100h"\ntolerance = 0.001\nshare_tolerance = 0.001\npersistence = 1\n'
"""Only significance decides: nothing but the budget stands between chance and an alarm."""
DEFAULTS = ""
"""As a declaration without [drift] has it: a shift must matter, last, and be certain."""
ALLOWED = 0.01
"""False alarms a pane, under that budget."""


def declaration(world: World, settings: str = ALONE) -> Declaration:
    """Of a stream of this kind."""
    kind = {"binary": "boolean", "category": "category"}.get(world.kind, "number")
    columns = "".join(f'[features.f{i}]\nkind = "{kind}"\nrequired = false\n' for i in range(world.columns))
    return parse((HEAD + settings + columns).encode(), "calibrate.toml")


def events(world: World, samples: Values, settings: str = ALONE) -> list[DriftEvent]:
    """What is said of the samples that follow the reference, pane by pane; event time 0 is where they start."""
    stream = declaration(world, settings)
    counter = Counter(stream, _contract(stream, world, samples[: world.reference]))
    judge, found = Judge(stream), list[DriftEvent]()
    for row in _sketches(counter, world, samples[world.reference :]):
        judge.fold(row)
        found += [event for verdict in judge.verdicts({1: counter}) for event in verdict.events]
    return found


def _contract(stream: Declaration, world: World, reference: Values) -> Contract:
    panes = -(-world.reference // world.pane)
    times = (np.arange(world.reference) * HOUR_MS // world.pane) - panes * HOUR_MS + WEEKS
    within, names = calendar(times, HOUR_MS, stream.season_ms), list(stream.features)
    values = ["false", "true"] if world.kind == "binary" else [f"v{i}" for i in range(CATEGORIES)]
    cells = [_column(world, name, reference[:, i], within, values) for i, name in enumerate(names)]
    return Contract(
        stream=stream.name,
        features=names,
        categories=dict.fromkeys(stream.names("category"), values),
        reference=[*cells, training.numbers(SCORE, np.full(len(reference), 0.5))],
        probe=[],
        probe_scores=[],
        trained_from=0,
        trained_until=0,
        rows=len(reference),
    )


WEEKS = 10_000 * 168 * HOUR_MS
"""A whole number of weeks, so that the reference lies after the epoch and seasons start where worlds do."""


def _column(world: World, name: str, column: Values, within: Calendar | None, values: list[str]) -> Cells:
    if world.discrete:
        cells = training.categories(name, column, values, 0)
        return in_time(cells, column.astype(np.int64), within)
    cells = training.numbers(name, column)
    return in_time(cells, places(np.array(cells.cuts), column), within)


def _sketches(counter: Counter, world: World, samples: Values) -> Iterator[SketchRow]:
    categories = list(range(world.columns)) if world.kind == "category" else []
    for pane in range(len(samples) // world.pane):
        x = samples[pane * world.pane : (pane + 1) * world.pane]
        sketch, start = counter.empty(), WEEKS + pane * HOUR_MS
        counter.count(
            Inputs(np.where(x >= CATEGORIES, -1.0, x) if categories else x, categories), np.full(len(x), 0.5), sketch
        )
        counts, sums = sketch.to_bytes()
        yield SketchRow(
            partition=0, version=1, pane_start=start, reach=0, closed=start + HOUR_MS, counts=counts, sums=sums,
            reference=counter.reference,
        )  # fmt: skip
