"""Every policy through one world, and what hindsight would have reached."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np

from benchmarks.economy.course import Course, Every, Never, When, course, rows
from benchmarks.economy.fits import Fits
from benchmarks.economy.leeway import Leeway
from benchmarks.economy.naive import AnyFeature, Worse
from benchmarks.economy.optimum import ages, optimum
from benchmarks.economy.streams import KINDS, Kind, world
from benchmarks.economy.world import World, of_year
from benchmarks.shuffled.year import year
from consumers.training.version import cores
from infra.cli.demo.plan import HISTORY_DAYS, YEAR
from producers.flights import flights
from schemas.declaration import load
from schemas.duration import milliseconds

STEP, COOLDOWN = 7, 7
"""Panes between the dates that hindsight chooses from; and at least between two retrains of the naive policies."""
EVERY, EVERY_SHORT = (7, 14, 21, 28, 42, 56), (7, 14, 21, 28, 42)
MOST = 50
LEEWAY, NEVER = "Leeway", "never"


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one world; `hindsight[k]` is the log-loss of the best dates and windows for k retrains, on a weekly grid.

    `on_all` the same of dates alone, always on all history.
    """

    world: str
    start: int
    until: int
    drifts: bool | None
    courses: list[Course]
    hindsight: list[float]
    on_all: list[float]
    made: int

    def one(self, policy: str) -> Course:
        """The course of this policy."""
        return next(course for course in self.courses if course.policy == policy)


def year_of_flights(declaration: Path) -> World:
    """As the demo begins it."""
    declared = load(declaration)
    start = int((YEAR + timedelta(days=HISTORY_DAYS)).timestamp() * 1000)
    return of_year("flights", declared, year(flights(declared)), start)


def measured(one: World, every: Sequence[int], kind: Kind | None = None) -> Measured:
    """All policies, the fits that they share made once."""
    fits = Fits(one)
    recent = milliseconds(one.declaration.retrain.recent)
    moments = [one.start, *one.moments]
    with ThreadPoolExecutor(cores()) as pool:
        windows = (None, recent)
        list(pool.map(lambda of: fits.version(*of), [(at, of) for at in moments[::STEP] for of in windows]))
        courses = [course(name, fits, policy) for name, policy in _plain(fits, every, recent)]
        courses.append(course(LEEWAY, fits, Leeway(fits, pool)))
    tables = [ages(fits, STEP, window) for window in windows]
    total = float(rows(one).sum())
    most = min(MOST, len(tables[0]) - 1)
    best, on_all = ([cost / total for cost in optimum(of, STEP, most)] for of in (tables, tables[:1]))
    return Measured(one.name, one.start, one.end, kind.drifts if kind else None, courses, best, on_all, fits.made)


def _plain(fits: Fits, every: Sequence[int], recent: int) -> Iterator[tuple[str, "Never | Every | When"]]:
    yield NEVER, Never()
    for window, name in ((None, "all history"), (recent, "recent")):
        for panes in every:
            yield schedule(panes, name), Every(fits, panes, window)
    yield "any feature p < .05", When(fits, "any feature", COOLDOWN, AnyFeature(fits.world))
    yield "loss a tenth worse", When(fits, "loss", COOLDOWN, Worse(fits.world, rows(fits.world).astype(np.float64)))


def schedule(panes: int, window: str) -> str:
    """The name of a fixed schedule."""
    return f"every {panes} days on {window}"


def streams(seeds: Sequence[int]) -> Iterator[Measured]:
    """Every kind of stream with known truth, with each seed."""
    for kind in KINDS:
        for seed in seeds:
            yield measured(world(kind, seed), EVERY_SHORT, kind)
