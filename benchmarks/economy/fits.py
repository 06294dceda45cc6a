"""Fits of the product's own recipe, kept on disk by what they were made of, so that policies share them."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import msgspec
import numpy as np
from numpy.typing import NDArray

from benchmarks.economy.world import World
from consumers.training.candidates import Candidate
from consumers.training.dataset import Dataset, Ints, with_vocabulary
from consumers.training.loss import log_loss
from consumers.training.pipeline import fitted, limit
from consumers.training.selection import Fit, Score
from infra.boosting import Floats
from infra.serving import scorer

FOLDER = Path(".leeway") / "economy"


@dataclass(frozen=True, slots=True)
class Version:
    """A fitted recipe: `scores` float32 (n,) of the world's rows from place `first` on, those at or after `as_of`."""

    as_of: int
    window: int | None
    first: int
    scores: NDArray[np.float32]

    def of(self, places: Ints) -> Floats:
        """Its scores of these rows, float64; none may be before `first`."""
        return self.scores[places - self.first].astype(np.float64)


@dataclass(slots=True)
class Fits:
    """Of one world. `made` counts fits that were not found on disk."""

    world: World
    folder: Path = FOLDER
    made: int = 0

    def version(self, as_of: int, window: int | None) -> Version:
        """The declared recipe on what was known at `as_of`, of the last `window` ms of it or all."""
        times = self.world.data.times
        first = int(np.searchsorted(times, as_of))
        path = self.folder / "scores" / self.world.name / f"{self._recipe()}-{as_of}-{window}.npy"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            data = self.vocabulary(self.world.known(as_of))
            score = self.model(data, window)
            coded = self.world.coded(list(self.world.declaration.features), data.values)[first:]
            scores = score(np.ascontiguousarray(coded)) if len(coded) else np.empty(0)
            _whole(path, lambda part: np.save(part, scores.astype(np.float32)))
        return Version(as_of, window, first, np.load(path))

    def model(self, data: Dataset, window: int | None) -> Score:
        """The recipe on this data, by the codes of it."""
        rows = Candidate(window).rows(data, data.as_of)
        return self.fitter(data)(data.rows[rows], data.labels[rows], None)

    def fitter(self, data: Dataset) -> Fit:
        """As consumers.training.version.fitter, kept on disk."""
        categories = {name: data.values[name] for name in self.world.declaration.names("category")}

        def fit(rows: Floats, labels: Ints, weights: Floats | None) -> Score:
            content = hashlib.blake2b(digest_size=16)
            for array in (rows, labels, *(() if weights is None else (weights,))):
                content.update(np.ascontiguousarray(array).data)
            path = self.folder / "fits" / f"{self._recipe()}-{content.hexdigest()}.joblib"
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                pipeline = fitted(self.world.declaration, categories, rows, labels, weights)
                _whole(path, lambda part: joblib.dump(pipeline, part))
                self.made += 1
            return scorer(joblib.load(path))

        return fit

    def vocabulary(self, data: Dataset) -> Dataset:
        """With the codes that a training would give."""
        return with_vocabulary(data, self.world.declaration, limit(self.world.declaration.model))

    def _recipe(self) -> str:
        return hashlib.blake2b(msgspec.json.encode(self.world.declaration.model), digest_size=6).hexdigest()


def losses(world: World, version: Version) -> NDArray[np.float64]:
    """The version's summed log-loss by pane from the first moment on, float64 (panes,); 0 before it existed."""
    places = np.arange(version.first, len(world.data))
    found = log_loss(version.of(places), world.data.labels[places])
    panes = world.panes[places]
    inside = panes >= 0
    return np.bincount(panes[inside], found[inside], minlength=len(world.moments) + 1).astype(np.float64)


def _whole(path: Path, write: Callable[[Any], Any]) -> None:
    """A file whole or not at all."""
    beside = path.with_name(f"part-{path.name}")
    write(beside)
    beside.replace(path)
