"""All pictures of a retrain and its page. What cannot be drawn is said, and never keeps the version back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from msgspec.structs import replace

from consumers.training import page, pictures, shifted, trial
from consumers.training.cause import Cause
from consumers.training.dataset import Dataset
from consumers.training.importance import Importance
from consumers.training.job import Result
from consumers.training.pictures import Past, Scene
from consumers.training.selection import Selection
from consumers.training.shifted import Sides
from consumers.training.trial import Trial
from infra.serving import ServingModel
from schemas.declaration import Declaration
from schemas.reference import Contract

MOST_ROWS = 200_000
"""Of the rows since the champion's training that are scored for the picture of loss over time, evenly."""


@dataclass(frozen=True, slots=True)
class Shown:
    """All that is known of a retrain; `made` is None for a challenger that the gate held back before it was written."""

    declaration: Declaration
    data: Dataset
    selection: Selection | None
    trial: Trial | None
    matters: dict[str, Importance]
    cause: Cause | None
    champion: ServingModel | None
    never: ServingModel | None
    made: Contract | None


def draw(folder: Path, result: Result, shown: Shown) -> Result:
    """Writes PNG files and report.html into `folder`; the result with their paths, and what is not there and why."""
    drawn: list[str] = []
    undrawn: list[str] = []
    painters: dict[str, Callable[[], list[str]]] = {
        pictures.FOLDER: lambda: _pictures(folder, shown),
        shifted.FOLDER: lambda: _shifted(folder, shown),
        page.PAGE: lambda: [page.write(folder, replace(result, pictures=drawn, undrawn=undrawn), _subject(shown))],
    }
    for name, paint in painters.items():
        try:
            drawn += paint()
        except Exception as error:  # noqa: BLE001 - a picture can fail in any way, and the version is good all the same
            undrawn.append(f"{name}: {type(error).__name__}: {error}")
    return replace(result, pictures=drawn, undrawn=undrawn)


def _pictures(folder: Path, shown: Shown) -> list[str]:
    if shown.selection is None:
        return []
    champion = shown.champion
    known = {} if champion is None else dict(champion.contract.importance)
    pasts = _past(shown, champion), _past(shown, shown.never)
    scene = Scene(shown.data, shown.selection, shown.trial, *pasts, shown.matters, known)
    return pictures.draw(folder, scene)


def _past(shown: Shown, model: ServingModel | None) -> Past | None:
    """Its scores since the champion was trained."""
    if model is None or shown.champion is None:
        return None
    places = np.flatnonzero(shown.data.times >= shown.champion.contract.trained_until)
    if not len(places):
        return None
    places = places[:: -(-len(places) // MOST_ROWS)]
    return Past(places, trial.scored(shown.declaration, shown.data, places, model))


def _shifted(folder: Path, shown: Shown) -> list[str]:
    if shown.cause is None or shown.champion is None or shown.made is None:
        return []
    both = (shown.champion.contract.reference, shown.made.reference)
    before, after = ({cells.column: cells for cells in reference} for reference in both)
    sides = Sides(shown.champion.ref.version, before, after)
    return shifted.draw(folder, shown.cause, shown.declaration.drift.tolerance, sides)


def _subject(shown: Shown) -> page.Subject:
    champion = shown.champion
    return page.Subject(
        stream=shown.declaration.name,
        champion=champion.ref.version if champion else None,
        cause=shown.cause,
        selection=shown.selection,
        trial=shown.trial,
        matters=shown.matters,
        before=dict(champion.contract.importance) if champion else {},
    )
