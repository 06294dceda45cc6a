"""One retrain as the product makes it: windows out of fold, the gate's check of the loss, the version if it passed."""

from concurrent.futures import Executor
from dataclasses import dataclass

from benchmarks.economy.fits import Fits, Version
from consumers.training import gate
from consumers.training.candidates import candidates
from consumers.training.dataset import Dataset
from consumers.training.gate import Verdict
from consumers.training.selection import Selection, select


@dataclass(frozen=True, slots=True)
class Trial:
    """What was known, what was chosen of it, and the gate's verdict on it."""

    data: Dataset
    selection: Selection
    verdict: Verdict


def trial(fits: Fits, champion: Version, now: int, pool: Executor) -> Trial:
    """A challenger for this champion, of what is known at `now`.

    Raises:
        Refused: nothing known can be trained on and tested.
    """
    declared = fits.world.declaration
    data = fits.vocabulary(fits.world.known(now))
    selection = select(data, declared.retrain, fits.fitter(data), declared.model.seed, pool)
    later = data.times[selection.places] >= champion.as_of
    fair = selection.places[later]
    verdict = gate.judge(
        champion.of(fits.world.places(now)[fair]),
        selection.scores[selection.chosen][later],
        data.labels[fair], data.times[fair], declared.promotion.min_gain, declared.model.seed,
        declared.promotion.doubt,
    )  # fmt: skip
    return Trial(data, selection, verdict)


def version(fits: Fits, found: Trial) -> Version:
    """The recipe fitted on its window of everything known."""
    chosen = candidates(fits.world.declaration.retrain)[found.selection.chosen]
    return fits.version(found.data.as_of, chosen.length)
