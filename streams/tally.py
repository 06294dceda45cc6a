"""The counting itself, compiled: each value of each sample into its cell, and into the exact sums of its column."""

from typing import Any

import numpy as np

from infra.kernel import kernel
from schemas.moments import BITS, HALF, SQUARES, VALUES, WIDTH

# Numba keeps what it compiled until this file changes, so what one of these loops calls stands beside it.
DIGIT = np.uint64(2**BITS - 1)
FRACTION, EXPONENT = np.uint64(52), np.uint64(0x7FF)
"""Of a float64: bits below its exponent, and the exponent's own."""


@kernel("void(int64[::1], uint64)")
def add(sums: Any, word: Any) -> None:
    """Adds the float64 of these bits, which is finite: |value| = whole * 2**shift, in units of 2**-1074.

    Its square is whole * whole * 2**(2 shift), of which whole = a * 2**32 + b.
    """
    one, two, digit = np.uint64(1), np.uint64(2), np.uint64(BITS)
    whole, shift = word & ((one << FRACTION) - one), (word >> FRACTION) & EXPONENT
    if shift:
        whole |= one << FRACTION
        shift -= one
    sign = np.int64(1) - np.int64((word >> np.uint64(63)) << one)
    sums[0] += 1

    place, up = np.uint64(VALUES) + (shift >> np.uint64(5)), shift & np.uint64(31)
    down = digit - up
    sums[place] += sign * np.int64((whole << up) & DIGIT)
    sums[place + one] += sign * np.int64((whole >> down) & DIGIT)
    sums[place + two] += sign * np.int64(whole >> down >> digit)

    place, up = np.uint64(SQUARES) + (shift >> np.uint64(4)), (shift << one) & np.uint64(31)
    down, a, b = digit - up, whole >> digit, whole & DIGIT
    low, middle, high = b * b, (a * b) << one, a * a
    sums[place] += np.int64((low << up) & DIGIT)
    sums[place + one] += np.int64(((low >> down) & DIGIT) + ((middle << up) & DIGIT))
    sums[place + two] += np.int64((low >> down >> digit) + ((middle >> down) & DIGIT) + ((high << up) & DIGIT))
    sums[place + np.uint64(3)] += np.int64((middle >> down >> digit) + ((high >> down) & DIGIT))
    sums[place + np.uint64(4)] += np.int64(high >> down >> digit)


@kernel("void(int64[::1])")
def settle(sums: Any) -> None:
    """`schemas.moments.settled` of one column, in place: then no digit ever overflows."""
    for k in range(np.uint64(WIDTH - 1)):
        carry = (sums[k] + HALF) >> BITS
        sums[k] -= carry << BITS
        sums[k + np.uint64(1)] += carry


@kernel("void(float64[:,::1], uint8[::1], float64[::1], uint32[::1], uint32[::1], int64[::1], int64[:,::1])")
def tally(x: Any, number: Any, table: Any, rooms: Any, starts: Any, counts: Any, sums: Any) -> None:
    """Adds n samples to the counts and sums of their pane.

    `schemas.reference.places` says the same of the cells of a whole column, `schemas.moments` what the sums are.

    Args:
        x: float64 (n, columns); NaN is missing, -1 an unseen category; none is infinite.
        number: uint8 (columns,), 1 where a column is of numbers, which alone have sums.
        table: float64, for all columns in turn the ascending cuts of a number, or the cell of each code of a
            category with that of unseen ones last.
        rooms: uint32 (columns + 1,), where the part of a column begins in `table`.
        starts: uint32 (columns + 1,), where the cells of a column begin in `counts`; its last one is of missing.
        counts: int64 (cells of all columns,), changed.
        sums: int64 (columns, WIDTH), changed.
    """
    one, bits = np.uint64(1), x.view(np.uint64)
    for i in range(np.uint64(x.shape[0])):
        for j in range(np.uint64(x.shape[1])):
            value = x[i, j]
            low, high = np.uint64(rooms[j]), np.uint64(rooms[j + one])
            if np.isnan(value):
                cell = np.uint64(starts[j + one]) - one
            elif number[j]:
                first = low
                while low < high:
                    middle = (low + high) >> one
                    if table[middle] < value:
                        low = middle + one
                    else:
                        high = middle
                upon = np.uint64(low < np.uint64(rooms[j + one]) and table[low] == value)
                cell = np.uint64(starts[j]) + ((low - first) << one) + upon
                add(sums[j], bits[i, j])
            else:
                code = low + np.uint64(value) if 0 <= value < high - low else high - one
                cell = np.uint64(starts[j]) + np.uint64(table[code])
            counts[cell] += 1
    for j in range(np.uint64(x.shape[1])):
        if number[j]:
            settle(sums[j])
