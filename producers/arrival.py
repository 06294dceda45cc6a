"""When a scheduled flight arrives: local timetables of two time zones to moments in UTC."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from numpy.typing import NDArray

from producers.events import Times
from schemas.errors import Refused

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
_SHORTEST_MS, _LONGEST_MS = 20 * MINUTE_MS, 14 * HOUR_MS
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc(local: Times, zones: NDArray[np.intp], names: list[str]) -> Times:
    """Local times (int64 milliseconds since 1970 by the wall clock) of zones `names[zones]` as epoch milliseconds.

    A time that a clock shows twice is taken as the first; one that it skips as if it had not been put forward.

    Raises:
        Refused: this machine does not know a zone.
    """
    hours, place = np.unique(local // HOUR_MS * len(names) + zones, return_inverse=True)
    try:
        known = [ZoneInfo(name) for name in names]
    except ZoneInfoNotFoundError as error:
        raise Refused(f"No time zone data on this machine ({error}): install the package tzdata") from error
    offsets = [_offset_ms(hour, known[zone]) for hour, zone in (divmod(key, len(names)) for key in hours.tolist())]
    found: Times = local - np.array(offsets, np.int64)[place]
    return found


def _offset_ms(hour: int, zone: ZoneInfo) -> int:
    wall = (_EPOCH + timedelta(hours=hour)).replace(tzinfo=zone)
    offset = wall.utcoffset() or timedelta()
    return int(offset.total_seconds() * 1000)


def block_ms(departure: Times, scheduled_arrival: Times, miles: NDArray[np.float64]) -> Times:
    """The scheduled time from gate to gate: the arrival is the first of that clock time after the departure.

    A result that no flight can have (under 20 minutes, over 14 hours) is replaced by 40 minutes + 8 miles a minute.
    """
    block = (scheduled_arrival - departure) % DAY_MS
    absurd = (block < _SHORTEST_MS) | (block > _LONGEST_MS)
    estimate = ((40 + miles / 8) * MINUTE_MS).astype(np.int64)
    return np.where(absurd, estimate, block)
