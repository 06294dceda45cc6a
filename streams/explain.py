"""Why a record did not decode: the slow path, for bad records only."""

import json
import math
import sys
from collections import Counter
from typing import Any

from schemas.declaration import Declaration, Feature
from schemas.reasons import Reason
from schemas.sample import MAX_ID, MAX_INTEGER, MAX_TEXT, event_time

Finding = tuple[Reason, str]
_NAMES = {
    "number": "a number",
    "integer": "a whole number (written without a fraction)",
    "category": "a string",
    "boolean": "true or false",
}
DIGITS = 400
"""Of a whole number: more of them are beyond every limit, and Python refuses to read very many."""


class Explainer:
    """Compiled from a declaration; pure."""

    def __init__(self, declaration: Declaration) -> None:
        self._features = declaration.features
        self._time = declaration.stream.event_time
        self._max_bytes = declaration.stream.max_bytes

    def __call__(self, value: bytes | None) -> Finding:
        """The first thing that is wrong with a record, and where."""
        if not value:
            return Reason.EMPTY, "the record has no value"
        if len(value) > self._max_bytes:
            return Reason.TOO_LARGE, f"{len(value)} bytes; [stream] max_bytes is {self._max_bytes}"
        try:
            sample = json.loads(value.decode(), parse_int=_whole)
        except UnicodeDecodeError as error:
            return Reason.NOT_UTF8, f"byte {error.start} is not UTF-8"
        except ValueError as error:
            return Reason.NOT_JSON, str(error)
        except RecursionError:
            return Reason.NOT_JSON, "nested too deeply to be read"
        return self._sample(sample) or (Reason.NOT_JSON, _loose(value))

    def _sample(self, sample: Any) -> Finding | None:
        if not isinstance(sample, dict):
            return Reason.NOT_AN_OBJECT, f"a sample is a JSON object, this is {_kind(sample)}"
        return self._envelope(sample) or self._values(sample["features"])

    def _envelope(self, sample: dict[str, Any]) -> Finding | None:
        unknown = sorted(set(sample) - {"id", self._time, "features"})
        if unknown:
            return Reason.UNKNOWN_FIELD, f"{unknown[0]!r} is not one of id, {self._time}, features"
        found = _id(sample.get("id")) or self._timestamp(sample.get(self._time))
        if found:
            return found
        if "features" not in sample:
            return Reason.MISSING_FIELD, "features"
        if not isinstance(sample["features"], dict):
            return Reason.WRONG_TYPE, f"features: an object, not {_kind(sample['features'])}"
        return None

    def _timestamp(self, ts: Any) -> Finding | None:
        if ts is None:
            return None
        wrong = Reason.BAD_TIMESTAMP, f"{self._time}: ISO 8601 or epoch milliseconds, not {_shown(ts)}"
        if isinstance(ts, bool) or not isinstance(ts, int | str):
            return wrong
        try:
            event_time(ts)
        except (ValueError, OverflowError):
            return wrong
        return wrong if isinstance(ts, int) and abs(ts) > MAX_INTEGER else None

    def _values(self, given: dict[str, Any]) -> Finding | None:
        unknown = sorted(set(given) - set(self._features))
        if unknown:
            return Reason.UNKNOWN_FIELD, f"features.{unknown[0]} is not declared"
        for name, feature in self._features.items():
            found = _value(feature, given.get(name), present=name in given)
            if found:
                return found[0], f"features.{name}: {found[1]}"
        return None


def _id(name: Any) -> Finding | None:
    if not isinstance(name, str | None):
        return Reason.BAD_ID, f"id: a string, not {_kind(name)}"
    if name is not None and (not 0 < len(name) <= MAX_ID or "\0" in name):
        return Reason.BAD_ID, f"id: 1 to {MAX_ID} characters, none of them NUL"
    return None


def _value(feature: Feature, value: Any, *, present: bool) -> Finding | None:
    if value is not None:
        return _present(feature, value)
    if not feature.required:
        return None
    if not present:
        return Reason.MISSING_FIELD, "is not there"
    return Reason.WRONG_TYPE, f"{_NAMES[feature.kind]}, not null"


def _present(feature: Feature, value: Any) -> Finding | None:
    if isinstance(value, float) and not math.isfinite(value):
        return Reason.NOT_FINITE, f"{value} is not a finite number"
    if not _fits(feature, value):
        return Reason.WRONG_TYPE, f"{_NAMES[feature.kind]}, not {_kind(value)}"
    if isinstance(value, str) and len(value) > MAX_TEXT:
        return Reason.OUT_OF_RANGE, f"{len(value)} characters; at most {MAX_TEXT}"
    if isinstance(value, int) and feature.kind == "integer" and abs(value) > MAX_INTEGER:
        return Reason.OUT_OF_RANGE, f"beyond {MAX_INTEGER}"
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        return Reason.OUT_OF_RANGE, f"beyond {sys.float_info.max:g}"
    return None


def _fits(feature: Feature, value: Any) -> bool:
    if feature.kind == "category":
        return isinstance(value, str)
    if feature.kind == "boolean" or isinstance(value, bool):
        return feature.kind == "boolean" and isinstance(value, bool)
    return isinstance(value, int) or (feature.kind == "number" and isinstance(value, float))


def _whole(text: str) -> int:
    return int(text[:DIGITS])


def _shown(value: Any) -> str:
    """A value in an error: never a whole list or object, which may be large, and too deep to be written."""
    if isinstance(value, str):
        return json.dumps(value[:60])
    return f"{value}"[:60] if isinstance(value, int | float) else _kind(value)


def _loose(value: bytes) -> str:
    """Why a record that Python's decoder finds nothing wrong with is not strict JSON."""
    twice: list[str] = []

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        twice.extend(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        return dict(pairs)

    json.loads(value, parse_int=_whole, object_pairs_hook=note)
    if twice:
        return f"{twice[0]!r} stands twice in one object, and once not as it may"
    return "not strict JSON (RFC 8259), or a string in it is not Unicode"


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")
