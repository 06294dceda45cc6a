"""Labels of one class alone say nothing of a model: whoever said that class more often would win."""

from consumers.training.checks.check import Check
from consumers.training.dataset import Ints

NAME = "labels"
LEAST = 10
"""Rows of each class among the common ones."""


def check(labels: Ints) -> Check:
    """Passes when both classes are there.

    Args:
        labels: of the common rows, int64 (n,) of 0 and 1.
    """
    positive = int(labels.sum())
    counts = {"labels_0": float(len(labels) - positive), "labels_1": float(positive)}
    passed = min(counts.values()) >= LEAST
    sentence = f"{positive} of {len(labels)} labels are 1"
    if not passed:
        sentence += f"; at least {LEAST} of each class are needed. Do the labels come whole?"
    return Check(name=NAME, passed=passed, reason=sentence, figures=counts)
