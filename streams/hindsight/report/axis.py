"""From values to pixels, and the marks on the way: round numbers, and times that people know."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, datetime

SMALLEST = 1e-300
"""A span that can still be divided."""
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
STEPS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY)
MONTHS = (1, 3, 6, 12, 24, 60, 120, 240, 480)


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high` drawn from pixel `start` to pixel `stop`; what lies beyond is drawn at the border."""

    low: float
    high: float
    start: float
    stop: float

    def __call__(self, value: float) -> float:
        """The pixel of a value."""
        span = (self.high - self.low) or 1.0
        share = (min(max(value, self.low), self.high) - self.low) / span
        return self.start + share * (self.stop - self.start)


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most so many round numbers from `low` to `high`."""
    if not SMALLEST < high - low < math.inf:
        return [low]
    rough = (high - low) / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * lead for lead in (1, 2, 5, 10) if power * lead >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [(first + i) * step for i in range(most) if (first + i) * step <= high + step * 1e-9]


def times(start: int, stop: int, most: int) -> list[tuple[int, str]]:
    """At most so many round marks of a clock or a calendar from `start` to `stop`: epoch ms and name."""
    for step in STEPS:
        if (stop - start) // step < most:
            first = -(-start // step) * step
            form = "%H:%M" if step < DAY else "%d %b"
            return [(at, _moment(at).strftime(form)) for at in range(first, stop + 1, step)]
    for months in MONTHS:
        found = [(at, _moment(at).strftime("%b %Y" if months < 12 else "%Y")) for at in _months(start, stop, months)]  # noqa: PLR2004 - months of a year
        if len(found) <= most:
            return found
    return []


def _months(start: int, stop: int, step: int) -> Iterator[int]:
    moment = _moment(start)
    count = -(-(moment.year * 12 + moment.month - 1) // step) * step
    while count // 12 <= MAXYEAR:
        at = int(datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000)
        if at > stop:
            return
        if at >= start:
            yield at
        count += step


def _moment(at: int) -> datetime:
    return datetime.fromtimestamp(at / 1000, UTC)
