"""What a model knows of the data it was made from: the cells that drift is counted in, and what it was trained on."""

from typing import Literal

import msgspec
from msgspec import Struct

SCORE = "(score)"
"""The name under which a model's own score is watched like a feature."""


class Cells(Struct, frozen=True, kw_only=True):
    """Counts of one feature over the reference window, in cells fixed for the life of the version.

    kind "number": `cuts` ascending; cell i holds cuts[i-1] < x <= cuts[i], the last one x > cuts[-1].
    kind "category": cell i holds values[i]; the last one every value not listed ("new").
    `counts` has one entry a cell, plus a final one for missing. `mean` and `m2` (sum of squared deviations)
    are over the `n` values that are present; None for categories.
    """

    feature: str
    kind: Literal["number", "category"]
    cuts: list[float] = []
    values: list[str] = []
    counts: list[int]
    n: int
    mean: float | None = None
    m2: float | None = None

    @property
    def size(self) -> int:
        """Cells, that of the missing included."""
        return len(self.counts)


class Contract(Struct, frozen=True, kw_only=True):
    """What a scorer must know of a version beside its estimator; travels as `contract.json` beside `model.skops`.

    `features` are the columns of the estimator's input, in order. `categories[name]` are the values of a category
    feature that have codes 0, 1, ...; any other value is presented as missing. `reference` has one entry a feature,
    in order, and SCORE last. `probe` are rows of inputs, `probe_scores` what the model said of them when it was made.
    `onnx_sha256` is of `model.onnx`, by which such a version is served; None without: by `model.skops`.
    """

    stream: str
    features: list[str]
    categories: dict[str, list[str]]
    reference: list[Cells]
    probe: list[list[float | None]]
    probe_scores: list[float]
    trained_from: int
    trained_until: int
    rows: int
    onnx_sha256: str | None = None


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Contract).decode
