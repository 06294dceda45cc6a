"""The events that everybody is given: eight columns of different shapes. Needs numpy alone: peers read it too."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NAMES = ("normal", "lognormal", "uniform", "student", "gamma", "decimal", "integer", "exponential")
EVENTS = 1_000_000
REFERENCES = (1_000, 10_000)
WINDOWS = (1_000, 10_000)
CASES = tuple((reference, window) for window in WINDOWS for reference in REFERENCES)


def events(rng: np.random.Generator, n: int) -> Floats:
    """float64 (n, 8): five continuous columns, one of one decimal, one of integers 0 to 49, an exponential one."""
    return np.column_stack(
        (
            rng.normal(size=n),
            rng.lognormal(0, 2, n),
            rng.uniform(size=n),
            rng.standard_t(3, n),
            rng.gamma(2, size=n),
            rng.normal(20, 3, n).round(1),
            rng.integers(0, 50, n).astype(np.float64),
            rng.exponential(size=n),
        )
    )
