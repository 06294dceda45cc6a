"""What is looked at: samples with what is known of them, and their panes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from consumers.training.dataset import Ints, Mask
from infra.boosting import Floats

REPEATS, COVERAGE, REJECTS = "(repeats)", "(labels)", "(rejected)"
"""Columns after the features: samples that came before, that have no label though it was due, that were rejected."""
CLASS, AGREEMENT = "(label)", "(agreement)"
"""And two by the time since when labels are known: labels, and their correlation with the scores."""
BESIDE = (REPEATS, COVERAGE, REJECTS, CLASS, AGREEMENT)


@dataclass(frozen=True, slots=True)
class Observed:
    """Samples in order of event time, labelled or not.

    `times` and `known` are int64 (n,) in epoch ms, `known` -1 without a label; `labels` is int64 (n,), -1 without one;
    `rows` is float64 (n, k), columns as declared, categories as codes of `values`. `first` is false for a sample whose
    id came before. `scores`, float64 (n,), are of the versions that served, NaN where not known. `rejected` are the
    records of `samples` that were put aside, by number of the pane since the epoch.
    """

    times: Ints
    rows: Floats
    values: dict[str, list[str]]
    labels: Ints
    known: Ints
    first: Mask
    scores: Floats
    rejected: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Panes:
    """What is compared, float64 (panes, columns). NaN is what a column does not have, or has no samples for.

    `n` are samples, `present` those with a value. `mean` and `std` are of the values, for categories of the codes that
    the reference has for them; `missing` and `new` are shares, 0 to 1.
    """

    n: Floats
    present: Floats
    missing: Floats
    mean: Floats
    std: Floats
    new: Floats

    def __len__(self) -> int:
        return len(self.n)

    def packed(self) -> Floats:
        """All of them as one array (panes, 6, columns)."""
        return np.stack([getattr(self, part_of.name) for part_of in fields(self)], axis=1)


def stacked(parts: list[Panes], *, below: bool) -> Panes:
    """The panes of all parts one below the other, or their columns side by side."""
    axis = 0 if below else 1
    return Panes(*(np.concatenate([getattr(part, part_of.name) for part in parts], axis) for part_of in fields(Panes)))


def only(n: Floats, missing: Floats) -> Panes:
    """One column of which only a share missing is known: float64 (panes,) both."""
    nothing = np.full((len(n), 1), np.nan)
    return Panes(n[:, None], nothing, missing[:, None], nothing, nothing, nothing)
