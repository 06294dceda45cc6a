"""A fitted HistGradientBoosting classifier as a plain function: the trees without the checks around them.

The public `predict_proba` spends about 4 ms a call on checks and column shuffling, which is most of the time
for the small batches of a stream. What is used here is private to scikit-learn, so its version is locked and
every model that loads proves itself on its probe rows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

Floats = npt.NDArray[np.float64]


def compiled(estimator: Any) -> Callable[[Floats], Floats]:
    """The probability of class 1 of a fitted binary HistGradientBoostingClassifier, as a function of (n, k) rows."""
    from sklearn.ensemble._hist_gradient_boosting._predictor import (  # noqa: PLC0415 - only processes that score pay
        _predict_from_raw_data,
    )

    trees = [(tree.nodes, tree.raw_left_cat_bitsets) for (tree,) in estimator._predictors]  # noqa: SLF001 - see above
    known, columns = estimator._bin_mapper.make_known_categories_bitsets()  # noqa: SLF001 - see above
    baseline = float(estimator._baseline_prediction.item())  # noqa: SLF001 - see above
    arranged = _arrangement(estimator)

    def score(rows: Floats) -> Floats:
        arranged_rows = arranged(rows)
        one = np.empty(len(rows))
        total = np.full(len(rows), baseline)
        for nodes, categories in trees:
            _predict_from_raw_data(nodes, arranged_rows, categories, known, columns, 1, one)
            total += one
        return expit(total)

    return score


def _arrangement(estimator: Any) -> Callable[[Floats], Floats]:
    """Rows as the trees want them: categories first, each code replaced by its rank among those seen in training."""
    prepare = estimator._preprocessor  # noqa: SLF001 - see the module's docstring
    if prepare is None:
        return np.ascontiguousarray
    categorical = estimator.is_categorical_
    order = np.concatenate([np.flatnonzero(categorical), np.flatnonzero(~categorical)])
    tables = [_ranks(seen) for seen in prepare.named_transformers_["encoder"].categories_]

    def arranged(rows: Floats) -> Floats:
        result = np.take(rows, order, axis=1)
        for column, table in enumerate(tables):
            codes = result[:, column]
            places = np.where(codes >= 0, codes, len(table) - 1).astype(np.intp)
            result[:, column] = np.take(table, places, mode="clip")
        return result

    return arranged


def _ranks(seen: Floats) -> Floats:
    """A table from code to rank; codes that training never saw, and the entry after the last, are NaN."""
    present = seen[~np.isnan(seen)].astype(np.intp)
    table = np.full(int(present.max(initial=-1)) + 2, np.nan)
    table[present] = np.arange(len(present))
    return table
