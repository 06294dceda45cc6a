"""Calling a model: one call a batch, on plain arrays, with the codes of its contract."""

from collections.abc import Callable
from typing import Any

import numpy as np

from infra.boosting import Floats, compiled
from schemas.messages import ModelRef
from schemas.reference import Contract

ENCODE = "encode"
"""Name of the saved pipeline's first step, from strings to the contract's codes; scorers do that themselves."""


class ServingModel:
    """A loaded version: `ref` says which, `contract` what it expects, `codes[category][value]` the codes of values.

    `score` is how it is called, with at least one row. Not safe for use by several threads at once.
    """

    def __init__(self, ref: ModelRef, contract: Contract, score: Callable[[Floats], Floats]) -> None:
        self.ref = ref
        self.contract = contract
        self.codes = {name: {value: code for code, value in enumerate(contract.categories[name])}
                      for name in contract.categories}  # fmt: skip
        self._score = score

    def predict(self, rows: Floats) -> Floats:
        """The probability of class 1, float64 (n,).

        Args:
            rows: float64 (n, k), columns as `contract.features`: numbers as they are, booleans 0 or 1, categories
                as codes; NaN is missing, and a category value without a code.
        """
        if not len(rows):
            return np.empty(0)
        return self._score(rows)


def scorer(pipeline: Any) -> Callable[[Floats], Floats]:
    """The steps after ENCODE as one function of (n, k) rows."""
    return kernel(pipeline) or interpreted(pipeline)


def kernel(pipeline: Any) -> Callable[[Floats], Floats] | None:
    """The same by our compiled trees, where the estimator has some that they can stand for."""
    steps = pipeline.steps[1:]
    estimator = steps[-1][1]
    known = len(steps) == 1 and type(estimator).__name__ == "HistGradientBoostingClassifier"
    return compiled(estimator) if known else None


def interpreted(pipeline: Any) -> Callable[[Floats], Floats]:
    """The same by scikit-learn's public calls, without the checks that the contract has made needless."""
    from sklearn import config_context  # noqa: PLC0415 - only processes that score pay for the import

    *transformers, estimator = [step for _, step in pipeline.steps[1:]]

    def score(rows: Floats) -> Floats:
        with config_context(assume_finite=True, skip_parameter_validation=True):
            for transformer in transformers:
                rows = transformer.transform(rows)
            return np.ascontiguousarray(estimator.predict_proba(rows)[:, 1], dtype=np.float64)

    return score
