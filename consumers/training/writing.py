"""The files of a fitted version, read back and scored as a scorer would, and what it costs: the gate's last checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from consumers.training import ways
from consumers.training.checks import budget, reload
from consumers.training.checks.check import Check
from consumers.training.compress import Compressed
from consumers.training.contract import contract
from consumers.training.dataset import Dataset, Mask
from consumers.training.importance import Importance
from consumers.training.selection import Selection
from consumers.training.ways import Choice
from infra import bundle
from infra.boosting import Floats
from schemas.declaration import Declaration
from schemas.errors import Refused
from schemas.messages import ModelRef
from schemas.reference import Contract

RECENT = 4_000
"""The last rows, on which ways to serve are compared."""


@dataclass(frozen=True, slots=True)
class Written:
    """A bundle in its folder, with the way that serves it; `checks` are what the gate has to know of it."""

    choice: Choice
    made: Contract
    model_sha256: str
    contract_sha256: str
    checks: list[Check]


def write(
    folder: Path,
    declaration: Declaration,
    data: Dataset,
    selection: Selection | None,
    trained: Mask,
    small: Compressed,
    matters: Mapping[str, Importance],
) -> Written:
    """Writes the bundle, served by the fastest way that is equal.

    Args:
        folder: where to.
        declaration: of the stream.
        data: everything known.
        selection: of this data, if there is one.
        trained: the rows of `data` that the version was fitted on.
        small: the fitted version.
        matters: of each feature.

    Raises:
        Refused: its scores are not numbers, or the files do not give them again.
    """
    recent = data.rows[-RECENT:]
    choice = served(small, recent)
    known = {name: one.mean for name, one in matters.items()}
    made = contract(declaration, data, selection, trained, choice.way.score, known)
    if not np.isfinite(made.probe_scores).all():
        raise Refused("The fitted model gives scores that are not numbers. It was thrown away")
    model, contract_sha256 = bundle.write(folder, small.pipeline, made, choice.way.content)
    ref = ModelRef(
        version=0, run_id="", model_sha256=model, contract_sha256=contract_sha256, trained_until=made.trained_until
    )
    sizes = {name: (folder / name).stat().st_size for name in bundle.files(folder, ref)}
    checks = [
        budget.latency(choice.times[choice.name], declaration.promotion.max_us_per_1000_rows),
        budget.size(sizes, declaration.promotion.max_bytes),
        reload.check(folder, ref, declaration, recent, choice.way.score),
    ]
    return Written(choice, made, model, contract_sha256, checks)


def served(small: Compressed, recent: Floats) -> Choice:
    """How to serve it: as it was judged where it has a graph of its own, else by the fastest equal way."""
    if small.content is not None:
        return ways.forced(small.pipeline, small.content, recent)
    return ways.choose(small.pipeline, recent)
