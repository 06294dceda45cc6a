"""Streams that do not change, of many kinds; and ways to change them."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Values = NDArray[np.float64]
Kind = str
CATEGORIES = 8
HOURS_A_WEEK = 168


@dataclass(frozen=True, slots=True)
class World:
    """`columns` independent columns of one kind, `pane` samples an hour, after a reference of `reference` samples."""

    kind: Kind
    pane: int
    reference: int
    columns: int = 1

    def draw(self, rng: np.random.Generator, samples: int) -> Values:
        """float64 (samples, columns): the reference, then what follows."""
        return MADE[self.kind](rng, samples, self)

    @property
    def discrete(self) -> bool:
        """Whether columns are declared as categories."""
        return self.kind in ("binary", "category")


def _normal(rng: np.random.Generator, samples: int, world: World) -> Values:
    return rng.standard_normal((samples, world.columns))


def _tied(rng: np.random.Generator, samples: int, world: World) -> Values:
    return np.round(_normal(rng, samples, world), 1)


def _binary(rng: np.random.Generator, samples: int, world: World) -> Values:
    return (rng.random((samples, world.columns)) < 0.3).astype(np.float64)  # noqa: PLR2004 - a coin that is not fair


def _category(rng: np.random.Generator, samples: int, world: World) -> Values:
    share = 1 / np.arange(1, CATEGORIES + 1)
    return rng.choice(CATEGORIES, (samples, world.columns), p=share / share.sum()).astype(np.float64)


def _season(rng: np.random.Generator, samples: int, world: World) -> Values:
    """Higher by day than by night, and lower at the end of the week."""
    hour = np.arange(samples) // world.pane % HOURS_A_WEEK
    level = 0.5 * np.sin(hour / 24 * 2 * np.pi) - 0.5 * (hour >= HOURS_A_WEEK - 48)
    return level[:, None] + _normal(rng, samples, world)


def _ar(rho: float) -> Callable[[np.random.Generator, int, World], Values]:
    def draw(rng: np.random.Generator, samples: int, world: World) -> Values:
        noise = _normal(rng, samples, world)
        noise[1:] *= np.sqrt(1 - rho**2)
        return np.asarray(lfilter([1.0], [1.0, -rho], noise, axis=0))

    return draw


MADE: dict[Kind, Callable[[np.random.Generator, int, World], Values]] = {
    "continuous": _normal,
    "tied": _tied,
    "binary": _binary,
    "category": _category,
    "season": _season,
    "AR(1) .5": _ar(0.5),
    "AR(1) .9": _ar(0.9),
}

Change = Callable[[np.random.Generator, Values, int], Values]
"""Samples after the change -> changed; the number of samples in a pane."""


def _mean(by: float) -> Change:
    return lambda _rng, x, _pane: x + by


def _wider(_rng: np.random.Generator, x: Values, _pane: int) -> Values:
    return x * math.sqrt(1.5)


def _gradual(_rng: np.random.Generator, x: Values, pane: int) -> Values:
    """Half a standard deviation within twenty panes."""
    return x + 0.5 * np.minimum(1, np.arange(len(x)) / (20 * pane))[:, None]


def _recurring(_rng: np.random.Generator, x: Values, pane: int) -> Values:
    """Half a standard deviation in every other stretch of five panes."""
    return np.asarray(x + 0.5 * (np.arange(len(x)) // (5 * pane) % 2 == 0)[:, None])


def _new(rng: np.random.Generator, x: Values, _pane: int) -> Values:
    return np.asarray(np.where(rng.random(x.shape) < 0.02, float(CATEGORIES), x))  # noqa: PLR2004 - 2 %


def _missing(rng: np.random.Generator, x: Values, _pane: int) -> Values:
    return np.asarray(np.where(rng.random(x.shape) < 0.03, np.nan, x))  # noqa: PLR2004 - 3 %


CHANGES: dict[str, tuple[Kind, Change]] = {
    "mean +.05 sd": ("continuous", _mean(0.05)),
    "mean +.1 sd": ("continuous", _mean(0.1)),
    "mean +.2 sd": ("continuous", _mean(0.2)),
    "mean +.5 sd": ("continuous", _mean(0.5)),
    "variance x1.5": ("continuous", _wider),
    "new category 2 %": ("category", _new),
    "missing 0 to 3 %": ("continuous", _missing),
    "gradual, to .5 sd in 20 panes": ("continuous", _gradual),
    "recurring, .5 sd, 5 panes of 10": ("continuous", _recurring),
}
