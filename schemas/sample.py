"""The typed decoder of samples, compiled from the declaration."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec

from schemas.declaration import Declaration, Kind

MAX_INTEGER = 2**53
"""Whole numbers up to here are exact as floats, as models take them."""
MAX_TEXT = 200
"""Characters of the longest category value."""
MAX_ID = 200
"""Characters of the longest id."""
_Integer = Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
_Text = Annotated[str, msgspec.Meta(max_length=MAX_TEXT)]
_TYPES: dict[Kind, Any] = {"number": float, "integer": _Integer, "category": _Text, "boolean": bool}


def features_type(declaration: Declaration) -> type[msgspec.Struct]:
    """A struct with one field a feature, in the declared order; a feature not required may be null or absent."""
    fields: list[Any] = [
        (name, _TYPES[feature.kind]) if feature.required else (name, _TYPES[feature.kind] | None, None)
        for name, feature in declaration.features.items()
    ]
    return msgspec.defstruct("Features", fields, kw_only=True, gc=False, forbid_unknown_fields=True, frozen=True)


def sample_type(declaration: Declaration) -> type[msgspec.Struct]:
    """The envelope: `id` and the event time may be absent; `features` stays raw and is decoded on its own."""
    return msgspec.defstruct(
        "Sample",
        [("features", msgspec.Raw), ("id", str | None, None), ("ts", _Integer | str | None, None)],
        rename={"ts": declaration.stream.event_time},
        gc=False,
        forbid_unknown_fields=True,
        frozen=True,
    )


def event_time(ts: int | str) -> int:
    """Epoch milliseconds of a timestamp as written in a record: ISO 8601 (UTC where no zone is given) or milliseconds.

    Raises:
        ValueError: it is neither.
    """
    if isinstance(ts, int):
        return ts
    moment = datetime.fromisoformat(ts)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def sample_id(given: str | None, partition: int, offset: int) -> str:
    """The id of a sample: its own, or its place."""
    return given if given is not None else f"{partition}-{offset}"
