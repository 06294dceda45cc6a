"""A label as received -> a label, or the reason why it is none; pure, shared by all who read labels."""

import re

import msgspec
from msgspec import Struct

from schemas.messages import Label
from schemas.reasons import Reason
from schemas.sample import MAX_ID, event_time

EARLIEST_MS, LATEST_MS = -62_135_596_800_000, 253_402_300_799_999
"""Epoch milliseconds of the years 1 to 9999, which every store can hold."""
AHEAD_MS = 86_400_000
"""A label says what is known, so it cannot be dated later than its record was sent; a day is left for clocks."""

Refusal = tuple[Reason, str]


class Given(Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The record's fields; what they may hold is judged after decoding."""

    id: str
    label: bool | int
    ts: int | str | None = None


_decode = msgspec.json.Decoder(Given).decode


def decode_label(value: bytes | None, partition: int, offset: int, timestamp: int | None) -> Label | Refusal:
    """The label in a record, or the reason and detail for which it is put aside.

    Args:
        value: the record's bytes.
        partition: where it stands in the topic; named in the detail.
        offset: as `partition`.
        timestamp: the record's Kafka timestamp in epoch ms, which stands in for a missing `ts`; None if it has none.
    """
    if not value:
        return Reason.EMPTY, f"the record at {partition}/{offset} has no value"
    try:
        given = _decode(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return _why(value, error)
    if not 0 < len(given.id) <= MAX_ID or "\0" in given.id:
        return Reason.BAD_ID, f"id: 1 to {MAX_ID} characters, none of them NUL"
    if given.label not in (0, 1):
        return Reason.BAD_LABEL, f"label: {str(given.label)[:40]} is not 0, 1, false or true"
    ts = _time(given.ts, timestamp)
    if isinstance(ts, str):
        return Reason.BAD_TIMESTAMP, ts
    return Label(id=given.id, ts=ts, label=int(given.label))


def _time(ts: int | str | None, timestamp: int | None) -> int | str:
    """Epoch milliseconds, or what is wrong."""
    if ts is None:
        return "ts: missing, and the record has no timestamp of its own" if timestamp is None else timestamp
    try:
        found = event_time(ts)
    except (ValueError, OverflowError):
        return f"ts: {str(ts)[:40]!r} is neither ISO 8601 nor epoch milliseconds"
    if not EARLIEST_MS <= found <= LATEST_MS:
        return f"ts: {str(ts)[:40]} is outside the years 1 to 9999"
    if timestamp is not None and found > timestamp + AHEAD_MS:
        return f"ts: {str(ts)[:40]} is more than a day after the record was sent"
    return found


_FIELD = re.compile(r"`\$\.(\w+)`")
_REASONS = {"id": Reason.WRONG_TYPE, "label": Reason.BAD_LABEL, "ts": Reason.BAD_TIMESTAMP}


def _why(value: bytes, error: Exception) -> Refusal:
    """Which of the reasons msgspec's error is."""
    detail = str(error)
    try:
        value.decode()
    except UnicodeDecodeError as fault:
        return Reason.NOT_UTF8, f"byte {fault.start} is not UTF-8"
    if not isinstance(error, msgspec.ValidationError):
        return Reason.NOT_JSON, "nested too deeply" if isinstance(error, RecursionError) else detail
    field = _FIELD.search(detail)
    if field:
        return _REASONS[field[1]], f"{field[1]}: {detail.partition(' - at ')[0]}"
    for mark, reason in (("missing required", Reason.MISSING_FIELD), ("unknown field", Reason.UNKNOWN_FIELD)):
        if mark in detail:
            return reason, detail
    return Reason.NOT_AN_OBJECT, detail
