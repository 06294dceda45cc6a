"""Queues in steps of time: partitions, workers that serve some of them each, and resources that all stages share.

Pure: a run is a function of its pipeline, its load and its seed. Samples are counted as real numbers, so a worker may
be in the middle of one at the end of a step.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stage:
    """Workers that share the partitions: partition p is worker p % workers'. `rate`: samples/s of one of them.

    `after`: number of the stage whose output it takes, or None for what arrives. `use`: amount of each shared
    resource that a sample takes here.
    """

    name: str
    workers: int
    rate: float
    after: int | None = None
    use: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Stages in the order of the flow, and what there is of each shared resource a second."""

    stages: Sequence[Stage]
    partitions: int
    capacity: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Outage:
    """A worker does nothing from `start` until `stop` (s)."""

    stage: int
    worker: int
    start: float
    stop: float


@dataclass(frozen=True, slots=True)
class Load:
    """Poisson arrivals of `rate` samples/s in the mean, split by `weights` (even if None).

    In bursts, `burst` times the mean arrives for the first `burst_s` of every `every_s`, and less between them.
    `backlog` samples wait at the start.
    """

    rate: float
    weights: Floats | None = None
    burst: float = 1.0
    burst_s: float = 0.0
    every_s: float = 60.0
    backlog: float = 0.0

    def at(self, time: float) -> float:
        """The rate of that moment."""
        if self.burst_s == 0:
            return self.rate
        share = self.burst_s / self.every_s
        quiet = (1 - share * self.burst) / (1 - share)
        return self.rate * (self.burst if time % self.every_s < self.burst_s else quiet)


@dataclass(frozen=True, slots=True)
class Run:
    """times (n,): ends of the steps. came, served and waiting (n, stages): the first two since the start, or before it.

    last (stages, partitions): what waits at the end. used (n, resources): shares of the capacity, in the order of
    `names`; busy (n, stages): shares of what all workers of a stage could do.
    """

    times: Floats
    came: Floats
    served: Floats
    waiting: Floats
    last: Floats
    used: Floats
    busy: Floats
    names: Sequence[str]

    def delays(self, stage: int, points: int = 1000) -> Floats:
        """Seconds that samples wait in a stage, in the order of their arrival, for as many points among those done."""
        numbers = np.linspace(0, self.served[-1, stage], points + 2)[1:-1]
        out, came = self.served[:, stage], self.came[:, stage]
        return np.asarray(np.interp(numbers, out, self.times) - np.interp(numbers, came, self.times))


def simulate(
    pipeline: Pipeline, load: Load, seconds: float, seed: int, outages: Sequence[Outage] = (), step: float = 0.05
) -> Run:
    """Runs for so many seconds, in steps of `step`."""
    return _Simulation(pipeline, load, np.random.default_rng(seed), outages, step).run(round(seconds / step))


class _Simulation:
    """One run."""

    def __init__(
        self, pipeline: Pipeline, load: Load, rng: np.random.Generator, outages: Sequence[Outage], step: float
    ) -> None:
        self._pipeline, self._load, self._rng, self._outages, self._step = pipeline, load, rng, outages, step
        count = pipeline.partitions
        self._weights = np.full(count, 1 / count) if load.weights is None else load.weights / load.weights.sum()
        self._owner = [np.arange(count) % stage.workers for stage in pipeline.stages]
        self._names = sorted(pipeline.capacity)
        self._use = np.array([[stage.use.get(name, 0.0) for name in self._names] for stage in pipeline.stages])
        self._room = np.array([pipeline.capacity[name] for name in self._names]) * step
        self._waiting = np.zeros((len(pipeline.stages), count))
        for number, stage in enumerate(pipeline.stages):
            if stage.after is None:
                self._waiting[number] = load.backlog * self._weights

    def run(self, steps: int) -> Run:
        """All steps."""
        stages = len(self._pipeline.stages)
        arrived, served = np.empty(steps), np.empty((steps, stages))
        waiting, used = np.empty((steps, stages)), np.empty((steps, len(self._names)))
        most = np.array([stage.workers * stage.rate * self._step for stage in self._pipeline.stages], np.float64)
        for i in range(steps):
            arrived[i] = self._arrive(i * self._step)
            out = self._serve(i * self._step)
            self._move(out)
            served[i], waiting[i] = out.sum(axis=1), self._waiting.sum(axis=1)
            used[i] = served[i] @ self._use / self._room if self._names else 0.0
        total = np.cumsum(served, axis=0)
        times = np.arange(1, steps + 1, dtype=np.float64) * self._step
        given = self._load.backlog + np.cumsum(arrived)
        came = np.column_stack([given if one.after is None else total[:, one.after] for one in self._pipeline.stages])
        return Run(times, came, total, waiting, self._waiting, used, served / most, self._names)

    def _arrive(self, time: float) -> float:
        new = self._rng.poisson(self._load.at(time) * self._weights * self._step)
        for number, stage in enumerate(self._pipeline.stages):
            if stage.after is None:
                self._waiting[number] += new
        return float(new.sum())

    def _serve(self, time: float) -> Floats:
        """(stages, partitions): what is done in this step of what waited at its beginning."""
        out = np.array([self._alone(number, time) for number in range(len(self._waiting))])
        if self._names:
            wanted = out.sum(axis=1) @ self._use
            fair = np.minimum(1.0, np.divide(self._room, wanted, out=np.ones_like(wanted), where=wanted > 0))
            out *= np.where(self._use > 0, fair, 1.0).min(axis=1)[:, None]
        return out

    def _alone(self, number: int, time: float) -> Floats:
        """What a stage could do if the resources were its own: a worker serves its partitions by what waits in them."""
        stage, owner = self._pipeline.stages[number], self._owner[number]
        room = np.full(stage.workers, stage.rate * self._step)
        for outage in self._outages:
            if outage.stage == number and outage.start <= time < outage.stop:
                room[outage.worker] = 0.0
        load = np.bincount(owner, self._waiting[number], stage.workers)
        share = np.minimum(1.0, np.divide(room, load, out=np.ones_like(room), where=load > 0))
        out: Floats = self._waiting[number] * share[owner]
        return out

    def _move(self, out: Floats) -> None:
        self._waiting -= out
        for number, stage in enumerate(self._pipeline.stages):
            if stage.after is not None:
                self._waiting[number] += out[stage.after]
