"""The competitors of this process in turn, round after round; ratios are made within a round: machines are noisy."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from benchmarks.drift import ours, plain
from benchmarks.drift.events import EVENTS, NAMES, Floats
from benchmarks.drift.ours import Distances, Run

DEPLOYED, EXACT, FOUND = "Leeway", "Leeway, exact cells", "Leeway, all that the judge finds"
SORTED, DEFAULT, ASYMP = "numpy, sorted reference", "scipy, default", "scipy, asymp"
GOALS = {SORTED: 8, DEFAULT: 20, "Evidently": 500}
"""On windows of 1,000 Leeway is to be so many times as fast."""
GOAL_WINDOW = 1_000


@dataclass(frozen=True, slots=True)
class Competitor:
    """`most` windows are measured, in so many `rounds`, each as often as `repeats` says (the median counts)."""

    name: str
    made: Callable[[Floats, Floats], Run]
    most: int = EVENTS
    rounds: int = 3
    repeats: int = 1


COMPETITORS = (
    Competitor(DEPLOYED, lambda reference, x: ours.walks(ours.counter(reference), x), repeats=5),
    Competitor(EXACT, lambda reference, x: ours.walks(ours.counter(reference, ours.exact), x), repeats=3),
    Competitor(FOUND, lambda reference, x: ours.findings(ours.counter(reference), x), repeats=3),
    Competitor(SORTED, plain.by_numpy),
    Competitor(DEFAULT, plain.by_scipy("auto"), most=100),
    Competitor(ASYMP, plain.by_scipy("asymp"), rounds=1),
)


@dataclass(slots=True)
class Race:
    """Of one case. `seconds` are of CPU, for all windows, one a round; `windows` how many were measured."""

    reference: int
    window: int
    seconds: dict[str, list[float]] = field(default_factory=dict)
    windows: dict[str, int] = field(default_factory=dict)
    found: dict[str, Distances] = field(default_factory=dict)

    @property
    def all_windows(self) -> int:
        """Of all events."""
        return EVENTS // self.window

    def run(self, reference: Floats, x: Floats, rounds: int) -> None:
        """Everybody of this process."""
        runs = [(one, one.made(reference, x)) for one in COMPETITORS]
        for number in range(rounds):
            for one, run in runs:
                if number < one.rounds:
                    windows = min(one.most, self.all_windows)
                    seconds = [self._timed(one.name, partial(run, windows, self.window)) for _ in range(one.repeats)]
                    self.add(one.name, statistics.median(seconds), windows)

    def _timed(self, name: str, run: Callable[[], Distances]) -> float:
        began = time.process_time()
        self.found[name] = run()
        return time.process_time() - began

    def add(self, name: str, seconds: float, windows: int) -> None:
        """What was measured over the first `windows`, taken for all."""
        self.seconds.setdefault(name, []).append(seconds * self.all_windows / windows)
        self.windows[name] = windows

    def figures(self) -> dict[str, Any]:
        """The table, and what the distances have in common."""
        return {
            "reference": self.reference,
            "window": self.window,
            "windows": self.all_windows,
            "table": [self._row(name) for name in self.seconds],
            "equal": self._equal(),
            "largest_gap": float(np.abs(self.found[EXACT][0] - self.found[DEPLOYED][0]).max()),
        }

    def _row(self, name: str) -> dict[str, Any]:
        seconds = statistics.median(self.seconds[name])
        return {
            "name": name,
            "seconds": float(f"{seconds:.3g}"),
            "windows": self.windows[name],
            "ours_is": self.ratio(name, DEPLOYED),
            "exact_is": self.ratio(name, EXACT),
            "goal": GOALS.get(name) if self.window == GOAL_WINDOW else None,
        }

    def ratio(self, name: str, over: str) -> float:
        """The median over rounds; who was measured once is held against the median of the other's rounds."""
        theirs, mine = self.seconds[name], self.seconds[over]
        if len(theirs) < len(mine):
            return round(statistics.median(theirs) / statistics.median(mine), 1)
        return round(statistics.median(one / other for one, other in zip(theirs, mine, strict=True)), 1)

    def _equal(self) -> dict[str, int]:
        """How many D of exact cells have the bits of scipy's, and of numpy's by hand."""
        found = {name: int((self.found[EXACT][0] == self.found[name][0]).sum()) for name in (ASYMP, SORTED)}
        return {"of": self.all_windows * len(NAMES), "scipy": found[ASYMP], "numpy": found[SORTED]}
