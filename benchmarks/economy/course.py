"""A policy's way through a world, pane by pane: what it trained and when, and what that cost, prequentially."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.economy.fits import Fits, Version, losses
from benchmarks.economy.world import World

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Retrain:
    """A training at `at` (epoch ms), and whether its version took over. Every one counts as a retrain."""

    at: int
    why: str
    window: str
    promoted: bool


@dataclass(frozen=True, slots=True)
class Course:
    """`loss` float64 (panes,) is what the champion of each pane cost, summed over its rows, which are `rows` many."""

    policy: str
    loss: Floats
    rows: NDArray[np.int64]
    retrains: list[Retrain]

    @property
    def mean(self) -> float:
        """Prequential log-loss, nats a row."""
        return float(self.loss.sum() / self.rows.sum())

    @property
    def promotions(self) -> int:
        """Versions that took over."""
        return sum(one.promoted for one in self.retrains)


class Policy(Protocol):
    """Given the end of each pane in order, says which version serves from then on."""

    def at(self, now: int, champion: Version) -> tuple[Version, Retrain] | None:
        """A retrain at `now`, and the champion after it; None if there is none."""
        ...


def course(name: str, fits: Fits, policy: Policy) -> Course:
    """The world from its start to its end, with the first champion that knows what was known at the start."""
    world = fits.world
    champion = fits.version(world.start, None)
    costs = losses(world, champion)
    loss = np.zeros(len(world.moments) + 1)
    retrains = []
    for pane, start in enumerate([world.start, *world.moments]):
        done = policy.at(start, champion) if pane else None
        if done is not None:
            version, retrain = done
            retrains.append(retrain)
            if version is not champion:
                champion, costs = version, losses(world, version)
        loss[pane] = costs[pane]
    return Course(name, loss, rows(world), retrains)


def rows(world: World) -> NDArray[np.int64]:
    """Labelled rows of each pane."""
    panes = world.panes
    return np.bincount(panes[panes >= 0], minlength=len(world.moments) + 1)


@dataclass(slots=True)
class Every:
    """A fixed schedule: every so many panes, on a window or all history, without any gate."""

    fits: Fits
    panes: int
    window: int | None = None

    def at(self, now: int, champion: Version) -> tuple[Version, Retrain] | None:  # noqa: ARG002 - what every policy is given
        """As the calendar says."""
        world = self.fits.world
        if (now - world.start) // world.declaration.pane_ms % self.panes:
            return None
        version = self.fits.version(now, self.window)
        return version, Retrain(now, "schedule", "all history" if self.window is None else "recent", promoted=True)


class Never:
    """The first champion for ever."""

    def at(self, now: int, champion: Version) -> None:
        """Nothing."""


@dataclass(slots=True)
class When:
    """All history whenever `alarm` says so, at most once in `cooldown` panes, without any gate."""

    fits: Fits
    why: str
    cooldown: int
    alarm: Callable[[int, Version], bool]
    last: int | None = field(default=None)

    def at(self, now: int, champion: Version) -> tuple[Version, Retrain] | None:
        """If there is an alarm."""
        pane = self.fits.world.declaration.pane_ms
        alarmed = self.alarm(now, champion)
        if not alarmed or now - (self.last or self.fits.world.start) < self.cooldown * pane:
            return None
        self.last = now
        return self.fits.version(now, None), Retrain(now, self.why, "all history", promoted=True)
