"""What sizing says of a load, and what the simulation finds: they must agree, and each may be the one that is wrong."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.scaling.inputs import Inputs
from benchmarks.scaling.plant import SCORER, plant
from benchmarks.scaling.simulation import Floats, Load, Outage, Run, simulate
from benchmarks.scaling.sizing import STREAM, Assumed, Resource, Size, resources, size

SECONDS, SEED, STEP_S = 120.0, 20, 0.05
STEADY = 0.003
"""Lag that grows by less than this share of what arrives, over the second half of a run, does not grow."""
NEAR, LESS = 0.95, 0.8
WAVES = 10
"""A rolling restart takes a tenth of the scorers at a time."""
KEYS, ZIPF = 100_000, 1.0


ALL = (*STREAM, "warehouse", "PostgreSQL CPU", "PostgreSQL disk")


@dataclass(frozen=True, slots=True)
class Outcome:
    """`expected`, `found`: does it keep up? `lag_s`: samples waiting at most, in seconds of the load."""

    rate: float
    name: str
    expected: bool
    found: bool
    lag_s: float
    fullest: str
    catch_up_s: float | None = None
    expected_catch_up_s: float | None = None

    @property
    def agrees(self) -> bool:
        """Whether the simulation bears sizing out."""
        if self.expected != self.found:
            return False
        if self.catch_up_s is None or self.expected_catch_up_s is None:
            return True
        return abs(self.catch_up_s - self.expected_catch_up_s) <= max(0.1 * self.expected_catch_up_s, 4 * STEP_S)


@dataclass(frozen=True, slots=True)
class Case:
    """A deployment and the rate that it was sized for."""

    inputs: Inputs
    assumed: Assumed
    size: Size
    given: Mapping[str, Resource]

    @classmethod
    def of(cls, rate: float, inputs: Inputs, assumed: Assumed) -> "Case":
        """As sized."""
        return cls(inputs, assumed, size(rate, inputs, assumed), resources(inputs, assumed))

    def holds(self, rate: float, less: Mapping[str, float] | None = None) -> bool:
        """What sizing says: no resource of the stream, nor the warehouse's, is used up at an even load."""
        scale = less or {}
        return all(rate <= self.full(name) * scale.get(name, 1.0) for name in ALL)

    @property
    def first(self) -> str:
        """What is full first."""
        return min(ALL, key=self.full)

    def full(self, name: str) -> float:
        """The rate that uses up all that there is of it."""
        return self.given[name].full if name.startswith("PostgreSQL") else self.size.full(self.given, name)

    def run(
        self,
        name: str,
        load: Load,
        less: Mapping[str, float] | None = None,
        outages: tuple[Outage, ...] = (),
        *,
        expected: bool | None = None,
        seconds: float = SECONDS,
    ) -> tuple[Outcome, Run]:
        """One simulation beside what sizing says."""
        found = simulate(plant(self.size, self.given, self.inputs, less), load, seconds, SEED, outages, STEP_S)
        waiting = found.waiting.sum(axis=1)
        said = self.holds(load.rate, less) if expected is None else expected
        outcome = Outcome(
            load.rate,
            name,
            said,
            _steady(found, load.rate * seconds),
            float(waiting.max()) / load.rate,
            _fullest(found),
        )
        return outcome, found


def _steady(run: Run, came: float) -> bool:
    waiting = run.waiting.sum(axis=1)
    half, tenth = len(waiting) // 2, len(waiting) // 10
    grown = waiting[-tenth:].mean() - waiting[half - tenth : half].mean()
    return bool(grown < STEADY * came / 2)


def _fullest(run: Run) -> str:
    """What was used most in the mean of the second half."""
    half = len(run.times) // 2
    shares = dict(zip(run.names, run.used[half:].mean(axis=0), strict=True))
    shares |= dict(zip(("framer", "scorer", "warehouse"), run.busy[half:].mean(axis=0), strict=True))
    return max(shares, key=lambda name: shares[name])


def as_sized(case: Case) -> Outcome:
    """As sized."""
    return case.run("as sized", Load(case.size.rate))[0]


def bursts(case: Case) -> Outcome:
    """Twice the load for ten seconds of every minute."""
    return case.run("twice the load for 10 s of every minute", Load(case.size.rate, burst=2, burst_s=10))[0]


def killed(case: Case) -> Outcome:
    """A scorer is killed and started again; sizing says for how long its partitions lag."""
    stop = 10 + case.inputs["scorer_starts_s"]
    outcome, run = case.run("one scorer killed", Load(case.size.rate), outages=(Outage(SCORER, 0, 10, stop),))
    before = run.waiting[(run.times > 5) & (run.times <= 10), SCORER].mean()  # noqa: PLR2004 - the fault comes at 10 s
    behind = run.times[run.waiting[:, SCORER] > 1.02 * before]
    catch_up = float(behind.max()) - stop if len(behind) else 0.0
    lanes = math.ceil(case.size.partitions / case.size.units["scorer"])
    load, room = case.size.rate * lanes / case.size.partitions, case.given["scorer"].full
    expected = load * (stop - 10) / (room - load)
    return Outcome(
        outcome.rate, outcome.name, outcome.expected, outcome.found, outcome.lag_s, outcome.fullest, catch_up, expected
    )


def rolling(case: Case) -> Outcome:
    """All scorers are started again, a tenth of them at a time, each tenth when the last has caught up."""
    count, down = case.size.units["scorer"], case.inputs["scorer_starts_s"]
    each, pause = math.ceil(count / WAVES), down / (1 - case.assumed.utilisation)
    outages = tuple(
        Outage(SCORER, worker, 5 + worker // each * pause, 5 + worker // each * pause + down) for worker in range(count)
    )
    name = f"rolling restart, {each} of {count} scorers at a time"
    load = Load(case.size.rate)
    return case.run(name, load, outages=outages, seconds=10 + (WAVES + 1) * pause)[0]


def skewed(case: Case) -> Outcome:
    """Keys by Zipf's law: sizing by the mean is wrong then, sizing by the fullest worker is not."""
    rng = np.random.default_rng(SEED)
    partition = rng.integers(0, case.size.partitions, KEYS)
    parts = np.bincount(partition, 1 / np.arange(1, KEYS + 1) ** ZIPF, case.size.partitions)
    weights: Floats = parts / parts.sum()
    expected = case.holds(case.size.rate) and all(
        hottest(weights, case.size.units[name]) * case.size.rate <= case.given[name].full
        for name in ("framer", "scorer", "warehouse")
    )
    name = f"keys by Zipf's law, {weights.max():.0%} in one partition"
    return case.run(name, Load(case.size.rate, weights=weights), expected=expected)[0]


def hottest(weights: Floats, workers: int) -> float:
    """The share of the load that the fullest worker has."""
    return float(np.bincount(np.arange(len(weights)) % workers, weights).max())


def shortages(case: Case) -> list[Outcome]:
    """At nearly all that it can do, with a fifth less of each resource in turn."""
    rate = NEAR * case.full(case.first)
    near = f"{NEAR:.0%} of what it can do"
    less = (case.run(f"{near}, a fifth less {name}", Load(rate), {name: LESS})[0] for name in ALL)
    return [case.run(near, Load(rate))[0], *less]


SCENARIOS: tuple[Callable[[Case], Outcome], ...] = (as_sized, bursts, killed, rolling, skewed)
