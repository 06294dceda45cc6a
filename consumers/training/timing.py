"""What a way to score costs, and which one is the fastest beyond noise."""

from collections.abc import Callable, Mapping
from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from infra.boosting import Floats

SIZES = (1_000, 4_000)
"""Rows of a call: a small frame and the largest."""
ROUNDS = 5
LIMIT_S = 5.0
"""Of one size's rounds, the first of which is always whole: a model so slow is known well enough by one call."""
MARGIN = 0.9
"""A way replaces a simpler one only if it takes less than this share of its time, at every size."""

Times = dict[int, float]
"""Microseconds per 1,000 rows, by rows of a call."""


def timed(ways: Mapping[str, Callable[[Floats], Floats]], rows: Floats) -> dict[str, Times]:
    """The median time of each, measured in turn, so that a busy moment is the same for all.

    Args:
        ways: by name; each is called as by a scorer, which has one thread.
        rows: float64 (n, k), n >= 1, repeated where a call has more.
    """
    took: dict[str, Times] = {name: {} for name in ways}
    for size in SIZES:
        batch = np.ascontiguousarray(rows[np.arange(size) % len(rows)])
        with threadpool_limits(1):
            rounds = _rounds(ways, batch)
        for name, seconds in zip(ways, np.median(rounds, axis=0), strict=True):
            took[name][size] = float(seconds) * 1e9 / size
    return took


def fastest(times: Mapping[str, Times]) -> str:
    """The first name, unless a later one is faster beyond noise at every size."""
    best, *others = times
    for name in others:
        if all(times[name][size] < MARGIN * times[best][size] for size in times[best]):
            best = name
    return best


def _rounds(ways: Mapping[str, Callable[[Floats], Floats]], batch: Floats) -> list[list[float]]:
    """Seconds of each way's call, by round."""
    rounds: list[list[float]] = []
    while len(rounds) < ROUNDS and sum(map(sum, rounds)) < LIMIT_S:
        rounds.append([_seconds(score, batch) for score in ways.values()])
    return rounds


def _seconds(score: Callable[[Floats], Floats], batch: Floats) -> float:
    started = perf_counter()
    score(batch)
    return perf_counter() - started
