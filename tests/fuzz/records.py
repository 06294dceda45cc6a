"""The records of a run: a function of a seed and a number, block by block, so that they can be made once more."""

from collections.abc import Iterator
from itertools import islice
from random import Random

from fuzz.kinds import KINDS, RARE, RARE_EVERY
from fuzz.samples import Record, Samples

BLOCK = 1_000


def block(make: Samples, seed: int, number: int) -> list[Record]:
    """Records from BLOCK * number on."""
    rng = Random(f"{seed}/{number}")
    kinds = rng.choices(list(KINDS), weights=list(KINDS.values()), k=BLOCK)
    first = number * BLOCK
    return [RARE.get(i % RARE_EVERY, kind)(make, rng, i) for i, kind in enumerate(kinds, first)]


def records(make: Samples, seed: int, count: int) -> Iterator[Record]:
    """The first so many."""
    blocks = (block(make, seed, number) for number in range(-(-count // BLOCK)))
    return islice((record for one in blocks for record in one), count)
