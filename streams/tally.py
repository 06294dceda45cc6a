"""The moments of columns, compiled."""

from typing import Any

import numpy as np

from infra.kernel import kernel


@kernel("void(float64[:,::1], float64[::1], uint8[::1], float64[:,::1])")
def tally(x: Any, scores: Any, number: Any, moments: Any) -> None:
    """Adds n samples to the moments of their pane, sample by sample (Welford 1962).

    All columns of a sample go before the next one, because a column has to wait for what its last value gave.

    Args:
        x: float64 (n, columns - 1); what is not finite is missing.
        scores: float64 (n,), of the last column.
        number: uint8 (columns,), 1 where a column is of numbers, which alone have moments.
        moments: float64 (columns, 3) of n, mean, m2, changed.
    """
    n, mean, m2 = moments.T.copy()
    last = np.uint64(x.shape[1])
    for i in range(np.uint64(x.shape[0])):
        for j in range(last + np.uint64(1)):
            value = x[i, j] if j < last else scores[i]
            if number[j] and not np.isnan(value - value):  # finite
                n[j] += 1
                change = value - mean[j]
                mean[j] += change / n[j]
                m2[j] += change * (value - mean[j])
    moments[:, 0], moments[:, 1], moments[:, 2] = n, mean, m2
