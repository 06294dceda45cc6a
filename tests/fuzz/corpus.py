"""What hypothesis thinks of, drawn once from a seed: valid features, things near a sample, any JSON and any bytes."""

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from fuzz.stream import COUNTRIES
from schemas.declaration import Feature
from schemas.sample import MAX_INTEGER, MAX_TEXT

_TEXT = st.sampled_from(COUNTRIES) | st.text(max_size=12) | st.text(min_size=MAX_TEXT - 2, max_size=MAX_TEXT)
_ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


@dataclass(frozen=True)
class Corpus:
    """`features`: the JSON of valid ones; `wild`: whole records that may or may not be samples."""

    features: list[bytes]
    wild: list[bytes]


def corpus(features: dict[str, Feature], number: int, examples: int) -> Corpus:
    """Up to so many examples of each, the same ones for the same number."""
    near = st.fixed_dictionaries(
        {}, optional={name: _ANYTHING | _valid(feature) for name, feature in features.items()}
    ) | st.dictionaries(st.text(max_size=6), _ANYTHING, max_size=2)
    record = st.fixed_dictionaries({}, optional={"id": _ANYTHING, "at": _ANYTHING, "features": near, "more": _ANYTHING})
    wild = st.binary(max_size=60) | st.builds(_json, _ANYTHING, st.booleans()) | st.builds(_json, record, st.booleans())
    return Corpus(
        _drawn(st.builds(_json, _valid_features(features), st.booleans()), number, examples),
        _drawn(wild, number, examples),
    )


def _valid_features(features: dict[str, Feature]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {name: _valid(feature) for name, feature in features.items() if feature.required},
        optional={name: st.none() | _valid(feature) for name, feature in features.items() if not feature.required},
    )


def _valid(feature: Feature) -> st.SearchStrategy[Any]:
    if feature.kind == "boolean":
        return st.booleans()
    if feature.kind == "category":
        return _TEXT
    low = -MAX_INTEGER if feature.min is None else int(feature.min)
    whole = st.integers(low, MAX_INTEGER if feature.max is None else int(feature.max))
    if feature.kind == "integer":
        return whole
    return whole | st.floats(feature.min, feature.max, allow_nan=False, allow_infinity=False)


def _json(value: Any, ascii_only: bool) -> bytes:  # noqa: FBT001 - drawn, not chosen
    return json.dumps(value, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")


def _drawn(strategy: st.SearchStrategy[bytes], number: int, examples: int) -> list[bytes]:
    found: list[bytes] = []

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def collect(value: bytes) -> None:
        found.append(value)

    collect()
    return found
