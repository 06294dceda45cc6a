"""The declared estimator as a pipeline that takes a data frame, and whose later steps take the contract's codes."""

import importlib
import inspect
from collections.abc import Mapping
from itertools import groupby
from typing import Any

import numpy as np

from consumers.training.candidates import WEIGHTED
from infra.boosting import Floats
from infra.serving import ENCODE
from schemas.declaration import Declaration, Model
from schemas.errors import Refused

MAX_CATEGORIES = 200
"""Values of a category with a code of their own, the most frequent ones; the rest count as unknown."""


def limit(model: Model) -> int:
    """How many values of a category may have codes with this estimator."""
    bins = model.params.get("max_bins")
    return min(MAX_CATEGORIES, bins) if isinstance(bins, int) else MAX_CATEGORIES


def estimator(model: Model, categorical: list[int]) -> Any:
    """The declared estimator, unfitted; told of the category columns if it has a parameter for them.

    Raises:
        Refused: there is no such class, it is no classifier with probabilities, or it refuses a parameter.
    """
    module, name = model.estimator.split(":")
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise Refused(f"model.estimator: scikit-learn has no {name} in {module}") from error
    if not (isinstance(kind, type) and hasattr(kind, "predict_proba") and _is_classifier(kind)):
        raise Refused(f"model.estimator: {name} is no classifier that gives probabilities")
    accepted = inspect.signature(kind).parameters
    unknown = sorted(set(model.params) - set(accepted))
    if unknown:
        raise Refused(f"model.params: {name} has no parameter {unknown[0]!r}; it has {', '.join(accepted)}")
    own = {"random_state": model.seed} if "random_state" in accepted else {}
    native = {"categorical_features": categorical} if takes_categories(kind) and categorical else {}
    return kind(**(own | native | dict(model.params)))


def takes_categories(kind: type) -> bool:
    """Whether this class of estimators handles category codes and missing values itself."""
    return "categorical_features" in inspect.signature(kind).parameters


def preparation(model: Any, width: int, categories: Mapping[int, int]) -> list[tuple[str, Any]]:
    """The steps between codes and estimator: none if it takes codes, else imputed, scaled and one-hot columns.

    Args:
        model: the unfitted estimator.
        width: number of columns.
        categories: number of codes of each category column.
    """
    if takes_categories(type(model)):
        return []
    from sklearn.compose import ColumnTransformer  # noqa: PLC0415 - heavy: only the training process imports it
    from sklearn.impute import SimpleImputer  # noqa: PLC0415 - as above
    from sklearn.pipeline import Pipeline  # noqa: PLC0415 - as above
    from sklearn.preprocessing import OneHotEncoder, StandardScaler  # noqa: PLC0415 - as above

    numbers = [column for column in range(width) if column not in categories]
    scaled = Pipeline([("impute", SimpleImputer(keep_empty_features=True)), ("scale", StandardScaler())])
    codes = [np.arange(size, dtype=np.float64) for size in categories.values()]
    one_hot = OneHotEncoder(categories=codes, handle_unknown="ignore", sparse_output=False)
    parts = [("numbers", scaled, numbers), ("categories", one_hot, list(categories))]
    return [("prepare", ColumnTransformer([part for part in parts if part[2]], sparse_threshold=0))]


def fitted(
    declaration: Declaration,
    categories: Mapping[str, list[str]],
    rows: Floats,
    labels: Any,
    weights: Floats | None = None,
) -> Any:
    """The whole pipeline, its steps after ENCODE fitted on coded `rows` (n, k), `labels` (n,) and `weights` (n,).

    Raises:
        Refused: as `estimator`; or there are weights, and it takes none.
    """
    from sklearn.pipeline import Pipeline  # noqa: PLC0415 - heavy: only the training process imports it
    from sklearn.utils.validation import has_fit_parameter  # noqa: PLC0415 - as above

    names = list(declaration.features)
    sizes = {names.index(name): len(values) for name, values in categories.items() if values}
    model = estimator(declaration.model, list(sizes))
    steps = [*preparation(model, len(names), sizes), ("estimator", model)]
    if weights is not None and not has_fit_parameter(model, "sample_weight"):
        raise Refused(f"retrain.candidates: {type(model).__name__} takes no weights, so it cannot be {WEIGHTED!r}")
    Pipeline(steps).fit(_filled(rows), labels, **({} if weights is None else {"estimator__sample_weight": weights}))
    return Pipeline([(ENCODE, encoder(declaration, categories)), *steps])


def _filled(rows: Floats) -> Floats:
    """With a constant in columns that hold no value at all, from which nothing can be learned, but trees stumble."""
    empty = np.isnan(rows).all(axis=0)
    return np.where(empty, 0.0, rows) if empty.any() else rows


def encoder(declaration: Declaration, categories: Mapping[str, list[str]]) -> Any:
    """The step from a data frame to codes, its columns in the declared order: one part for each run of one kind."""
    import pandas as pd  # noqa: PLC0415 - heavy: only the training process imports it
    from sklearn.compose import ColumnTransformer  # noqa: PLC0415 - as above

    runs = [(coded, list(names)) for coded, names in groupby(declaration.features, key=categories.__contains__)]
    parts = [
        (
            f"{'categories' if coded else 'numbers'}_{place}",
            _ordinal(names, categories) if coded else "passthrough",
            names,
        )
        for place, (coded, names) in enumerate(runs)
    ]
    example = {name: [""] if name in categories else [0.0] for name in declaration.features}
    return ColumnTransformer(parts).fit(pd.DataFrame(example))


def _ordinal(names: list[str], categories: Mapping[str, list[str]]) -> Any:
    from sklearn.preprocessing import OrdinalEncoder  # noqa: PLC0415 - heavy: only the training process imports it

    return OrdinalEncoder(
        categories=[categories[name] or [""] for name in names],  # a category never seen has no codes, but needs one
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
    )


def _is_classifier(kind: type) -> bool:
    from sklearn.base import ClassifierMixin  # noqa: PLC0415 - heavy: only the training process imports it

    return issubclass(kind, ClassifierMixin)
