"""Time as people write it, "250ms", "30s", "6h", "1d", and as they read it, "36 hours", "2013-03-31 06:00"."""

import re
from datetime import UTC, datetime

from schemas.errors import Refused

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_WORDS = {"m": "minute", "h": "hour", "d": "day", "s": "second", "ms": "millisecond"}
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


def words(length: int) -> str:
    """A length in milliseconds, in the largest unit that it is whole in: "1 day", "36 hours"."""
    unit = max((name for name, size in _UNITS_MS.items() if length % size == 0), key=_UNITS_MS.__getitem__)
    count = length // _UNITS_MS[unit]
    return f"{count:,} {_WORDS[unit]}{'' if count == 1 else 's'}"


def panes(count: int) -> str:
    """So many panes: "1 pane", "4 panes"."""
    return f"{count} pane" if count == 1 else f"{count} panes"


def day(time: int) -> str:
    """Of epoch ms, in UTC, to the minute."""
    return datetime.fromtimestamp(time / 1000, UTC).strftime("%Y-%m-%d %H:%M")
