"""A small declaration and versions of a model for it, made without training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schemas.declaration import Declaration, parse
from schemas.messages import ModelRef
from schemas.reference import SCORE, Cells, Contract, Outcomes, places
from streams.score import Scorer, Serving

MINUTE = 60_000
REFERENCE = Outcomes(n=5_000, positives=1_250, loss=0.5, std=0.3)
TOML = b"""
[stream]
name = "toy"
pane = "1m"
lateness = "20s"
max_jump = "1h"
partitions = 3
[features.x]
kind = "number"
required = false
min = -100
max = 100
[features.color]
kind = "category"
[features.open]
kind = "boolean"
[drift]
minimum = 20
"""


def declaration(partitions: int = 3) -> Declaration:
    """Two inputs that a model can use and one that it cannot: a number, a category, a boolean."""
    return parse(TOML.replace(b"partitions = 3", f"partitions = {partitions}".encode()), "toy.toml")


@dataclass
class Logistic:
    """score = 1 / (1 + exp(-slope x)), .5 where x is missing."""

    ref: ModelRef
    contract: Contract
    slope: float = 1.0

    def predict(self, x: NDArray[np.float64], /) -> NDArray[np.float64]:
        value: NDArray[np.float64] = 1 / (1 + np.exp(-self.slope * np.nan_to_num(x[:, 0])))
        return value


def contract() -> Contract:
    """A reference of 300 values of x evenly over -3 to 3, two colors, and scores to match."""
    x = np.linspace(-3, 3, 300)
    return Contract(
        stream="toy",
        features=["x", "color", "open"],
        categories={"color": ["blue", "red"]},
        reference=[
            number("x", x, missing=30),
            Cells(feature="color", kind="category", values=["blue", "red"], counts=[200, 130, 0, 0], n=330),
            Cells(feature="open", kind="category", values=["false", "true"], counts=[165, 165, 0, 0], n=330),
            number(SCORE, 1 / (1 + np.exp(-x))),
        ],
        probe=[[0.0, 0.0, 1.0]],
        probe_scores=[0.5],
        trained_from=0,
        trained_until=0,
        rows=330,
        outcomes=REFERENCE,
    )


def number(name: str, values: NDArray[np.float64], missing: int = 0) -> Cells:
    """Cells whose cuts are the values themselves, at most 255 of them."""
    cuts = np.unique(values)[:: max(1, -(-len(np.unique(values)) // 255))]
    counts = np.bincount(places(cuts, values), minlength=2 * len(cuts) + 1)
    mean = float(values.mean())
    return Cells(
        feature=name,
        kind="number",
        cuts=cuts.tolist(),
        counts=[*counts.tolist(), missing],
        n=len(values),
        mean=mean,
        m2=float(((values - mean) ** 2).sum()),
    )


def scorer(version: int = 1, slope: float = 1.0) -> Scorer:
    """A version that scores at once."""
    ref = ModelRef(version=version, run_id="", model_sha256=f"{version:064d}", contract_sha256="", trained_until=0)
    return Scorer(declaration(), Logistic(ref, contract(), slope))


def serving(version: int = 1, *shadows: int) -> Serving:
    """A champion of this version, and shadows of others."""
    return Serving(scorer(version), tuple(scorer(shadow, slope=2.0) for shadow in shadows))
