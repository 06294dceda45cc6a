"""What a model knows of the data it was made from: the cells that drift is counted in, and what it was trained on."""

import hashlib
import math
from typing import Literal

import msgspec
import numpy as np
from msgspec import UNSET, Struct, UnsetType
from numpy.typing import NDArray

from schemas.segment import Segment, feature_of

SCORE = "(score)"
"""The name under which a model's own score is watched like a feature."""
COUNTED = b"2"
"""How partial counts are written: raised with their format, so that those of an older program are not added."""
BOOLEANS = ("false", "true")
"""The values of a boolean, in the order of their codes."""
LABEL, LOSS = "(label)", "(loss)"
"""The names of what is watched once labels are known: the rate of class 1, and the model's log-loss."""
OUTCOMES = frozenset({LABEL, LOSS})
NAMES = {SCORE: "the score", LABEL: "the label", LOSS: "the loss"}
"""What these are called where people read of them."""


def named(column: str) -> str:
    """A column's name, as people read it."""
    feature = feature_of(column)
    return NAMES.get(feature, feature) + column.removeprefix(feature)


class Alike(Struct, frozen=True, kw_only=True):
    """How much of the variance of a share lies between blocks of time, and for how long neighbours go together.

    `between` is the intraclass correlation of samples of one block; `lasting_ms` the time in which the correlation of
    blocks falls to 1/e.
    """

    between: float
    lasting_ms: float


def averaged(span: float) -> float:
    """What the mean over so many correlation times keeps of a variance: 2 (x - 1 + exp(-x)) / x^2.

    Of a process of Ornstein and Uhlenbeck, which `Alike` takes the shares of blocks for.
    """
    return 2 * (span + math.expm1(-span)) / span**2


class Rhythm(Struct, frozen=True, kw_only=True):
    """The reference in time: `blocks` of `block_ms` each, and how alike samples of one block are.

    `values` is about where values lie, `missing` about whether they are there.
    """

    block_ms: int
    blocks: int
    values: Alike
    missing: Alike


class Season(Struct, frozen=True, kw_only=True):
    """The reference by time of the season: slots of `slot_ms`, the first one at the epoch, repeated every `period_ms`.

    `counts` holds zlib-packed uint32 (slots, cells), little-endian; `blocks` of the rhythm lie in each slot.
    """

    period_ms: int
    slot_ms: int
    counts: bytes
    blocks: list[int]


class Held(Struct, frozen=True, kw_only=True):
    """The newest part of the reference by block of time, to be held against the rest of it.

    Blocks of `block_ms` from `start_ms` on, one after another. `counts` holds zlib-packed uint32 (blocks, cells),
    little-endian.
    """

    start_ms: int
    block_ms: int
    counts: bytes


class Cells(Struct, frozen=True, kw_only=True):
    """Counts of one feature over the reference window, in cells fixed for the life of the version.

    kind "number": `cuts` are values of the reference, ascending. Cell 2i+1 holds x = cuts[i], the even cells what lies
    between: below cuts[0], ..., above cuts[-1]. Where every value of the reference is a cut, the even cells are empty
    in the reference, and every rank statistic of a window against it is exact.
    kind "category": cell i holds values[i]; the last one every value not listed ("new").
    `counts` has one entry a cell, plus a final one for missing. `mean` and `m2` (sum of squared deviations)
    are over the `n` values that are present, `kurtosis` is m4 n / m2^2; None for categories. `rhythm` is None where
    the reference is too short to tell. With a `season` the rhythm is that of what the season leaves unexplained.
    `held` is None where there is no whole block of time. With a `segment` all of this is of its samples alone.
    """

    feature: str
    kind: Literal["number", "category"]
    cuts: list[float] = []
    values: list[str] = []
    counts: list[int]
    n: int
    mean: float | None = None
    m2: float | None = None
    kurtosis: float | None = None
    rhythm: Rhythm | None = None
    season: Season | None = None
    held: Held | None = None
    segment: Segment | UnsetType = UNSET

    @property
    def column(self) -> str:
        """The name by which this column is judged."""
        return self.segment.column(self.feature) if self.segment else self.feature

    @property
    def size(self) -> int:
        """Cells, that of the missing included."""
        return len(self.counts)


class Outcomes(Struct, frozen=True, kw_only=True):
    """How the version's recipe did on `n` rows of the reference window that it had not seen, `positives` of class 1.

    `loss` and `std` (ddof 1) are mean and standard deviation of the log-loss of a row, in nats.
    """

    n: int
    positives: int
    loss: float
    std: float


class Contract(Struct, frozen=True, kw_only=True):
    """What a scorer must know of a version beside its estimator; travels as `contract.json` beside `model.skops`.

    `features` are the columns of the estimator's input, in order. `categories[name]` are the values of a category
    feature that have codes 0, 1, ...; any other value is presented as missing. `reference` has one entry a feature,
    in order, SCORE, and then those of segments, each segment's together. `probe` are rows of inputs, `probe_scores`
    what the model said of them when it was made.
    `onnx_sha256` is of `model.onnx`, by which such a version is served; None without: by `model.skops`.
    `importance` is of each feature the increase of log-loss (nats) when it is permuted; empty where it is not known.
    `outcomes` is None where too few rows could be scored by who had not seen them.
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
    importance: dict[str, float] = {}
    outcomes: Outcomes | None = None

    @property
    def skill(self) -> dict[str, float]:
        """Of each feature the share, 0 to 1, in the sum of all importances; empty where that is not known."""
        gains = {name: max(0.0, gain) for name, gain in self.importance.items()}
        total = sum(gains.values())
        return {name: gain / total for name, gain in gains.items()} if total > 0 else {}


def places(cuts: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.intp]:
    """The cell of each value between and upon ascending `cuts`; no value is NaN."""
    below = np.searchsorted(cuts, values, side="left")
    cells: NDArray[np.intp] = 2 * below + (np.append(cuts, np.nan)[below] == values)
    return cells


def identity(reference: list[Cells]) -> str:
    """The same cells and counts have the same name: partial counts merge only with counts over the same reference."""
    return hashlib.sha256(COUNTED + msgspec.msgpack.encode(reference)).hexdigest()[:16]


encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Contract).decode
