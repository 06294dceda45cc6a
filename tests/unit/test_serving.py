"""The serving path says what the whole saved pipeline says, on any row."""

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.training.dataset import with_vocabulary
from consumers.training.pipeline import estimator, fitted
from infra.serving import scorer
from schemas.declaration import Model
from schemas.errors import Refused
from support.labelled import FOREST, LINE, TREES, dataset, declaration, rows

MODELS = {"trees": TREES, "line": LINE, "forest": FOREST}
row = st.tuples(
    st.one_of(st.none(), st.floats(-1e6, 1e6)),
    st.integers(-3, 8),
    st.one_of(st.none(), st.sampled_from(["red", "blue", "green", "mauve", ""])),
    st.booleans(),
)


@cache
def pipeline(kind: str, limit: int) -> tuple[Any, list[str]]:
    """A pipeline with codes for `limit` colors, and these."""
    declared = declaration(model=MODELS[kind])
    data = with_vocabulary(dataset(rows(6, turn=100), 6 * 86_400_000), declared, limit)
    return fitted(declared, {"color": data.values["color"]}, data.rows, data.labels), data.values["color"]


@pytest.mark.parametrize("limit", [1, 3])
@pytest.mark.parametrize("kind", MODELS)
@given(given_rows=st.lists(row, min_size=1, max_size=20))
def test_serving_equals_the_pipeline_on_a_frame(
    kind: str, limit: int, given_rows: list[tuple[float | None, int, str | None, bool]]
) -> None:
    whole, colors = pipeline(kind, limit)
    frame = pd.DataFrame(given_rows, columns=["x", "n", "color", "open"]).astype({"x": "float64"})
    codes = {value: float(code) for code, value in enumerate(colors)}
    coded = np.array(
        [
            [np.nan if x is None else x, n, np.nan if color is None else codes.get(color, np.nan), float(open_)]
            for x, n, color, open_ in given_rows
        ]
    )
    np.testing.assert_allclose(scorer(whole)(coded), whole.predict_proba(frame)[:, 1], rtol=0, atol=1e-12)


@pytest.mark.parametrize("kind", MODELS)
def test_rows_do_not_depend_on_their_batch(kind: str) -> None:
    score = scorer(pipeline(kind, 3)[0])
    coded = dataset(rows(3, turn=100, seed=4), 3 * 86_400_000).rows
    alone = np.concatenate([score(coded[i : i + 1]) for i in range(50)])
    np.testing.assert_allclose(score(coded)[:50], alone, rtol=0, atol=1e-12)


def test_a_category_that_was_never_seen_in_a_fold_is_missing_to_the_trees() -> None:
    declared = declaration(model=TREES)
    data = with_vocabulary(dataset(rows(6, turn=100), 6 * 86_400_000), declared, 3)
    seen = data.rows[:, 2] != 1.0
    whole = fitted(declared, {"color": data.values["color"]}, data.rows[seen], data.labels[seen])
    unseen, missing = data.rows[~seen][:30].copy(), data.rows[~seen][:30].copy()
    missing[:, 2] = np.nan
    np.testing.assert_array_equal(scorer(whole)(unseen), scorer(whole)(missing))


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Model(estimator="sklearn.ensemble:NoSuchClassifier"), "has no NoSuchClassifier"),
        (Model(estimator="sklearn.ensemble:RandomForestRegressor"), "no classifier"),
        (Model(estimator="sklearn.pipeline:Pipeline"), "no classifier"),
        (Model(params={"max_itre": 3}), "no parameter 'max_itre'"),
    ],
)
def test_what_cannot_be_an_estimator_is_refused(model: Model, message: str) -> None:
    with pytest.raises(Refused, match=message):
        estimator(model, [])
