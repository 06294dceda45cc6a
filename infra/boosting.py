"""A fitted HistGradientBoosting classifier as a plain function: its trees without the checks around them.

The public `predict_proba` spends about 4 ms a call on checks and column shuffling, which is most of the time for the
small batches of a stream, and its trees are walked node by node. What is read here is private to scikit-learn, so its
version is locked and every model that loads proves itself on its probe rows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from infra.forest import Forest, Node

Floats = npt.NDArray[np.float64]


def compiled(estimator: Any) -> Callable[[Floats], Floats]:
    """The probability of class 1 of a fitted binary HistGradientBoostingClassifier, as a function of (n, k) rows."""
    baseline = float(estimator._baseline_prediction.item())  # noqa: SLF001 - see the module's docstring
    forest = Forest([_nodes(tree) for (tree,) in estimator._predictors], _known(estimator))  # noqa: SLF001 - as above
    arranged = _arrangement(estimator)

    def score(rows: Floats) -> Floats:
        total = np.full(len(rows), baseline)
        forest.add(arranged(rows), total)
        return expit(total)

    return score


def _nodes(tree: Any) -> list[Node]:
    sets = [_members(words) for words in tree.raw_left_cat_bitsets]
    return [
        Node(value=float(row["value"]))
        if row["is_leaf"]
        else Node(
            feature=int(row["feature_idx"]),
            threshold=float(row["num_threshold"]),
            categories=sets[row["bitset_idx"]] if row["is_categorical"] else None,
            missing_left=bool(row["missing_go_to_left"]),
            left=int(row["left"]),
            right=int(row["right"]),
        )
        for row in tree.nodes
    ]


def _known(estimator: Any) -> list[frozenset[int] | None]:
    """By feature, in the order of the trees, the categories that the bins of training hold; None for numbers."""
    mapper = estimator._bin_mapper  # noqa: SLF001 - see the module's docstring
    bitsets, places = mapper.make_known_categories_bitsets()
    return [
        _members(bitsets[places[feature]]) if categorical else None
        for feature, categorical in enumerate(np.asarray(mapper.is_categorical_, bool))
    ]


def _members(words: npt.NDArray[np.uint32]) -> frozenset[int]:
    """The numbers in a set of 256 bits, kept in eight words."""
    return frozenset(code for code in range(256) if int(words[code >> 5]) >> (code & 31) & 1)


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
