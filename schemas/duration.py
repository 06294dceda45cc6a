"""Lengths of time as people write them: "250ms", "30s", "6h", "1d"."""

import re

from schemas.errors import Refused

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PATTERN = re.compile(r"(\d+)(ms|s|m|h|d)")


def milliseconds(text: str) -> int:
    """The length in milliseconds.

    Raises:
        Refused: `text` is not a whole number followed by ms, s, m, h or d, or it is zero.
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise Refused(f"{text!r} is not a length of time: write a whole number above 0 and a unit of ms, s, m, h or d")
    return int(match[1]) * _UNITS_MS[match[2]]
