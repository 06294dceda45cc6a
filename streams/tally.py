"""The exact sums of columns, compiled: `schemas.moments` says what they are.

Values of one exponent are whole numbers of the same unit, so that their sums are those of integers. Only what an
exponent has come to is added to the digits, and that once in a few hundred values.
"""

from typing import Any

import numpy as np

from infra.kernel import kernel
from schemas.moments import BITS, HALF, SQUARES, VALUES, WIDTH

CHUNK = 512
"""Values between two emptyings of the desk: so many products of 27 bits by 27 add up to less than 63 bits."""
PART, EXPONENTS = 27, 2048
FRACTION, BEYOND = 52, np.uint64(EXPONENTS - 1)
"""Of a float64: bits below its exponent, and the exponent of what is not finite."""
DIGIT = np.uint64(2**BITS - 1)


@kernel("void(int64[::1], uint64, uint64, int64)")
def add(digits: Any, first: Any, bit: Any, value: Any) -> None:
    """Adds value * 2**bit to the number whose digits begin at `first`."""
    sign = np.int64(1) if value >= 0 else np.int64(-1)
    whole, place, up = np.uint64(abs(value)), first + (bit >> np.uint64(5)), bit & np.uint64(31)
    down = np.uint64(BITS) - up
    digits[place] += sign * np.int64((whole << up) & DIGIT)
    digits[place + np.uint64(1)] += sign * np.int64((whole >> down) & DIGIT)
    digits[place + np.uint64(2)] += sign * np.int64(whole >> down >> np.uint64(BITS))


@kernel("void(float64[:,::1], uint64, uint8[::1], int64[:,::1], int64[:,::1])")
def tally(x: Any, column: Any, number: Any, desk: Any, sums: Any) -> None:
    """Adds n samples to the sums of their pane.

    Args:
        x: float64 (n, some columns); what is not finite is missing.
        column: the number of the first of them.
        number: uint8 (columns,), 1 where a column is of numbers, which alone have sums.
        desk: int64 (EXPONENTS, 4), to work on; zeros, and zeros again afterwards. Of |value| = whole * 2**shift and
            whole = a * 2**PART + b, by exponent: the sums of signed wholes, of b * b, a * b and a * a.
        sums: int64 (columns, WIDTH), changed; settled afterwards.
    """
    one, fraction, part = np.uint64(1), np.uint64(FRACTION), np.uint64(PART)
    bits, rows = x.view(np.uint64), np.uint64(x.shape[0])
    for k in range(np.uint64(x.shape[1])):
        j, start = column + k, np.uint64(0)
        while start < rows and number[j]:
            end, low, high = min(start + np.uint64(CHUNK), rows), BEYOND, np.uint64(0)
            for i in range(start, end):
                word = bits[i, k]
                exponent = (word >> fraction) & BEYOND
                if exponent != BEYOND:
                    low, high = min(low, exponent), max(high, exponent)
                    whole = (word & ((one << fraction) - one)) | (np.uint64(exponent > 0) << fraction)
                    a, b = whole >> part, whole & ((one << part) - one)
                    sign = np.int64(1) - np.int64((word >> np.uint64(63)) << one)
                    sums[j, 0] += 1
                    desk[exponent, 0] += sign * np.int64(whole)
                    desk[exponent, 1] += np.int64(b * b)
                    desk[exponent, 2] += np.int64(a * b)
                    desk[exponent, 3] += np.int64(a * a)
            for exponent in range(low, high + one):
                if desk[exponent, 0]:
                    add(sums[j], np.uint64(VALUES), exponent - np.uint64(exponent > 0), desk[exponent, 0])
                if desk[exponent, 1] | desk[exponent, 2] | desk[exponent, 3]:
                    bit = (exponent - np.uint64(exponent > 0)) << one
                    add(sums[j], np.uint64(SQUARES), bit, desk[exponent, 1])
                    add(sums[j], np.uint64(SQUARES), bit + part + one, desk[exponent, 2])
                    add(sums[j], np.uint64(SQUARES), bit + part + part, desk[exponent, 3])
                desk[exponent] = 0
            start = end
        if number[j]:  # settled, as in `schemas.moments`: then no digit ever overflows
            for d in range(np.uint64(WIDTH - 1)):
                carry = (sums[j, d] + HALF) >> BITS
                sums[j, d] -= carry << BITS
                sums[j, d + one] += carry
