"""The stream that is fuzzed: several features of each kind, bounded or not, required or not; and a model."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.declaration import Declaration, parse
from schemas.messages import ModelRef
from schemas.reference import SCORE, Cells, Contract
from support.models import number

TOML = b"""
[stream]
name = "fuzz"
event_time = "at"
pane = "1h"
lateness = "10m"
partitions = 3
[features.amount]
kind = "number"
min = 0
max = 10_000
[features.balance]
kind = "number"
required = false
[features.temperature]
kind = "number"
required = false
min = -60
max = 60
[features.quantity]
kind = "integer"
min = 0
max = 100
[features.visits]
kind = "integer"
required = false
[features.country]
kind = "category"
[features.channel]
kind = "category"
required = false
[features.member]
kind = "boolean"
[features.returning]
kind = "boolean"
required = false
"""
COUNTRIES = ["at", "de", "fr"]


def declaration() -> Declaration:
    """Nine features."""
    return parse(TOML, "fuzz.toml")


@dataclass
class Model:
    """A score of all inputs that stays within 0 to 1, whatever they are."""

    ref: ModelRef
    contract: Contract

    def predict(self, x: NDArray[np.float64], /) -> NDArray[np.float64]:
        """float64 (n, 9) -> float64 (n,)."""
        score: NDArray[np.float64] = 0.5 + np.tanh(np.nan_to_num(x) / 1e3).sum(axis=1) / 20
        return score


def contract() -> Contract:
    """A reference of a thousand samples, as even as they come."""
    found = declaration()
    even = np.linspace(0, 100, 1000)
    cells = [number(name, even) for name in found.names("number", "integer")]
    cells += [_category(name, COUNTRIES) for name in found.names("category")]
    cells += [_category(name, ["false", "true"]) for name in found.names("boolean")]
    by_name = {cell.feature: cell for cell in cells}
    return Contract(
        stream=found.name,
        features=list(found.features),
        categories=dict.fromkeys(found.names("category"), COUNTRIES),
        reference=[*(by_name[name] for name in found.features), number(SCORE, even / 100)],
        probe=[],
        probe_scores=[],
        trained_from=0,
        trained_until=0,
        rows=1000,
    )


def _category(name: str, values: list[str]) -> Cells:
    return Cells(feature=name, kind="category", values=values, counts=[*(300 for _ in values), 0, 0], n=1000)
