"""Strict JSON, told by a decoder that the product does not use for it."""

import json
from typing import Any

DEEP = 800
"""Brackets; records with more of them may be nested deeper than Python reads."""


class NotStrictError(ValueError):
    """What Python's decoder allows, and RFC 8259 or RFC 7493 does not."""


def is_json(value: bytes) -> bool:
    """Whether it is Unicode, JSON without NaN, with no name twice in an object, and surely not nested too deeply."""
    try:
        parsed = json.loads(value.decode(), parse_constant=_refuse, parse_int=str, object_pairs_hook=_once)
        json.dumps(parsed, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return value.count(b"[") + value.count(b"{") < DEEP


def _refuse(name: str) -> None:
    raise NotStrictError(name)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise NotStrictError("a name twice")
    return found
