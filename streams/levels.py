"""What is left of the budget of false alarms for one test, and for the bets on one column."""

import math
from collections.abc import Collection
from dataclasses import dataclass

from schemas.declaration import Declaration
from schemas.segment import in_segment
from streams.drift.column import TESTS


@dataclass(frozen=True, slots=True)
class Level:
    """The error level of one test (Bonferroni), and the logarithm of what a column's bets must come to."""

    test: float
    needed: float


@dataclass(frozen=True, slots=True)
class Levels:
    """Of columns of the stream as a whole, and of columns of segments; None where there are none of these."""

    whole: Level
    apart: Level | None

    def of(self, column: str) -> Level:
        """Of the column of this name."""
        return self.apart if self.apart and in_segment(column) else self.whole


def levels(declaration: Declaration, columns: Collection[str]) -> Levels:
    """Tests have half of the budget, bets the other; all columns, windows and tests share alike.

    With segments the stream as a whole keeps one half of each and they share the other (a weighted Bonferroni), so that
    many segments do not make it blind.

    Args:
        declaration: of the stream.
        columns: the names of those that are judged; of what is not of a segment those that are declared count.
    """
    apart = sum(map(in_segment, columns))
    watched = len(declaration.features) - len(declaration.unwatched) + 1
    if not apart:
        return Levels(_level(declaration, watched, declaration.half_of_them), None)
    share = declaration.half_of_them / 2
    return Levels(_level(declaration, watched, share), _level(declaration, apart, share))


def _level(declaration: Declaration, columns: int, share: float) -> Level:
    return Level(share / (columns * len(declaration.drift.windows) * TESTS), math.log(columns / share))
