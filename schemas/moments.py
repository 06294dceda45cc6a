"""Exact sums of floats: of values and of their squares, the same in whatever order and parts they were added up.

A float64 is a whole number of 2**-1074, and its square one of 2**-2148. A sum is kept as such a number, in digits of 32
bits, so that nothing is ever rounded (a small superaccumulator after Neal 2015). Sums of floats would differ in
their last bits from one dealing of samples to partitions to another, and so would the verdicts.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Sums = NDArray[np.int64]
"""(columns, WIDTH): the digits of n, from VALUES on those of the sum, from SQUARES on those of the squares."""
BITS = 32
VALUES, SQUARES, WIDTH = 2, 69, 202
"""A digit takes 2**29 values, or 2**31 settled sums, before it must be settled."""
UNIT = 1074
HALF = 1 << (BITS - 1)
_INDEX, _DIGIT = np.dtype("<u4"), np.dtype("<i4")


def nothing(columns: int) -> Sums:
    """The neutral element."""
    return np.zeros((columns, WIDTH), np.int64)


def settled(sums: Sums) -> Sums:
    """The same sums with each digit in [-2**31, 2**31), the one form in which they can be written so."""
    found = sums.copy()
    while (carry := (found + HALF) >> BITS).any():
        found -= carry << BITS
        found[:, 1:] += carry[:, :-1]
    return found


def pack(sums: Sums) -> bytes:
    """Equal sums give equal bytes: the number of columns, the places of all digits that are not 0, those digits."""
    flat = settled(sums).ravel()
    places = np.flatnonzero(flat)
    return np.append(len(sums), places).astype(_INDEX).tobytes() + flat[places].astype(_DIGIT).tobytes()


def unpack(data: bytes) -> Sums:
    """What `pack` was given, settled.

    Raises:
        ValueError: it gave no such bytes.
    """
    words = np.frombuffer(data, _INDEX)
    if len(words) % 2 == 0 or (len(words) > 1 and words[len(words) // 2] >= int(words[0]) * WIDTH):
        raise ValueError(f"{len(data)} bytes that are no packed sums")
    found = nothing(int(words[0]))
    found.ravel()[words[1 : len(words) // 2 + 1]] = words[len(words) // 2 + 1 :].view(_DIGIT)
    return found


def moments(sums: Sums) -> NDArray[np.float64]:
    """float64 (columns, 3): n, mean and the sum of squared deviations, each rounded once from what is exact."""
    return np.array([_moments(row) for row in sums.tolist()], np.float64).reshape(-1, 3)


def _moments(row: Sequence[int]) -> tuple[float, float, float]:
    n, total, squares = _whole(row[:VALUES]), _whole(row[VALUES:SQUARES]), _whole(row[SQUARES:])
    if n == 0:
        return 0.0, 0.0, 0.0
    return float(n), total / (n << UNIT), _quotient(n * squares - total * total, n << 2 * UNIT)


def _whole(digits: Sequence[int]) -> int:
    return sum(digit << BITS * place for place, digit in enumerate(digits) if digit)


def _quotient(dividend: int, divisor: int) -> float:
    """Infinite where no float is as large."""
    try:
        return dividend / divisor
    except OverflowError:
        return float("inf")
