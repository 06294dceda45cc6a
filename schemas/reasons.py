"""The closed list of reasons for which a record is put aside, and the headers that say so."""

from enum import StrEnum


class Reason(StrEnum):
    """Why a record went to `rejected` (or, the last two, was scored but not counted in a window)."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    NOT_UTF8 = "not_utf8"
    NOT_JSON = "not_json"
    NOT_AN_OBJECT = "not_an_object"
    UNKNOWN_FIELD = "unknown_field"
    MISSING_FIELD = "missing_field"
    WRONG_TYPE = "wrong_type"
    NOT_FINITE = "not_finite"
    OUT_OF_RANGE = "out_of_range"
    BAD_ID = "bad_id"
    BAD_TIMESTAMP = "bad_timestamp"
    BAD_LABEL = "bad_label"
    NO_SAMPLE = "no_sample"
    LATE = "late"
    AHEAD = "ahead"


REASON, DETAIL, SOURCE = "leeway.reason", "leeway.detail", "leeway.source"
"""Header names of `rejected` and `late`; SOURCE holds `topic/partition/offset`."""
DETAIL_BYTES = 300
"""Bytes of detail kept at most."""


def headers(reason: Reason, detail: str, topic: str, partition: int, offset: int) -> list[tuple[str, bytes]]:
    """The headers of a record that was put aside."""
    return [
        (REASON, reason.encode()),
        (DETAIL, detail.encode("utf-8", "replace")[:DETAIL_BYTES]),
        (SOURCE, f"{topic}/{partition}/{offset}".encode()),
    ]


def source(text: str) -> tuple[str, int, int]:
    """Topic, partition and offset out of a SOURCE header."""
    topic, partition, offset = text.rsplit("/", 2)
    return topic, int(partition), int(offset)
