"""The version as a scorer would get it: read from its files alone, it fits the declaration and repeats its scores."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from consumers.training.checks.check import Check
from infra import bundle
from infra.boosting import Floats
from schemas.declaration import Declaration
from schemas.errors import Refused
from schemas.messages import ModelRef

NAME = "reload"


def check(
    folder: Path, ref: ModelRef, declaration: Declaration, rows: Floats, score: Callable[[Floats], Floats]
) -> Check:
    """Passes when the files in `folder` load and score `rows`, float64 (n, k), as `score` does in this process."""
    try:
        model = bundle.load(folder, ref)
        fault = _columns(list(model.contract.features), declaration) or _scores(model.predict(rows), score(rows))
    except Refused as error:
        fault = str(error)
    except Exception as error:  # noqa: BLE001 - a model can break in any way, and it must break here
        fault = f"it cannot score {len(rows)} rows ({type(error).__name__}: {error})"
    said = f"loaded from its files it repeats its scores of {len(rows)} rows"
    return Check(name=NAME, passed=fault is None, reason=fault or said)


def refused(error: Exception) -> Check:
    """A version that could not even be written and read once."""
    return Check(name=NAME, passed=False, reason=str(error))


def _columns(found: list[str], declaration: Declaration) -> str | None:
    declared = list(declaration.features)
    return None if found == declared else f"its columns are {', '.join(found)}, declared are {', '.join(declared)}"


def _scores(again: Floats, scores: Floats) -> str | None:
    if again.shape != scores.shape:
        return f"{again.shape} scores came of {scores.shape} rows"
    if not ((again >= 0) & (again <= 1)).all():  # a NaN is neither
        return "a score is no probability"
    gap = float(np.abs(again - scores).max(initial=0.0))
    return None if gap <= bundle.EQUAL else f"loaded from its files its scores are up to {gap:.2g} others"
