"""Other [drift] settings than the declaration's: as KEY=VALUE, or as a sweep of one key."""

import tomllib
from typing import Any

import msgspec
import numpy as np

from schemas.declaration import Declaration, Drift, check
from schemas.errors import Refused

SEGMENTS = "segments"
"""The one key of [stream] that can be asked about."""
MOST = 200
"""Settings of one sweep."""


def changed(declaration: Declaration, words: list[str]) -> Declaration:
    """The declaration with KEY=VALUE in its [drift] section, or other `segments`; values as in TOML.

    Raises:
        Refused: no such key, or a value that is not allowed.
    """
    given: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise Refused(f"{word!r}: say KEY=VALUE, for example tolerance=0.2. Nothing was judged")
        given[key.strip()] = _value(word, value)
    return _with(declaration, given)


def sweep(declaration: Declaration, word: str) -> dict[str, Declaration]:
    """KEY=FROM:TO:N -> N settings, evenly spaced, each by its name; whole numbers for whole-numbered keys.

    Raises:
        Refused: as `changed`, or it is not written so.
    """
    key, _, span = word.partition("=")
    try:
        low, high, steps = (float(part) for part in span.split(":"))
    except ValueError as error:
        raise Refused(f"{word!r}: say KEY=FROM:TO:N, for example tolerance=0.05:0.4:20. Nothing was judged") from error
    if not 1 <= steps <= MOST or steps != int(steps):
        raise Refused(f"{word!r}: N is a whole number from 1 to {MOST}. Nothing was judged")
    whole = isinstance(getattr(declaration.drift, key, None), int)
    values: list[float] = [float(f"{value:.4g}") for value in np.linspace(low, high, int(steps))]
    chosen = dict.fromkeys(round(value) if whole else value for value in values)
    return {f"{key} {value:g}": _with(declaration, {key: value}) for value in chosen}


def _value(word: str, text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise Refused(f"{word!r}: the value is not TOML ({error}). Nothing was judged") from error


def _with(declaration: Declaration, given: dict[str, Any]) -> Declaration:
    whole: dict[str, Any] = msgspec.to_builtins(declaration)
    whole["drift"] |= {key: value for key, value in given.items() if key != SEGMENTS}
    whole["stream"] |= {key: value for key, value in given.items() if key == SEGMENTS}
    try:
        other = msgspec.convert(whole, Declaration)
        check(other, "what-if")
    except msgspec.ValidationError as error:
        allowed = ", ".join((*Drift.__struct_fields__, SEGMENTS))
        raise Refused(f"{given}: {error}. Keys: {allowed}. Nothing was judged") from error
    return other
