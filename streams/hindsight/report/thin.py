"""Long runs of windows -> as many as can be seen."""

from collections.abc import Sequence

from schemas.messages import DriftRow

MOST = 150
"""Windows of one length that are drawn of one feature."""


def thin(rows: Sequence[DriftRow], most: int = MOST) -> list[DriftRow]:
    """Of each stretch of neighbours the one that moved most, so that no alarm is lost; all, if they are not too many.

    Args:
        rows: of one feature and one length of window, in order of time.
        most: windows that may be left.
    """
    stretch = per_point(len(rows), most)
    return [max(rows[at : at + stretch], key=_weight) for at in range(0, len(rows), stretch)]


def per_point(windows: int, most: int = MOST) -> int:
    """For how many windows each of those that are left stands."""
    return max(1, -(-windows // most))


def _weight(row: DriftRow) -> tuple[bool, float]:
    return row.verdict == "drifted", row.effect
