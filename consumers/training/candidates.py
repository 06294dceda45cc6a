"""The recipes that compete in a retrain: which rows of history a model is trained on, and what each of them weighs."""

from dataclasses import dataclass

import numpy as np

from consumers.training.dataset import Dataset, Ints, Mask
from infra.boosting import Floats
from schemas.declaration import Retrain
from schemas.duration import milliseconds

ALL, RECENT, LONGER, WEIGHTED = "all history", "recent", "longer", "weighted"


@dataclass(frozen=True, slots=True)
class Candidate:
    """`length` of the window in milliseconds, None for everything; a row weighs half after each `half_life`, if set."""

    length: int | None = None
    half_life: int | None = None

    def rows(self, data: Dataset, at: int) -> Mask:
        """Rows whose label was known at `at` (epoch ms), in the window before it."""
        usable = (data.known <= at) & (data.times < at)
        return usable if self.length is None else usable & (data.times >= at - self.length)

    def weights(self, times: Ints, at: int) -> Floats | None:
        """Of rows with these event times in a training at `at`; None where all weigh the same."""
        if self.half_life is None:
            return None
        raw = np.exp2(-(at - times) / self.half_life)
        found: Floats = raw / raw.mean()
        return found


def candidates(retrain: Retrain) -> dict[str, Candidate]:
    """Those that are declared, by name; the first, all history, is the one to beat."""
    recent = milliseconds(retrain.recent)
    known = {
        ALL: Candidate(),
        RECENT: Candidate(length=recent),
        LONGER: Candidate(length=2 * recent),
        WEIGHTED: Candidate(half_life=milliseconds(retrain.half_life)),
    }
    return {ALL: known[ALL]} | {name: known[name] for name in retrain.candidates}
