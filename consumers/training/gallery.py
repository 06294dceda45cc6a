"""All pictures of a version. One that cannot be drawn is said, and never keeps the version back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from consumers.training import pictures, shifted
from consumers.training.cause import Cause
from consumers.training.dataset import Dataset
from consumers.training.selection import Selection
from consumers.training.shifted import Sides
from infra.boosting import Floats
from infra.serving import ServingModel
from schemas.declaration import Declaration
from schemas.reference import Contract


@dataclass(frozen=True, slots=True)
class Drift:
    """What the pictures of drift are of: its cause, if there is one, the champion, and the contract that was made."""

    declaration: Declaration
    cause: Cause | None
    champion: ServingModel | None
    made: Contract


def draw(
    folder: Path, data: Dataset, selection: Selection | None, scores: Floats | None, drift: Drift
) -> tuple[list[str], list[str]]:
    """Writes PNG files into `folder`: their paths in it, and what could not be drawn and why.

    Args:
        folder: where to.
        data: the rows.
        selection: out-of-fold scores, if there are any.
        scores: the champion's scores of the selection's rows, float64 (n,), if there is one.
        drift: what the version answers.
    """
    drawn: list[str] = []
    undrawn: list[str] = []
    painters: dict[str, Callable[[], list[str]]] = {
        pictures.FOLDER: lambda: pictures.draw(folder, data, selection, scores) if selection else [],
        shifted.FOLDER: lambda: _shifted(folder, drift),
    }
    for name, paint in painters.items():
        try:
            drawn += paint()
        except Exception as error:  # noqa: BLE001 - a picture can fail in any way, and the version is good all the same
            undrawn.append(f"{name}: {type(error).__name__}: {error}")
    return drawn, undrawn


def _shifted(folder: Path, drift: Drift) -> list[str]:
    if drift.cause is None or drift.champion is None:
        return []
    both = (drift.champion.contract.reference, drift.made.reference)
    before, after = ({cells.column: cells for cells in reference} for reference in both)
    sides = Sides(drift.champion.ref.version, before, after)
    return shifted.draw(folder, drift.cause, drift.declaration.drift.tolerance, sides)
