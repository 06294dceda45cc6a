"""How the recipe did on rows that it had not seen: what a version's outcomes are held against later."""

import numpy as np

from consumers.evaluator.quality import CLIP
from consumers.training.dataset import Dataset, Ints, Mask
from consumers.training.selection import Selection, unseen
from infra.boosting import Floats
from schemas.reference import Outcomes


def outcomes(data: Dataset, selection: Selection | None, inside: Mask) -> Outcomes | None:
    """Of the out-of-fold scores in the reference window, which is `inside`; None where there are too few."""
    honest = unseen(selection, inside)
    if honest is None:
        return None
    places, scores = honest
    labels = data.labels[places]
    losses = _losses(scores, labels)
    return Outcomes(
        n=len(losses), positives=int(labels.sum()), loss=float(losses.mean()), std=float(losses.std(ddof=1))
    )


def _losses(scores: Floats, labels: Ints) -> Floats:
    """In nats, scores held as far from 0 and 1 as the evaluator does."""
    found: Floats = -np.log(np.clip(np.where(labels == 1, scores, 1 - scores), CLIP, 1 - CLIP))
    return found
